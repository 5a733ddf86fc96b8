import type { PodReading, WorkloadDetails } from '../../../model/kubernetes/details.js';

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
  /** Runs of the collector, and what they freed, since the process began. */
  readonly gcRuns?: number;
  readonly gcFreed?: number;
  readonly openFiles?: number;
}

/** One figure over time, oldest first; `at` in milliseconds since 1970. */
export type Trail = readonly { readonly at: number; readonly value: number }[];

const names: Readonly<Record<keyof AppFigures, readonly string[]>> = {
  residentBytes: ['process_resident_memory_bytes'],
  activeSessions: ['active_sessions'],
  sessionBytes: ['session_bytes'],
  contextBytes: ['context_bytes'],
  contextWindow: ['context_window_messages'],
  poolConnections: ['pool_connections'],
  poolMax: ['pool_size'],
  poolExhausted: ['pool_exhausted_total'],
  inFlight: ['in_flight_requests', 'requests_in_flight'],
  cacheBytes: ['cache_bytes'],
  gcUncollectable: ['gc_objects_uncollectable_total'],
  gcRuns: ['gc_collections_total'],
  gcFreed: ['gc_objects_collected_total'],
  openFiles: ['process_open_fds'],
};

/** Reads the figures whatever prefix the app gives them: `bruno_active_sessions`, `active_sessions`. */
export function appFigures(pod: PodReading | undefined): AppFigures {
  const app = pod?.app ?? {};
  const found = Object.entries(names).flatMap(([figure, known]) => {
    const value = app[metricFor(known, app) ?? ''];
    return value === undefined ? [] : [[figure, value] as const];
  });
  return Object.fromEntries(found);
}

/** One of these figures over time, of that pod; empty where Prometheus does not have it. */
export function trailOf(
  { appHistory }: Pick<WorkloadDetails, 'appHistory'>,
  pod: PodReading | undefined,
  figure: keyof AppFigures,
): Trail {
  if (appHistory === undefined || appHistory.pod !== pod?.name) return [];
  const values = appHistory.values[metricFor(names[figure], appHistory.values) ?? ''] ?? [];
  return appHistory.at.flatMap((at, i) => {
    const value = values[i];
    return typeof value === 'number' ? [{ at: Date.parse(at), value }] : [];
  });
}

/** The first metric, by name, that is one of these, with or without a prefix. */
function metricFor(known: readonly string[], app: Readonly<Record<string, unknown>>): string | undefined {
  return Object.keys(app)
    .toSorted()
    .find((metric) => known.some((name) => metric === name || metric.endsWith(`_${name}`)));
}
