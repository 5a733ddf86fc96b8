import { bytes } from '../../../model/format.js';
import type { PodReading, WorkloadLook } from '../../../model/kubernetes/details.js';
import type { AppFigures } from './app-figures.js';

/** So much of what is to be explained, held by another than the process that was read, may hide the cause. */
export const othersShare = 0.4;
/** The container's processes together hold so many times what the one holds that tells of itself: it is not alone. */
const notAlone = 1.5;

interface Read {
  readonly look: WorkloadLook;
  readonly worst: PodReading | undefined;
  readonly app: AppFigures;
  readonly rssBytes: number | undefined;
  readonly measure: { readonly used: number };
  readonly amount: number;
  readonly parts: { readonly contexts: unknown; readonly sessions: unknown };
  readonly count: number | undefined;
}

/** What could not be read and might hold the rest, in words for people. */
export function missingOf(read: Read): readonly string[] {
  const { parts } = read;
  return [
    ...(parts.contexts === undefined
      ? ['what its conversation contexts and caches hold (metrics of the app)']
      : []),
    ...(parts.sessions === undefined
      ? ['whether the pods hold the sessions (sessions.heldBy, or metrics of the app)']
      : []),
    ...others(read),
    ...connections(read),
  ];
}

/** Memory of the container that is not of the process which was read: page cache, shared memory, other processes. */
function others({ worst, rssBytes, measure, amount, app }: Read): readonly string[] {
  const kernel = worst?.kernel;
  if (kernel !== undefined) {
    const told = app.residentBytes;
    const several = told !== undefined && kernel.anonBytes >= told * notAlone;
    return several && kernel.anonBytes - told >= amount * othersShare
      ? [
          `what its other processes hold: the metrics are of one with ${bytes(told)}, all together have ${bytes(kernel.anonBytes)}`,
        ]
      : [];
  }
  if (rssBytes === undefined) return ["the process's own memory (metrics of the app, or the inspect role)"];
  const rest = measure.used - rssBytes;
  return rest < amount * othersShare
    ? []
    : [
        `who holds the ${bytes(rest)} that its process does not: other processes, shared memory or page cache (the inspect role, or container_memory_rss in Prometheus)`,
      ];
}

/** A server that is configured and does not tell its clients apart may have any number of ours. */
function connections({ look, worst, app, count }: Read): readonly string[] {
  if (count === undefined) return ['its connections (redis, mongo: in nightshift.yaml)'];
  if (app.poolConnections !== undefined) return [];
  const { sessions, mongo } = look.settings;
  const untold = [
    ...(sessions !== undefined && worst?.redisConnections === undefined ? ['Redis'] : []),
    ...(mongo !== undefined && worst?.mongoConnections === undefined ? ['MongoDB'] : []),
  ];
  return untold.map((server) => `its connections to ${server}, which does not tell its clients apart`);
}
