import { appContainer } from '../../../model/changes/object.js';
import type { ContainerReading, DockerLook, OomKill } from '../../../model/container.js';
import type { Growth } from '../../../model/diagnosis.js';
import type { Measure, Sample } from '../../../model/evidence.js';
import { growthOf } from '../../../model/growth.js';

/** MEM-001's MEMORY_CONFIG. Its megabytes are taken as MiB, as `ps` and `docker stats` count. */
export const memoryConfig = {
  cacheMaxItems: 1000,
  cacheMaxBytes: 100 * 1024 ** 2,
  gcIntervalSeconds: 60,
} as const;

/** What every rule of the diagnosis reads: one look, made ready. */
export interface Figures {
  readonly look: DockerLook;
  readonly measure: Measure;
  readonly growth: Growth | undefined;
  /** OOM kills of the window that concern this target. */
  readonly kills: readonly OomKill[];
  /** The container that the target is, or in which the configured app runs. */
  readonly container: ContainerReading | undefined;
  readonly app: AppFigures;
}

/** Figures of the app's own metrics, where it has them. */
export interface AppFigures {
  readonly cacheItems?: number;
  readonly cacheBytes?: number;
  readonly cacheMaxItems?: number;
  readonly cacheMaxBytes?: number;
  readonly heapUsed?: number;
  readonly heapTotal?: number;
  readonly inFlight?: number;
  readonly sessions?: number;
  readonly degraded?: number;
  readonly gcInterval?: number;
  readonly gcMonitoring?: number;
  /** Seconds since the last collection that the app made on purpose. */
  readonly gcAge?: number;
}

/** Undefined where the measure itself is missing: then there is nothing to diagnose. */
export function figuresOf(look: DockerLook, samples: readonly Sample[]): Figures | undefined {
  const { measure } = look;
  if (measure === undefined) return undefined;
  const container = appContainer(look);
  return {
    look,
    measure,
    growth: growthOf(withLook(samples, look, measure), look.identity.startedAt),
    kills: killsOf(look),
    container,
    app: appFigures(look),
  };
}

/** The look is a reading too. Where it is among the samples already, `growthOf` counts the moment once. */
function withLook(samples: readonly Sample[], look: DockerLook, { used, limit }: Measure): readonly Sample[] {
  return [...samples, { at: look.at, used, limit }];
}

/** On a host every kill concerns it; elsewhere only those of the target itself. */
export function killsOf({ target, details }: DockerLook): readonly OomKill[] {
  const recent = details.oomKills.filter((kill) => kill.recent);
  if (target.kind === 'host') return recent;
  const { container, hostProcess } = details;
  if (target.kind === 'hostProcess')
    return recent.filter((kill) => kill.pid !== undefined && kill.pid === hostProcess?.pid);
  return recent.filter(
    (kill) =>
      container !== undefined &&
      (kill.containerId === undefined
        ? kill.containerName === container.name
        : kill.containerId === container.id),
  );
}

/** True where the target is up; a host always is. */
export function isRunning({ target, details }: DockerLook): boolean {
  if (target.kind === 'container')
    return details.container?.status === 'running' && !details.container.restarting;
  return target.kind === 'hostProcess' ? details.hostProcess !== undefined : true;
}

/** Reads the figures whatever prefix the app gives them: `agent_cache_items`, `cache_items`. */
export function appFigures({ at, details }: DockerLook): AppFigures {
  const of = (name: string): number | undefined => {
    const key = Object.keys(details.app)
      .sort()
      .find((one) => one === name || one.endsWith(`_${name}`));
    return key === undefined ? undefined : details.app[key];
  };
  const lastGc = of('gc_last_run_timestamp_seconds');
  return {
    cacheItems: of('cache_items'),
    cacheBytes: of('cache_bytes'),
    cacheMaxItems: of('cache_max_items'),
    cacheMaxBytes: of('cache_max_bytes'),
    heapUsed: of('heap_size_used_bytes'),
    heapTotal: of('heap_size_total_bytes'),
    inFlight: of('in_flight_requests'),
    sessions: of('active_sessions'),
    degraded: of('degraded'),
    gcInterval: of('gc_interval_seconds'),
    gcMonitoring: of('gc_monitoring_enabled'),
    // 0: it never ran one.
    ...(lastGc !== undefined && lastGc > 0 && { gcAge: Date.parse(at) / 1000 - lastGc }),
  };
}
