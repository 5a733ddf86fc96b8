import type { WorkflowHandle } from '@temporalio/client';
import { freePort } from '../../../client/up/ports.js';
import type { Target } from '../../../model/target.js';
import type { IncidentResult } from '../../../workflows/contract.js';
import { engineUrl, image, needsEngine, TestContainers, until } from '../containers.js';
import { hostMemory } from '../host-memory.js';
import { containerTarget, RealNight } from '../real-night.js';
import type { RealShape } from './shape.js';

const MiB = 1024 ** 2;
const waits = 'defaults: { settle: 2s, soak: { time: 6s, every: 1s }';

interface Real extends RealShape {
  play(night: RealNight, containers: TestContainers): Promise<WorkflowHandle>;
}

/** Incidents of MEM-001 on real containers and a real host. */
export const realShapes: readonly Real[] = [
  {
    name: 'mem-001-container',
    outcome: 'recovered',
    facts: ['settled', 'decisionRequested', 'leased', 'applied', 'verified'],
    async play(night, containers) {
      const port = await freePort('127.0.0.1');
      const agent = await leaking(containers, 96, {
        '18789/tcp': [{ HostIp: '127.0.0.1', HostPort: `${port}` }],
      });
      const at = `http://127.0.0.1:${port}`;
      night.configure(`${waits} }
targets:
  - engine: local
    container: ${agent.name}
    autonomy: { target: approve, byDisruption: { none: auto } }
    health: ${at}/health
    metrics: ${at}/metrics
    caches: [{ name: answers, endpoint: '${at}/admin/clear-cache', disruption: none, harm: slower answers }]
`);
      await night.startWorker();
      const handle = await night.incident(containerTarget(agent.name));
      const { openDecision } = await night.until(handle, (view) => view.openDecision !== undefined);
      await handle.executeUpdate('decide', {
        args: [{ hash: openDecision?.hash, answer: 'approve', by: 'ana', verified: 'token' }],
      });
      return handle;
    },
  },
  {
    name: 'mem-001-container-declined',
    outcome: 'declined',
    facts: ['decisionRequested', 'decided'],
    async play(night, containers) {
      const agent = await leaking(containers, 96);
      night.configure(
        `${waits} }\ntargets: [{ engine: local, container: ${agent.name}, autonomy: approve }]`,
      );
      await night.startWorker();
      const handle = await night.incident(containerTarget(agent.name));
      const { openDecision } = await night.until(handle, (view) => view.openDecision !== undefined);
      await handle.executeUpdate('decide', {
        args: [
          { hash: openDecision?.hash, answer: 'reject', by: 'ana', verified: 'token', comment: 'not now' },
        ],
      });
      return handle;
    },
  },
  {
    name: 'mem-001-container-gone',
    outcome: 'escalated',
    facts: ['escalated'],
    async play(night, containers) {
      const name = containers.newName();
      night.configure(`${waits} }\ntargets: [{ engine: local, container: ${name}, autonomy: auto }]`);
      await night.startWorker();
      return night.incident(containerTarget(name));
    },
  },
  {
    name: 'mem-001-host',
    outcome: 'recovered',
    facts: ['looked', 'leased', 'applied', 'settled', 'verified'],
    async play(night, containers) {
      const { total, used } = await hostMemory();
      const strangers = await containers.docker.listContainers({ all: true });
      await leaking(containers, 3000);
      const share = (of: number): string => `${(((used + of * 2500 * MiB) / total) * 100).toFixed(2)}%`;
      night.configure(`${waits}, thresholds: { warning: '${share(0.5)}', critical: '${share(0.75)}' } }
targets: [{ engine: local, host: true, autonomy: auto }]
protected: [docker/local/nobody, ${strangers.map(({ Names }) => `docker/local${Names[0]}`).join(', ')}]`);
      await night.startWorker();
      const host: Target = { key: 'docker/local', kind: 'host', scope: 'docker/local' };
      return night.incident(host, { name: 'HostMemoryExhausted' });
    },
  },
];

/** An agent that leaks to some nine tenths of its limit (MiB), and not again after a restart. */
async function leaking(containers: TestContainers, limit: number, PortBindings = {}) {
  const leak = Math.round(limit * MiB * 0.86 - 12 * MiB);
  const agent = await containers.run({
    command: ['node', '/app/agent.mjs'],
    env: {
      AGENT_LEAK_BYTES_PER_SECOND: String(200 * MiB),
      AGENT_LEAK_MAX_BYTES: String(leak),
      AGENT_LEAK_ONCE_FILE: '/tmp/leaked',
      AGENT_CACHE_FILL_BYTES: String(2 * MiB),
    },
    host: { Memory: limit * MiB, MemorySwap: limit * MiB, PortBindings },
  });
  await until(
    'it has leaked',
    async () =>
      ((await agent.handle.stats({ stream: false, 'one-shot': true })).memory_stats.usage ?? 0) > leak,
    30_000,
  );
  return agent;
}

/** Plays one of them; `done` is called with the run that has ended. */
export async function playReal(
  shape: Real,
  done: (handle: WorkflowHandle, result: IncidentResult) => Promise<void>,
): Promise<void> {
  if (!engineUrl || !image) throw new Error(needsEngine);
  const containers = await TestContainers.open(engineUrl, image, 'record');
  const night = await RealNight.open();
  try {
    const handle = await shape.play(night, containers);
    await done(handle, await night.result(handle));
  } finally {
    await night.close();
    await containers.removeAll();
  }
}
