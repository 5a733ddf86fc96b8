import type { OomKill } from '../../../model/container.js';
import type { Growth } from '../../../model/diagnosis.js';
import type { Measure, Sample } from '../../../model/evidence.js';
import { growthOf } from '../../../model/growth.js';
import type { PodReading, SessionReading, WorkloadLook } from '../../../model/kubernetes/details.js';
import { type Following, memoryFollowsSessions } from './following.js';

/** What every rule of the diagnosis reads: one look, made ready. */
export interface Figures {
  readonly look: WorkloadLook;
  readonly measure: Measure;
  readonly growth: Growth | undefined;
  readonly kills: readonly OomKill[];
  /** The fullest pod. */
  readonly worst: PodReading | undefined;
  readonly sessions: SessionReading | undefined;
  readonly following: Following;
  /** Sessions now against the lowest number in their history; absent without a history. */
  readonly sessionRise: number | undefined;
  /** Mean bytes of one session in Redis. */
  readonly bytesPerSession: number | undefined;
  readonly app: AppFigures;
}

/** Figures of the app's own metrics, where it has them. */
export interface AppFigures {
  readonly activeSessions?: number;
  readonly contextBytes?: number;
  readonly contextMessages?: number;
  readonly contextWindow?: number;
  readonly poolConnections?: number;
  readonly poolMax?: number;
  readonly poolWaiting?: number;
  readonly inFlight?: number;
  readonly cacheBytes?: number;
  readonly gcUncollectable?: number;
  readonly openFiles?: number;
}

/** Undefined where the measure itself is missing: then there is nothing to diagnose. */
export function figuresOf(look: WorkloadLook, samples: readonly Sample[]): Figures | undefined {
  const { measure, details } = look;
  if (measure === undefined) return undefined;
  const worst = details.pods.find(({ workingSetBytes }) => workingSetBytes !== undefined) ?? details.pods[0];
  const counts = details.sessionHistory.map(({ count }) => count);
  const now = details.sessions?.keys ?? counts.at(-1);
  const lowest = counts.length === 0 ? undefined : Math.min(...counts);
  const { sessions } = details;
  return {
    look,
    measure,
    growth: growthOf(readings(look, samples, measure)),
    kills: details.oomKills.filter(({ recent }) => recent),
    worst,
    sessions,
    following: memoryFollowsSessions(look),
    sessionRise: now === undefined || lowest === undefined ? undefined : now / Math.max(1, lowest),
    bytesPerSession:
      sessions?.bytes === undefined || sessions.keys === 0 ? undefined : sessions.bytes / sessions.keys,
    app: appFigures(worst),
  };
}

/** Prometheus's history of the fullest pod, then what this incident has read itself. */
function readings(
  look: WorkloadLook,
  samples: readonly Sample[],
  { used, limit }: Measure,
): readonly Sample[] {
  const pod = look.details.history[0];
  const startedAt = look.details.pods.find(({ name }) => name === pod?.pod)?.startedAt;
  const began = startedAt === undefined ? 0 : Date.parse(startedAt);
  const history = (pod?.points ?? [])
    .filter(({ at }) => Date.parse(at) >= began)
    .map(({ at, bytes }): Sample => ({ at, used: bytes, limit }));
  return [...history, ...samples, { at: look.at, used, limit }];
}

/** Reads the figures whatever prefix the app gives them: `bruno_active_sessions`, `active_sessions`. */
export function appFigures(pod: PodReading | undefined): AppFigures {
  const app = pod?.app ?? {};
  const of = (name: string): number | undefined => {
    const key = Object.keys(app)
      .sort()
      .find((one) => one === name || one.endsWith(`_${name}`));
    return key === undefined ? undefined : app[key];
  };
  const figures = {
    activeSessions: of('active_sessions'),
    contextBytes: of('context_bytes'),
    contextMessages: of('context_messages_max'),
    contextWindow: of('context_window_messages'),
    poolConnections: of('pool_connections'),
    poolMax: of('pool_size'),
    poolWaiting: of('pool_exhausted_total'),
    inFlight: of('in_flight_requests'),
    cacheBytes: of('cache_bytes'),
    gcUncollectable: of('gc_objects_uncollectable_total'),
    openFiles: of('process_open_fds'),
  };
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined));
}
