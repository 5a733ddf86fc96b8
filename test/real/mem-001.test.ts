import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markdown } from '../../model/report/markdown.js';
import { engineUrl, image, needsEngine, TestContainers } from '../support/containers.js';
import { containerTarget, RealNight } from '../support/real-night.js';

const MiB = 1024 * 1024;

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

describe.skipIf(!(engineUrl && image) && !process.env.CI)(
  `MEM-001 on a real leaking container (${needsEngine})`,
  () => {
    let containers: TestContainers;
    let night: RealNight;
    beforeAll(async () => {
      containers = await TestContainers.open(engineUrl as string, image as string, 'mem-001');
      night = await RealNight.open();
    });
    afterAll(async () => {
      await night?.close();
      await containers?.removeAll();
    });

    it('clears caches, collects garbage, asks, restarts once, verifies, and tells the story', async () => {
      const port = await freePort();
      const agent = await containers.run({
        command: ['node', '/app/agent.mjs'],
        env: {
          AGENT_LEAK_BYTES_PER_SECOND: String(40 * MiB),
          AGENT_LEAK_MAX_BYTES: String(176 * MiB),
          AGENT_LEAK_ONCE_FILE: '/tmp/leaked',
          AGENT_CACHE_FILL_BYTES: String(10 * MiB),
          AGENT_GARBAGE_BYTES: String(6 * MiB),
          AGENT_GC_MONITORING: '0',
        },
        host: {
          Memory: 224 * MiB,
          MemorySwap: 224 * MiB,
          PortBindings: { '18789/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] },
        },
      });
      const base = `http://127.0.0.1:${port}`;
      night.configure(`
defaults: { settle: 3s, soak: { time: 10s, every: 1s } }
targets:
  - engine: local
    container: ${agent.name}
    autonomy: { target: approve, byDisruption: { none: auto } }
    health: ${base}/health
    metrics: ${base}/metrics
    caches:
      - { name: answers, endpoint: { url: '${base}/admin/clear-cache' }, disruption: none, harm: slower answers for a while }
    gc:
      via: endpoint
      endpoint: { url: '${base}/admin/gc' }
      process: { runtime: node, executable: node, argsContain: agent.mjs }
    drain: { url: '${base}/admin/drain' }
`);
      await night.startWorker();
      await new Promise((resolve) => setTimeout(resolve, 6000));
      const target = containerTarget(agent.name);
      const handle = await night.incident(target);
      const view = await night.until(handle, ({ openDecision }) => openDecision !== undefined);
      expect(view.openDecision?.change.kind).toBe('container.restart');
      await handle.executeUpdate('decide', {
        args: [{ hash: view.openDecision?.hash, answer: 'approve', by: 'ana', verified: 'token' }],
      });
      const { outcome, report } = await night.result(handle);
      expect(outcome).toBe('recovered');
      expect(report.verification?.checks.every(({ passed }) => passed)).toBe(true);
      // Counted from outside: the engine's events and the app's own log.
      expect(await agent.restarts()).toBe(1);
      const log = await agent.log();
      const count = (event: string): number => log.filter((line) => line.event === event).length;
      expect([count('cache-cleared'), count('gc'), count('drained')]).toEqual([1, 1, 1]);
      const told = markdown(report);
      expect(told).toContain('# Recovered');
      expect(told).toContain('docker restart');
      expect(told).toContain('memswap_limit');
    });
  },
);
