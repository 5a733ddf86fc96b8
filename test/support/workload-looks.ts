/** Looks at a workload for tests of pure rules: two sound pods at half of their limit, and what a test changes of it. */

import type { Sample } from '../../model/evidence.js';
import type {
  AppHistory,
  PodReading,
  SessionReading,
  WorkloadDetails,
  WorkloadLook,
  WorkloadReading,
} from '../../model/kubernetes/details.js';
import type { PodEndpoint, WorkloadSettings } from '../../model/kubernetes/settings.js';
import type { Policy } from '../../model/policy.js';
import { autoPolicy } from './policy.js';

export const MiB = 1024 ** 2;
export const GiB = 1024 ** 3;
export const scope = 'kubernetes/prod';
export const targetKey = `${scope}/bruno/deployment/agent-bruno`;
/** The time of a look is second 0; what was before it has a negative second. */
export const atSecond = (second: number): string =>
  new Date(Date.parse('2026-03-01T03:00:00.000Z') + Math.round(second * 1000)).toISOString();

export const policy = autoPolicy;

export const podEndpoint = (path: string, more: Partial<PodEndpoint> = {}): PodEndpoint => ({
  method: 'POST',
  port: 8080,
  path,
  via: 'proxy',
  timeoutSeconds: 5,
  ...more,
});

export const emptySettings: WorkloadSettings = {
  cluster: 'prod',
  namespace: 'bruno',
  kind: 'Deployment',
  name: 'agent-bruno',
  caches: [],
  env: [],
  capacitySeconds: 3600,
  inspect: false,
};

/** Everything configured that can be. */
export const fullSettings: WorkloadSettings = {
  ...emptySettings,
  prometheus: { url: 'http://prometheus:9090' },
  sessions: {
    url: 'redis://redis-master:6379/0',
    match: 'bruno:session:*',
    heldBy: 'inProcess',
    shortenToSeconds: 3600,
  },
  mongo: { url: 'mongodb://mongodb:27017', appName: 'agent-bruno' },
  metrics: podEndpoint('/metrics', { method: 'GET' }),
  gc: podEndpoint('/admin/gc'),
  caches: [
    {
      name: 'answers',
      endpoint: podEndpoint('/admin/clear-cache'),
      disruption: 'none',
      harm: 'answers are computed again',
    },
  ],
  probe: podEndpoint('/chat', { body: '{"message":"Hello"}' }),
  env: [
    { name: 'SESSION_TTL', to: '3600', against: 'sessions', harm: 'people log in again after an hour' },
    { name: 'REDIS_POOL_SIZE', to: '20', against: 'pools', harm: 'requests wait for a connection' },
    { name: 'CONTEXT_WINDOW', to: '20', against: 'contexts', harm: 'it forgets what was said before' },
  ],
  maxMemoryBytes: 4 * GiB,
  maxReplicas: 5,
  inspect: true,
};

export const workload: WorkloadReading = {
  kind: 'Deployment',
  name: 'agent-bruno',
  namespace: 'bruno',
  uid: 'deployment-uid',
  generation: 7,
  observedGeneration: 7,
  resourceVersion: '4711',
  replicas: 2,
  readyReplicas: 2,
  updatedReplicas: 2,
  paused: false,
  strategy: 'RollingUpdate',
  maxUnavailable: '25%',
  maxSurge: '25%',
  progressDeadlineSeconds: 600,
  selector: 'app=agent-bruno',
  container: 'agent-bruno',
  containers: ['agent-bruno'],
  templateLimitBytes: GiB,
  templateRequestBytes: 256 * MiB,
  heapFlags: [],
  env: [
    { name: 'SESSION_TTL', value: '86400', from: 'template' },
    { name: 'REDIS_POOL_SIZE', value: '500', from: 'template' },
    { name: 'CONTEXT_WINDOW', value: '5000', from: 'template' },
  ],
  owners: [],
  revision: '7',
};

export function pod(name = 'agent-bruno-a', more: Partial<PodReading> = {}): PodReading {
  return {
    name,
    uid: `${name}-uid`,
    key: `${targetKey}/pod/${name}`,
    node: 'node-1',
    ip: '10.0.0.1',
    phase: 'Running',
    ready: true,
    deleting: false,
    createdAt: atSecond(-7200),
    startedAt: atSecond(-7200),
    restarts: 0,
    workingSetBytes: 512 * MiB,
    limitBytes: GiB,
    requestBytes: 256 * MiB,
    qosClass: 'Burstable',
    resizePolicy: 'NotRequired',
    templateHash: 'abc',
    app: {},
    ...more,
  };
}

