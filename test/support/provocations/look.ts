/** A recording as the look that would have been had of it on a cluster. */
import type { PodReading, WorkloadLook } from '../../../model/kubernetes/details.js';
import { atSecond, fullSettings, workload, workloadLook } from '../workload-looks.js';
import type { Recording } from './collect.js';

/** The limit is made to fit what was used: so full, or so high above its peak. */
export function lookOf({ provocation, ...read }: Recording): WorkloadLook {
  const { fill, ofPeak, seconds, pageCachePerSecond, metrics, inspect, heldBy, nodePressure } = provocation;
  const first = read.resident[0]?.[0] ?? -1;
  // What a cgroup counts besides the process: pages of files that were read.
  const cached = (second: number): number =>
    ((second - first) / Math.max(1, -first)) * seconds * pageCachePerSecond;
  const points = read.resident.map(([second, bytes]) => ({
    at: atSecond(second),
    bytes: Math.round(bytes + cached(second)),
  }));
  const used = points.at(-1)?.bytes ?? 0;
  const peak = ofPeak ? Math.max(...points.map(({ bytes }) => bytes)) : used;
  const limit = Math.round(peak / fill);
  const rssBytes = read.resident.at(-1)?.[1] ?? 0;
  const process: PodReading['process'] = inspect ? { rssBytes, source: 'kubectl exec' } : undefined;
  return workloadLook({
    pod: {
      workingSetBytes: used,
      limitBytes: limit,
      startedAt: atSecond(first),
      app: read.app,
      redisConnections: read.redisConnections,
      ...(read.mongoConnections !== undefined && { mongoConnections: read.mongoConnections }),
      ...(process !== undefined && { process }),
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
