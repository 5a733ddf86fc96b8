/** Looks for tests of pure rules: a sound agent container at 50 % of its limit, and what a test changes of it. */

import type {
  ContainerReading,
  ContainerSettings,
  DockerDetails,
  DockerLook,
  Endpoint,
  HostReading,
  OomKill,
  ProcessReading,
} from '../../../model/container.js';
import type { Sample } from '../../../model/evidence.js';
import type { Policy } from '../../../model/policy.js';
import { autoPolicy } from '../../support/policy.js';

export const MiB = 1024 ** 2;
export const GiB = 1024 ** 3;
export const scope = 'docker/local';
export const atSecond = (second: number): string =>
  new Date(Date.parse('2026-03-01T03:00:00.000Z') + second * 1000).toISOString();

export const policy = autoPolicy;

export const endpoint = (path: string, more: Partial<Endpoint> = {}): Endpoint => ({
  method: 'POST',
  url: `http://127.0.0.1:18789${path}`,
  bearerSecret: 'agent-admin',
  timeoutSeconds: 5,
  ...more,
});

export const emptySettings: ContainerSettings = {
  caches: [],
  restartPolicy: 'recommend',
  hostProcesses: [],
  dataServices: [],
};

/** Everything configured that can be. */
export const fullSettings: ContainerSettings = {
  container: 'agent',
  caches: [
    {
      name: 'answers',
      endpoint: endpoint('/admin/clear-cache'),
      disruption: 'none',
      harm: 'answers are computed again',
    },
  ],
  gc: { via: 'endpoint', endpoint: endpoint('/admin/gc'), process: { runtime: 'node', executable: 'node' } },
  degrade: {
    on: endpoint('/admin/degrade', { body: '{"enabled":true}' }),
    off: endpoint('/admin/degrade', { body: '{"enabled":false}' }),
    features: 'long context',
  },
  drain: endpoint('/admin/drain', { timeoutSeconds: 30 }),
  probe: endpoint('/health', { method: 'GET' }),
  restartPolicy: 'set',
  maxMemoryBytes: 1 * GiB,
  service: { composeProject: 'shop' },
  hostProcesses: [
    {
      name: 'indexer',
      process: { runtime: 'other', executable: '/usr/bin/indexer' },
      restartArgv: ['systemctl', 'restart', "in'dexer"],
      timeoutSeconds: 20,
    },
  ],
  dataServices: ['db'],
};

export function container(name = 'agent', more: Partial<ContainerReading> = {}): ContainerReading {
  return {
    id: `${name}-id-0123456789`,
    name,
    key: `${scope}/${name}`,
    image: `${name}:1`,
    status: 'running',
    startedAt: '2026-03-01T02:00:00Z',
    workingSetBytes: 128 * MiB,
    usageBytes: 140 * MiB,
    cacheBytes: 12 * MiB,
    swapBytes: 0,
    limitBytes: 256 * MiB,
    memorySwapBytes: 256 * MiB,
    oomKills: 0,
    oomKilled: false,
    exitCode: 0,
    restartCount: 0,
    restartPolicy: 'unless-stopped',
    autoRemove: false,
    dependsOn: [],
    labels: {},
    health: 'healthy',
    paused: false,
    restarting: false,
    stopSignal: 'SIGTERM',
    stopTimeoutSeconds: 10,
    command: ['node', 'agent.mjs'],
    heapFlags: [],
    execs: 0,
    tmpfsMounts: [],
    ...more,
  };
}

export function host(more: Partial<HostReading> = {}): HostReading {
  const memTotalBytes = more.memTotalBytes ?? 8 * GiB;
  const memAvailableBytes = more.memAvailableBytes ?? 6 * GiB;
  return {
    name: 'host-1',
    memTotalBytes,
    memAvailableBytes,
    usedPercent: ((memTotalBytes - memAvailableBytes) / memTotalBytes) * 100,
    swapTotalBytes: 0,
    swapUsedBytes: 0,
    swapDevices: [],
    bootTime: '2026-02-01T00:00:00Z',
    reconciled: {
      containers: GiB,
      processes: 500 * MiB,
      tmpfs: 20 * MiB,
      slab: 100 * MiB,
      hugePages: 0,
      kernel: 50 * MiB,
      unexplained: 0,
    },
    ...more,
  };
}

export function process(more: Partial<ProcessReading> = {}): ProcessReading {
  return {
    pid: 4711,
    startTicks: 98765,
    executable: '/usr/local/bin/node',
    args: 'node agent.mjs',
    rssBytes: 125 * MiB,
    swapBytes: 0,
    sharedBytes: 0,
    containerId: 'agent-id-0123456789',
    ...more,
  };
}

