/** A recording as the look that would have been had of it on a cluster. */
import type {
  AppHistory,
  KernelReading,
  PodReading,
  WorkloadLook,
} from '../../../model/kubernetes/details.js';
import { atSecond, fullSettings, workload, workloadLook } from '../workload-looks.js';
import type { Recording } from './collect.js';

/** So long has a process run that held what it has before it was watched, seconds. */
const longAgo = 7200;

/** The limit is made to fit what was used: so full, or so high above its peak. */
export function lookOf({ provocation, ...read }: Recording): WorkloadLook {
  const { fill, ofPeak, metrics, inspect, heldBy, nodePressure, held, quiet } = provocation;
  const first = read.resident[0]?.[0] ?? -1;
  // What a cgroup counts besides its processes: pages of files, really in memory.
  const points = read.resident.map(([second, bytes], i) => ({
    at: atSecond(second),
    bytes: bytes + (read.filePages[i]?.[1] ?? 0),
  }));
  const used = points.at(-1)?.bytes ?? 0;
  const peak = ofPeak ? Math.max(...points.map(({ bytes }) => bytes)) : used;
  const limit = Math.round(peak / fill);
  const process: PodReading['process'] = inspect
    ? { rssBytes: read.largest, source: 'kubectl exec' }
    : undefined;
  const appHistory = toldOver(read.told);
  return workloadLook({
    pod: {
      workingSetBytes: used,
      limitBytes: limit,
      startedAt: atSecond(held.length > 0 || quiet > 0 ? -longAgo : first),
      app: read.app,
      redisConnections: read.redisConnections,
      ...(read.mongoConnections !== undefined && { mongoConnections: read.mongoConnections }),
      ...(process !== undefined && { process }),
      kernel: kernelOf(provocation, read),
    },
    others: [],
    workload: { ...workload, replicas: 1, readyReplicas: 1, updatedReplicas: 1, templateLimitBytes: limit },
    settings: {
      ...fullSettings,
      inspect,
      sessions: {
        ...fullSettings.sessions,
        url: 'redis://redis:6379/0',
        match: 'bruno:session:*',
        heldBy,
        shortenToSeconds: 3600,
      },
      ...(metrics === 'off' && { metrics: undefined }),
    },
    details: {
      history: [{ pod: 'agent-bruno-a', points }],
      sessionHistory: read.sessionCounts.map(([second, count]) => ({ at: atSecond(second), count })),
      ...(appHistory !== undefined && { appHistory }),
      sessions: read.sessions,
      nodes: [
        {
          name: 'node-1',
          allocatableBytes: 16 * 1024 ** 3,
          usedBytes: 6 * 1024 ** 3,
          memoryPressure: nodePressure,
        },
      ],
    },
  });
}

type Read = Omit<Recording, 'provocation'>;

/** As memory.stat says it, or cAdvisor by Prometheus; an old one tells files and shared memory together. */
function kernelOf(
  { inspect, cadvisor, workers }: Recording['provocation'],
  { anon, filePages }: Read,
): KernelReading {
  const told = { anonBytes: anon, fileBytes: filePages.at(-1)?.[1] ?? 0 };
  if (inspect) return { ...told, processes: workers, source: 'exec: memory.stat' };
  return {
    ...told,
    ...(cadvisor === 'old' && { withShared: true as const }),
    source: 'container_memory_rss in Prometheus',
  };
}

function toldOver(told: Read['told']): AppHistory | undefined {
  if (told.length === 0) return undefined;
  const names = Object.keys(told[0]?.[1] ?? {});
  return {
    pod: 'agent-bruno-a',
    at: told.map(([second]) => atSecond(second)),
    values: Object.fromEntries(names.map((name) => [name, told.map(([, figures]) => figures[name] ?? null)])),
  };
}
