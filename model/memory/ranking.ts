import type { ContainerReading, DockerLook } from '../container.js';
import { matchesKey } from '../guardrails/patterns.js';

export interface Ranked {
  readonly container: ContainerReading & { readonly workingSetBytes: number };
  /** 0 to 1: how likely it is the one that fills the host. */
  readonly score: number;
  /** Of the memory that all containers use, 0 to 1. */
  readonly share: number;
  /** Working set / its own limit, or / the host's memory where it has none; 0 to 1. */
  readonly ofLimit: number;
  /** Why it may not be chosen, however large it is. */
  readonly spared?: string;
}

/**
 * All containers whose use is known, the most bloated first: half by its share of what containers use (that is
 * what a restart gives back), the rest by use against its own limit, and by growth where it was measured.
 * Protected containers and data services keep their place in the list, marked, so that people see them.
 */
export function rankContainers(
  look: DockerLook,
  growth: ReadonlyMap<string, number> = new Map(),
): readonly Ranked[] {
  const known = look.details.containers.filter(
    (one): one is Ranked['container'] => one.workingSetBytes !== undefined && one.gap === undefined,
  );
  const total = known.reduce((sum, { workingSetBytes }) => sum + workingSetBytes, 0);
  const fastest = Math.max(0, ...known.map(({ key }) => growth.get(key) ?? 0));
  return known
    .map((container): Ranked => {
      const share = total > 0 ? container.workingSetBytes / total : 0;
      const limit = container.limitBytes ?? look.details.engine.memTotalBytes;
      const ofLimit = limit > 0 ? Math.min(1, container.workingSetBytes / limit) : 0;
      const growing = fastest > 0 ? Math.max(0, growth.get(container.key) ?? 0) / fastest : 0;
      const spared = sparedWhy(container, look);
      return {
        container,
        score: fastest > 0 ? 0.5 * share + 0.3 * ofLimit + 0.2 * growing : 0.6 * share + 0.4 * ofLimit,
        share,
        ofLimit,
        ...(spared !== undefined && { spared }),
      };
    })
    .sort((a, b) => b.score - a.score || (a.container.key < b.container.key ? -1 : 1));
}

/** Why this container is never chosen by rank, or undefined. */
export function sparedWhy(container: ContainerReading, look: DockerLook): string | undefined {
  if (container.protected !== undefined) return `protected: ${container.protected}`;
  const pattern = look.policy.protected.find((one) => matchesKey(one, container.key));
  if (pattern !== undefined) return `protected by '${pattern}'`;
  if (look.settings.dataServices.includes(container.name)) return 'a data service';
  if (container.orchestrator !== undefined)
    return `run by ${container.orchestrator}, which restarts it itself`;
  return undefined;
}

/**
 * The container whose restart helps the host: the first of the ranking that may be chosen and that is large
 * enough to matter: it holds half of what the host is over its threshold, or a tenth of what is used.
 */
export function theBloated(look: DockerLook, ranked = rankContainers(look)): Ranked | undefined {
  const measure = look.measure;
  if (measure === undefined) return undefined;
  const over = measure.used - (measure.limit * look.policy.thresholds.warningPercent) / 100;
  return ranked.find(
    ({ container, spared }) =>
      spared === undefined &&
      (container.workingSetBytes >= 0.1 * measure.used ||
        (over > 0 && container.workingSetBytes >= over / 2)),
  );
}
