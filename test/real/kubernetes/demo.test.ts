import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { V1Namespace } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, connectCluster } from '../../../activities/kubernetes/client.js';
import { hasCluster, kubeconfig, needsCluster } from '../../support/cluster.js';
import { hasMonitoring, needsMonitoring } from '../../support/monitoring.js';

const main = fileURLToPath(new URL('../../../dist/client/cli/main.js', import.meta.url));
const ready = existsSync(main) && hasCluster && hasMonitoring && process.env.NIGHTSHIFT_KUBECTL;

describe.skipIf(!ready && !process.env.CI)(
  `nightshift demo --kubernetes (needs a build and NIGHTSHIFT_KUBECTL; ${needsCluster}; ${needsMonitoring})`,
  () => {
    const children: ChildProcess[] = [];
    const folders: string[] = [];
    let cluster: Cluster;

    beforeAll(() => {
      cluster = connectCluster({ name: 'test', kubeconfig: kubeconfig ?? '' });
    });
    afterAll(async () => {
      for (const child of children) if (child.exitCode === null) child.kill('SIGTERM');
      cluster?.close();
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    });

    async function demo() {
      const folder = await mkdtemp(join(tmpdir(), 'ns-demo-test-'));
      folders.push(folder);
      // Demos of other tests look for what is left in the folder for temporary files: this one has its own.
      const env = { ...process.env, NIGHTSHIFT_STATE: join(folder, 'state'), TMPDIR: folder, USER: 'ana' };
      const child = spawn(process.execPath, [main, 'demo', '--kubernetes'], {
        cwd: folder,
        env,
        stdio: 'pipe',
      });
      child.stdin.end();
      children.push(child);
      let written = '';
      const take = (chunk: Buffer): void => {
        written += chunk.toString();
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      const code = once(child, 'close').then(([status]) => status as number | null);
      const says = async (what: string): Promise<void> => {
        for (const end = Date.now() + 120_000; !written.includes(what); ) {
          if (Date.now() > end || child.exitCode !== null)
            throw new Error(`it did not say ${what}:\n${written}`);
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      };
      return { folder, child, code, says, text: () => written };
    }

    /** Of the demo's namespace: `Active`, `Terminating`, or undefined where there is none. */
    async function phaseOf(text: string): Promise<string | undefined> {
      const [, name] = /namespace (nightshift-demo-[0-9a-f]+)/.exec(text) ?? [];
      const { signal } = new AbortController();
      return (await cluster.find<V1Namespace>(`/api/v1/namespaces/${name}`, { signal }))?.status?.phase;
    }

    it.concurrent('recovers a leaking pod without a terminal, says who approved, saves the report, and leaves nothing', async () => {
      const { folder, code, text } = await demo();
      expect(await code, text()).toBe(0);
      expect(text()).toContain('second-operator approves through the API');
      const reports = await readdir(join(folder, 'reports'));
      const json = reports.find((name) => name.endsWith('.json')) ?? '';
      const report = JSON.parse(await readFile(join(folder, 'reports', json), 'utf8'));
      expect(report).toMatchObject({ outcome: 'recovered', verification: { passed: true } });
      const evicted = report.ladder.find((rung: { remedy: string }) => rung.remedy === 'evict-pod');
      expect(evicted.changes[0].answers).toMatchObject([
        { by: 'second-operator', verified: 'token', accepted: true },
      ]);
      expect(['Terminating', undefined]).toContain(await phaseOf(text()));
      expect((await readdir(folder)).filter((name) => name.startsWith('nightshift-demo-'))).toEqual([]);
    });

    it.concurrent('ends with 130 at Ctrl-C, and leaves nothing', async () => {
      const { folder, child, code, says, text } = await demo();
      await says('Nightshift is up');
      expect(await phaseOf(text())).toBe('Active');
      child.kill('SIGINT');
      expect(await code, text()).toBe(130);
      expect(['Terminating', undefined]).toContain(await phaseOf(text()));
      expect((await readdir(folder)).filter((name) => name.startsWith('nightshift-demo-'))).toEqual([]);
    });
  },
);
