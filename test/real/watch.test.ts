import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fact } from '../../model/facts.js';
import { queries, workflowIds } from '../../workflows/contract.js';
import {
  engineUrl,
  image,
  needsEngine,
  type TestContainer,
  TestContainers,
  until,
} from '../support/containers.js';
import { temporalServer } from '../support/nightshift.js';
import { type Receiver, startReceiver } from '../support/receiver.js';

const MiB = 1024 * 1024;
const cli = fileURLToPath(new URL('../../dist/client/cli/main.js', import.meta.url));

describe.skipIf(!(engineUrl && image) && !process.env.CI)(
  `watching real containers by a worker process of its own (${needsEngine})`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'nightshift-watch-'));
    const config = join(folder, 'nightshift.yaml');
    const workers: ChildProcess[] = [];
    let containers: TestContainers;
    let environment: TestWorkflowEnvironment;
    let receiver: Receiver;
    let leaking: TestContainer;
    let steady: TestContainer;
    let worker: ChildProcess;

    beforeAll(async () => {
      if (!existsSync(cli))
        throw new Error(`there is no ${cli}: run npm run build, or the tests by npm test`);
      receiver = await startReceiver();
      containers = await TestContainers.open(engineUrl as string, image as string, 'watch');
      environment = await temporalServer();
      steady = await agent({}, 128 * MiB);
      // Some 12 MiB of its own and the leak come to nine tenths of the limit.
      leaking = await agent(
        {
          AGENT_LEAK_START_DELAY_SECONDS: '8',
          AGENT_LEAK_BYTES_PER_SECOND: String(12 * MiB),
          AGENT_LEAK_MAX_BYTES: String(160 * MiB),
        },
        192 * MiB,
      );
      writeFileSync(config, configText());
      worker = await startWorker();
    });
    afterAll(async () => {
      for (const each of workers) await stop(each, 'SIGTERM');
      await environment?.teardown();
      await containers?.removeAll();
      await receiver?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it('tells of a leak before its limit is reached, and opens its incident', async () => {
      await until(
        'the leak is told',
        async () => names(leaking).includes('firing MemoryHighProactive'),
        60_000,
      );
      const told = receiver.received.find(
        ({ body }) => body.target === keyOf(leaking) && body.commonLabels.alertname === 'MemoryHighProactive',
      );
      expect(told?.authorization).toBe('Bearer from-the-environment');
      expect(told?.body.usage).toBeGreaterThanOrEqual(85);
      expect(told?.body.usage).toBeLessThan(100);
      expect(await alertsOf(leaking)).toContainEqual({ name: 'MemoryHighProactive', source: 'watch' });
      expect(await leaking.starts()).toBe(1);
    });

    it('finds an OOM kill that happened while its worker was dead, proves it, and says that nobody looked', async () => {
      expect(names(steady)).toEqual([]);
      const died = new Date().toISOString();
      await stop(worker, 'SIGKILL');
      await hog(steady);
      await until('the kernel has killed', async () => (await steady.events()).includes('oom'), 30_000);
      worker = await startWorker();
      await until('it is told', async () => names(steady).includes('firing ContainerOOMKilled'), 90_000);
      const bodies = receiver.received
        .filter(({ body }) => body.target === keyOf(steady))
        .map(({ body }) => body);
      const kill = bodies.find(({ commonLabels }) => commonLabels.alertname === 'ContainerOOMKilled');
      expect(kill?.oomKills).toBeGreaterThanOrEqual(1);
      expect(kill?.commonAnnotations.description).toMatch(
        /while nobody looked, from \S+Z to \S+Z\. Seen by: .*(kernel log|docker event|cgroup counter)/,
      );
      await until('so is the gap', async () => names(steady).includes('firing WatchInterrupted'), 10_000);
      const gap = receiver.received.find(
        ({ body }) => body.commonLabels.alertname === 'WatchInterrupted',
      )?.body;
      const [, from, to] =
        /was not observed from (\S+) to (\S+)$/.exec(gap?.commonAnnotations.summary ?? '') ?? [];
      // It looked once a second, and says so every five: the gap begins about where it died.
      expect(Math.abs(Date.parse(from ?? '') - Date.parse(died))).toBeLessThan(10_000);
      expect(Date.parse(to ?? '')).toBeGreaterThan(Date.parse(died));
      expect(await alertsOf(steady)).toContainEqual({ name: 'ContainerOOMKilled', source: 'watch' });
    });

    const keyOf = ({ name }: TestContainer): string => `docker/local/${name}`;
    const names = (container: TestContainer): readonly string[] => receiver.names(keyOf(container));

    function agent(env: Record<string, string>, memory: number): Promise<TestContainer> {
      return containers.run({
        command: ['node', '/app/agent.mjs'],
        env: { AGENT_GC_MONITORING: '0', ...env },
        host: {
          Memory: memory,
          MemorySwap: memory,
          NetworkMode: 'none',
          RestartPolicy: { Name: 'unless-stopped' },
        },
      });
    }

    /** Both are only observed: what their incidents would do is the business of other tests. */
    function configText(): string {
      const all = [leaking, steady];
      return JSON.stringify({
        temporal: { address: environment.address, namespace: 'default' },
        engines: { local: engineUrl },
        secrets: { receiver: { env: 'RECEIVER_TOKEN' } },
        targets: all.map(({ name }) => ({ engine: 'local', container: name, autonomy: 'observe' })),
        watches: all.map((container) => ({
          target: keyOf(container),
          every: '1s',
          postTo: receiver.url,
          bearer: 'receiver',
        })),
      });
    }

    async function startWorker(): Promise<ChildProcess> {
      const child = spawn(process.execPath, [cli, 'worker', '--config', config], {
        env: { ...process.env, RECEIVER_TOKEN: 'from-the-environment', NO_COLOR: '1' },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      workers.push(child);
      let said = '';
      child.stderr?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
      await until(
        `the worker runs`,
        async () => {
          if (child.exitCode !== null) throw new Error(`the worker ended: ${said}`);
          return said.includes('the worker runs');
        },
        30_000,
      );
      return child;
    }

    async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    }

    /** A process in it that takes all the memory that it can get. */
    async function hog({ handle }: TestContainer): Promise<void> {
      const program = 'const held = []; for (;;) held.push(Buffer.alloc(8 << 20, 1));';
      const exec = await handle.exec({
        Cmd: ['node', '-e', program],
        AttachStdout: true,
        AttachStderr: true,
      });
      const stream = await exec.start({});
      stream.resume();
      stream.on('error', () => undefined);
    }

    /** Alerts that the container's incident has, open or closed. */
    async function alertsOf(container: TestContainer): Promise<readonly { name: string; source: string }[]> {
      const handle = environment.client.workflow.getHandle(workflowIds.incident(keyOf(container)));
      const alerts: { name: string; source: string }[] = [];
      await until('there is an incident with an alert', async () => {
        const facts = await handle.query<readonly Fact[]>(queries.facts).catch(() => []);
        alerts.splice(0);
        for (const fact of facts)
          if (fact.type === 'alert') alerts.push({ name: fact.alert.name, source: fact.alert.source });
        return alerts.length > 0;
      });
      return alerts;
    }
  },
);
