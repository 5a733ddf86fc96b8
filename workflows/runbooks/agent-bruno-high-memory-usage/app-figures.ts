import type { PodReading } from '../../../model/kubernetes/details.js';

/** Figures of the app's own metrics, where it has them. */
export interface AppFigures {
  readonly residentBytes?: number;
  readonly activeSessions?: number;
  readonly sessionBytes?: number;
  readonly contextBytes?: number;
  readonly contextWindow?: number;
  readonly poolConnections?: number;
  readonly poolMax?: number;
  /** Requests that found no free connection, since the process began. */
  readonly poolExhausted?: number;
  readonly inFlight?: number;
  readonly cacheBytes?: number;
  readonly gcUncollectable?: number;
  readonly openFiles?: number;
}

const names: Readonly<Record<keyof AppFigures, string>> = {
  residentBytes: 'process_resident_memory_bytes',
  activeSessions: 'active_sessions',
  sessionBytes: 'session_bytes',
  contextBytes: 'context_bytes',
  contextWindow: 'context_window_messages',
  poolConnections: 'pool_connections',
  poolMax: 'pool_size',
  poolExhausted: 'pool_exhausted_total',
  inFlight: 'in_flight_requests',
  cacheBytes: 'cache_bytes',
  gcUncollectable: 'gc_objects_uncollectable_total',
  openFiles: 'process_open_fds',
};

/** Reads the figures whatever prefix the app gives them: `bruno_active_sessions`, `active_sessions`. */
export function appFigures(pod: PodReading | undefined): AppFigures {
  const app = Object.entries(pod?.app ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const found = Object.entries(names).flatMap(([figure, name]) => {
    const entry = app.find(([metric]) => metric === name || metric.endsWith(`_${name}`));
    return entry === undefined ? [] : [[figure, entry[1]] as const];
  });
  return Object.fromEntries(found);
}