export const sessions = (more: Partial<SessionReading> = {}): SessionReading => ({
  keys: 400,
  complete: true,
  sampled: 200,
  bytes: 400 * 8 * 1024,
  withoutTtl: 0,
  ttlSeconds: [100, 20_000, 40_000, 60_000, 86_000],
  idleSeconds: [0, 600, 1800, 3600, 7200],
  idleShare: 0.6,
  maxmemoryPolicy: 'volatile-lru',
  maxmemoryBytes: GiB,
  usedMemoryBytes: 100 * MiB,
  connectedClients: 30,
  maxClients: 10_000,
  rejectedConnections: 0,
  readOnly: false,
  ...more,
});

export interface LookParts {
  /** Of the fullest pod. */
  readonly pod?: Partial<PodReading>;
  /** In place of one sound pod beside it. */
  readonly others?: readonly PodReading[];
  readonly workload?: Partial<WorkloadReading>;
  readonly details?: Partial<WorkloadDetails>;
  readonly settings?: Partial<WorkloadSettings>;
  readonly policy?: Partial<Policy>;
  readonly look?: Partial<WorkloadLook>;
}

/** A look at the Deployment agent-bruno; its measure is that of the fullest pod. */
export function workloadLook(parts: LookParts = {}): WorkloadLook {
  const worst = pod('agent-bruno-a', parts.pod);
  const pods = [worst, ...(parts.others ?? [pod('agent-bruno-b', { ip: '10.0.0.2' })])];
  const [used, limit] = [worst.workingSetBytes, worst.limitBytes ?? 8 * GiB];
  const kind = parts.workload?.kind ?? 'Deployment';
  return {
    target: { key: targetKey.replace('deployment', kind.toLowerCase()), kind: 'workload', scope },
    at: atSecond(0),
    identity: { uid: workload.uid, name: workload.name },
    ...(used !== undefined && {
      measure: {
        used,
        limit,
        unit: 'bytes' as const,
        percent: (used / limit) * 100,
        against: `the limit of pod ${worst.name}`,
      },
    }),
    healthy: true,
    kills: 0,
    evidence: [],
    policyDigest: 'p',
    goingOn: [],
    tookMs: 100,
    details: {
      workload: { ...workload, ...parts.workload },
      pods,
      history: [],
      sessionHistory: [],
      autoscaling: {},
      nodes: [{ name: 'node-1', allocatableBytes: 16 * GiB, usedBytes: 6 * GiB, memoryPressure: false }],
      oomKills: [],
      nodeKills: [],
      logLines: [],
      lately: [],
      cluster: { version: 'v1.34.2', canResize: true },
      missingRights: [],
      ...parts.details,
    },
    settings: { ...emptySettings, ...parts.settings },
    policy: { ...policy, ...parts.policy },
    ...parts.look,
  };
}

/** Readings every 15 s up to now, from `from` to `to` bytes, straight or as the shape bends it (0 to 1 → 0 to 1). */
export function history(
  from: number,
  to: number,
  points = 60,
  shape: (share: number) => number = (share) => share,
): WorkloadDetails['history'] {
  return [
    {
      pod: 'agent-bruno-a',
      points: Array.from({ length: points }, (_, i) => ({
        at: atSecond((i - points + 1) * 15),
        bytes: Math.round(from + (to - from) * shape(i / (points - 1))),
      })),
    },
  ];
}

/** The number of sessions over the same time. */
export function sessionHistory(from: number, to: number, points = 60): WorkloadDetails['sessionHistory'] {
  return Array.from({ length: points }, (_, i) => ({
    at: atSecond((i - points + 1) * 15),
    count: Math.round(from + ((to - from) * i) / (points - 1)),
  }));
}

/** What the fullest pod's app told over the same time: each metric by the number of the reading, 0 to points - 1. */
export function appHistory(
  metrics: Readonly<Record<string, (reading: number) => number>>,
  points = 60,
): AppHistory {
  const readings = Array.from({ length: points }, (_, i) => i);
  return {
    pod: 'agent-bruno-a',
    at: readings.map((i) => atSecond((i - points + 1) * 15)),
    values: Object.fromEntries(Object.entries(metrics).map(([name, of]) => [name, readings.map(of)])),
  };
}

/** Samples of a soak every 10 s up to now. */
export function soak(percents: readonly number[], more: Partial<Sample> = {}): readonly Sample[] {
  return percents.map((percent, i) => ({
    at: atSecond((i - percents.length) * 10),
    used: Math.round((percent / 100) * GiB),
    limit: GiB,
    kills: 0,
    healthy: true,
    ...more,
  }));
}
