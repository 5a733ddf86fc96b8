import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../client/cli/run.js';
import { freePort } from '../../client/up/ports.js';
import type { IncidentView } from '../../model/view.js';
import { engineUrl, image, needsEngine, TestContainers, until } from '../support/containers.js';
import { containerTarget, RealNight } from '../support/real-night.js';
import { fakeIo } from '../unit/cli/fake-io.js';

const MiB = 1024 ** 2;

describe.skipIf(!(engineUrl && image) && !process.env.CI)(
  `a rehearsal on a real container that may be changed automatically (${needsEngine})`,
  () => {
    let containers: TestContainers;
    let night: RealNight;
    beforeAll(async () => {
      containers = await TestContainers.open(engineUrl as string, image as string, 'rehearsal');
      night = await RealNight.open();
    });
    afterAll(async () => {
      await night?.close();
      await containers?.removeAll();
    });

    it('looks and plans the whole ladder, and changes nothing', async () => {
      const port = await freePort('127.0.0.1');
      const agent = await containers.run({
        command: ['node', '/app/agent.mjs'],
        env: {
          AGENT_LEAK_BYTES_PER_SECOND: String(200 * MiB),
          AGENT_LEAK_MAX_BYTES: String(70 * MiB),
          AGENT_CACHE_FILL_BYTES: String(2 * MiB),
          AGENT_GC_MONITORING: '0',
        },
        host: {
          Memory: 96 * MiB,
          MemorySwap: 96 * MiB,
          PortBindings: { '18789/tcp': [{ HostIp: '127.0.0.1', HostPort: `${port}` }] },
        },
      });
      const base = `http://127.0.0.1:${port}`;
      night.configure(`
defaults: { settle: 2s, soak: { time: 6s, every: 1s } }
targets:
  - engine: local
    container: ${agent.name}
    autonomy: auto
    maxMemory: 512MiB
    health: ${base}/health
    metrics: ${base}/metrics
    caches: [{ name: answers, endpoint: '${base}/admin/clear-cache', disruption: none, harm: slower answers }]
    drain: { url: '${base}/admin/drain' }
`);
      await night.startWorker();
      const usage = async () =>
        (await agent.handle.stats({ stream: false, 'one-shot': true })).memory_stats.usage ?? 0;
      await until('it has leaked', async () => (await usage()) > 70 * MiB, 30_000);
      const before = await agent.handle.inspect();
      const eventsBefore = await agent.events();

      const key = containerTarget(agent.name).key;
      const command = async (...args: readonly string[]) => {
        const { io, written } = fakeIo({ columns: () => 120 });
        const temporal = ['--config', night.configFile, '--temporal', night.environment.address];
        const code = await runCli([...args, ...temporal], io);
        return { code, ...written };
      };
      const open = ['incident', 'open', key, '--reason', 'a rehearsal', '--severity', 'critical'];
      const opened = await command(...open, '--observe', '--watch');
      expect(opened.code, opened.err).toBe(0);

      const report: IncidentView = JSON.parse((await command('incident', 'show', key, '-o', 'json')).out);
      expect(report).toMatchObject({ outcome: 'observed', observeOnly: true });
      const changes = report.ladder.flatMap((rung) => rung.changes);
      expect(changes.map(({ change }) => change.kind)).toEqual(
        expect.arrayContaining(['cache.clear', 'container.restart']),
      );
      for (const { state, verdicts } of changes) {
        expect(state).toBe('refused');
        // The rehearsal is all that stands in the way: without it, each would have been done.
        expect(verdicts.filter(({ says }) => says !== 'allow').map(({ guardrail }) => guardrail)).toEqual([
          'rehearsal',
        ]);
      }
      const told = (await command('incident', 'show', key, '-o', 'md')).out;
      expect(told).toContain('It was a rehearsal: nothing was changed.');
      expect(told).toContain('A rehearsal: nothing will be changed.');

      // Counted from outside: the engine's events, its description of the container, and the app's own log.
      expect((await agent.events()).slice(eventsBefore.length)).toEqual([]);
      const after = await agent.handle.inspect();
      const kept = ({ State, HostConfig, Config, RestartCount }: typeof after) => ({
        pid: State.Pid,
        startedAt: State.StartedAt,
        HostConfig,
        Config,
        RestartCount,
      });
      expect(kept(after)).toEqual(kept(before));
      const happened = (await agent.log()).map(({ event }) => event);
      expect(happened).not.toContain('cache-cleared');
      expect(happened).not.toContain('gc');
      expect(happened).not.toContain('drained');
    });
  },
);