export const kill = (more: Partial<OomKill> = {}): OomKill => ({
  containerId: 'agent-id-0123456789',
  containerName: 'agent',
  process: 'node',
  witnesses: ['kernel log', 'cgroup counter'],
  recent: true,
  ...more,
});

interface Parts {
  readonly container?: Partial<ContainerReading>;
  readonly others?: readonly ContainerReading[];
  readonly details?: Partial<DockerDetails>;
  readonly settings?: Partial<ContainerSettings>;
  readonly policy?: Partial<Policy>;
  readonly look?: Partial<DockerLook>;
}

const baseDetails = (containers: readonly ContainerReading[]): DockerDetails => ({
  containers,
  host: host(),
  processes: [],
  oomKills: [],
  logLines: [],
  app: {},
  engine: { name: 'host-1', version: '27.0', cgroupVersion: '2', memTotalBytes: 8 * GiB },
});

const baseLook = {
  at: atSecond(0),
  healthy: true,
  kills: 0,
  evidence: [],
  policyDigest: 'p',
  goingOn: [],
  tookMs: 12,
};

/** A look at the container `agent`; its measure follows from working set and limit. */
export function containerLook(parts: Parts = {}): DockerLook {
  const own = container('agent', parts.container);
  const used = own.workingSetBytes ?? 0;
  const limit = own.limitBytes ?? 8 * GiB;
  return {
    ...baseLook,
    target: { key: own.key, kind: 'container', scope },
    identity: { uid: own.id, name: own.name, startedAt: own.startedAt },
    measure: { used, limit, unit: 'bytes', percent: (used / limit) * 100, against: 'its own limit' },
    details: {
      ...baseDetails([own, ...(parts.others ?? [])]),
      container: own,
      processes: [process({ rssBytes: used })],
      gcProcess: process({ rssBytes: used }),
      ...parts.details,
    },
    settings: { ...emptySettings, ...parts.settings },
    policy: { ...policy, ...parts.policy },
    ...parts.look,
  };
}

/** A look at the host with these containers. */
export function hostLook(
  containers: readonly ContainerReading[],
  reading: HostReading,
  parts: Parts = {},
): DockerLook {
  const used = reading.memTotalBytes - reading.memAvailableBytes;
  return {
    ...baseLook,
    target: { key: scope, kind: 'host', scope },
    identity: { uid: 'engine-1', name: 'host-1' },
    measure: {
      used,
      limit: reading.memTotalBytes,
      unit: 'bytes',
      percent: reading.usedPercent,
      against: 'the host',
    },
    details: {
      ...baseDetails(containers),
      host: reading,
      engine: { name: 'host-1', version: '27.0', cgroupVersion: '2', memTotalBytes: reading.memTotalBytes },
      ...parts.details,
    },
    settings: { ...emptySettings, ...parts.settings },
    policy: { ...policy, ...parts.policy },
    ...parts.look,
  };
}

/** A look at the host process `indexer`. */
export function processLook(parts: Parts = {}): DockerLook {
  const own = process({
    pid: 900,
    startTicks: 55,
    executable: '/usr/bin/indexer',
    args: 'indexer --all',
    rssBytes: 7 * GiB,
    containerId: undefined,
  });
  return {
    ...baseLook,
    target: { key: `${scope}/process:indexer`, kind: 'hostProcess', scope },
    identity: { uid: '900@55', name: 'indexer' },
    measure: { used: own.rssBytes, limit: 8 * GiB, unit: 'bytes', percent: 87.5, against: 'the host' },
    details: { ...baseDetails([]), processes: [own], hostProcess: own, ...parts.details },
    settings: { ...fullSettings, caches: [], container: undefined, ...parts.settings },
    policy: { ...policy, ...parts.policy },
    ...parts.look,
  };
}

/** Samples every `every` seconds that end just before the look (second 0). */
export function samplesOf(
  used: readonly number[],
  more: Partial<Sample> = {},
  every = 5,
  limit = 256 * MiB,
): readonly Sample[] {
  return used.map((value, i) => ({
    at: atSecond((i - used.length) * every),
    used: value,
    limit,
    kills: 0,
    healthy: true,
    startedAt: '2026-03-01T02:00:00Z',
    ...more,
  }));
}

/** `from`, growing by `step` at each reading. */
export const rising = (from: number, step: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => from + i * step);
