/** What the engine's stats say of memory. Bytes. */
export interface StatsMemory {
  readonly usageBytes: number;
  /** Use without the page cache that is given back first: what `docker stats` shows. */
  readonly workingSetBytes: number;
  readonly cacheBytes: number;
  readonly anonBytes: number;
}

/**
 * Reads the `memory_stats` of GET /containers/<id>/stats. Undefined where there are none: not running, or an engine
 * without the memory controller. The file pages not counted are `total_inactive_file` under cgroup v1 and
 * `inactive_file` under v2, as in docker/cli's calculateMemUsageUnixNoCache.
 */
export function memoryFromStats(answer: unknown): StatsMemory | undefined {
  const memory = member(answer, 'memory_stats');
  const usage = numberIn(memory, 'usage');
  if (usage === undefined) return undefined;
  const stats = member(memory, 'stats');
  const inactive = numberIn(stats, 'total_inactive_file') ?? numberIn(stats, 'inactive_file') ?? 0;
  return {
    usageBytes: usage,
    workingSetBytes: inactive < usage ? usage - inactive : usage,
    cacheBytes: numberIn(stats, 'total_cache') ?? numberIn(stats, 'file') ?? 0,
    anonBytes: numberIn(stats, 'total_rss') ?? numberIn(stats, 'anon') ?? 0,
  };
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function numberIn(value: unknown, name: string): number | undefined {
  const found = member(value, name);
  return typeof found === 'number' ? found : undefined;
}
