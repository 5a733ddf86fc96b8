import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { incidentsOf } from '../../client/incidents/index.js';
import { loadConfig, shippedRunbooks } from '../../config/index.js';
import { markdown } from '../../model/report/markdown.js';
import type { IncidentView } from '../../model/view.js';
import { createLogger } from '../../worker/logger.js';
import { type RunningWorker, startWorker } from '../../worker/main.js';
import { type IncidentResult, queries, workflowIds } from '../../workflows/contract.js';
import { diskExtension } from '../runbooks/disk/extension.js';
import { engineUrl, image, needsEngine, type TestContainer, TestContainers } from '../support/containers.js';
import { temporalServer } from '../support/nightshift.js';

const repository = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

describe.skipIf(!(engineUrl && image) && !process.env.CI)(
  `a runbook from outside: free a full disk in a container (${needsEngine})`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'nightshift-disk-'));
    let containers: TestContainers;
    let environment: TestWorkflowEnvironment;
    let worker: RunningWorker;

    beforeAll(async () => {
      containers = await TestContainers.open(engineUrl as string, image as string, 'disk');
      environment = await temporalServer();
    });
    afterAll(async () => {
      await worker?.stop();
      await environment?.teardown();
      await containers?.removeAll();
      rmSync(folder, { recursive: true, force: true });
    });

    it('removes what may go, keeps what must stay, and verifies', async () => {
      const container = await full('a');
      await start([container]);
      const { outcome, report } = await resultOf(await open(container));
      expect(outcome).toBe('recovered');
      expect(report.ladder.map(({ state }) => state)).toEqual(['done', 'ahead']);
      expect(await files(container, '/data/tmp')).toBe(0);
      expect(await files(container, '/data/keep')).toBe(2);
      expect(await container.starts()).toBe(1);
      expect(await logged(container)).toContain('write-ok');
      const told = markdown(report);
      expect(told).toContain(`Remove the files below /data/tmp in container ${container.name}`);
      expect(told).toContain('DISK-001');
    });

    it('asks before a restart that loses what is on a tmpfs, and restarts once', async () => {
      const container = await full('b', { FILL_KEEP_BYTES: '0' });
      await start([container]);
      const handle = await open(container);
      const { openDecision } = await until(handle, (view) => view.openDecision !== undefined);
      expect(openDecision?.change.disruption).toBe('dataLoss');
      expect(await container.starts()).toBe(1);
      const reply = await incidentsOf(environment.client).decide(keyOf(container), {
        hash: openDecision?.hash as string,
        answer: 'approve',
        by: 'ben',
        verified: 'token',
      });
      expect(reply).toMatchObject({ accepted: true });
      const { outcome } = await resultOf(handle);
      expect(outcome).toBe('recovered');
      expect(await container.starts()).toBe(2);
      expect(await files(container, '/data')).toBe(0);
    });

    const keyOf = ({ name }: TestContainer): string => `docker/local/${name}/disk`;

    /** A container whose /data of 24 MiB is full: 8 MiB must stay, the rest may go. */
    async function full(name: string, env: Record<string, string> = {}): Promise<TestContainer> {
      const source = readFileSync(repository('examples/disk/fill.mjs'), 'utf8');
      const container = await containers.run(
        {
          command: ['node', '--input-type=module', '-e', source],
          env: { FILL_KEEP_BYTES: String(8 * 1024 * 1024), FILL_ONCE_FILE: '/tmp/filled', ...env },
          host: { Tmpfs: { '/data': 'size=24m' }, NetworkMode: 'none' },
        },
        `${containers.newName()}-${name}`,
      );
      const giveUp = Date.now() + 20_000;
      while (!(await logged(container)).includes('write-failed')) {
        if (Date.now() > giveUp) throw new Error(`the disk did not fill: ${await logged(container)}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return container;
    }

    async function start(all: readonly TestContainer[]): Promise<void> {
      await worker?.stop();
      const extension = diskExtension(engineUrl as string);
      const file = join(folder, 'nightshift.yaml');
      const targets = all.map((container) => ({
        key: keyOf(container),
        kind: 'containerDisk',
        autonomy: 'auto',
        settings: {
          container: container.name,
          path: '/data',
          remove: [{ path: '/data/tmp', disruption: 'none', harm: 'only temporary files' }],
        },
      }));
      // JSON is YAML, too.
      writeFileSync(
        file,
        JSON.stringify({
          temporal: { address: environment.address, namespace: 'default' },
          engines: { local: engineUrl },
          defaults: { settle: '2s', soak: { time: '3s', every: '500ms' } },
          targets,
        }),
      );
      const runbooks = [...shippedRunbooks, extension.runbook];
      worker = await startWorker({
        config: () => loadConfig(file, { runbooks }),
        logger: createLogger('warn'),
        extensions: [extension],
      });
    }

    async function open(container: TestContainer): Promise<WorkflowHandle> {
      await incidentsOf(environment.client).open({
        target: { key: keyOf(container), kind: 'containerDisk', scope: 'docker/local' },
        runbook: 'DISK-001',
        by: 'ana',
        reason: 'writes fail',
        product: 'test',
      });
      return environment.client.workflow.getHandle(workflowIds.incident(keyOf(container)));
    }

    async function until(
      handle: WorkflowHandle,
      holds: (view: IncidentView) => boolean,
    ): Promise<IncidentView> {
      for (const giveUp = Date.now() + 60_000; ; ) {
        const view = await handle.query<IncidentView>(queries.view);
        if (holds(view)) return view;
        if (Date.now() > giveUp || view.phase === 'closed')
          throw new Error(`it did not come to that: ${JSON.stringify(view.timeline, null, 1)}`);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }

    const resultOf = (handle: WorkflowHandle) => handle.result() as Promise<IncidentResult>;

    /** Counted in the container itself, by its own `find`. */
    async function files({ handle }: TestContainer, path: string): Promise<number> {
      const exec = await handle.exec({
        Cmd: ['find', path, '-type', 'f', '-name', 'part-*'],
        AttachStdout: true,
        Tty: true,
      });
      const stream = await exec.start({ Tty: true });
      let text = '';
      for await (const chunk of stream) text += String(chunk);
      const { ExitCode } = await exec.inspect();
      if (ExitCode !== 0) throw new Error(`find failed: ${text}`);
      return text.split('\n').filter((line) => line.trim() !== '').length;
    }

    async function logged({ handle }: TestContainer): Promise<string> {
      return (await handle.logs({ stdout: true, stderr: true })).toString();
    }
  },
);

describe('the runbook from outside', () => {
  const folder = repository('test/runbooks/disk');
  it.each(readdirSync(folder))(
    '%s uses the authoring module, npm packages and Node, nothing else',
    (name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      const imported = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
        ([, path]) => path as string,
      );
      expect(imported.length).toBeGreaterThan(0);
      for (const path of imported.filter((each) => each.startsWith('.')))
        expect(path).toMatch(/^(\.\.\/\.\.\/\.\.\/workflows\/authoring\.js|\.\/\w+\.js)$/);
    },
  );
});
