/**
 * Figures about memory that apps of the common runtimes tell of themselves, the caches' bounds (MEMORY_CONFIG of
 * MEM-001), pools, contexts and requests in flight. Other metrics stay where they are.
 */
const known =
  /^(?:(?:agent|bruno)_\w+|process_(?:resident|virtual|shared)_memory_bytes|process_open_fds|process_start_time_seconds|nodejs_(?:heap_size_\w+|external_memory)_bytes|jvm_memory_(?:used|max|committed)_bytes|jvm_buffer_memory_used_bytes|go_memstats_(?:heap_\w+|sys)_bytes|go_goroutines|python_gc_\w+_total|\w*in_?flight\w*|\w*cache_(?:items|bytes|size|max_items|max_bytes|entries)|\w*active_sessions)$/;
const most = 60;

/** Parses Prometheus' text format. Samples of one name with different labels are added up; histograms are left out. */
export function parseAppMetrics(text: string): Record<string, number> {
  const figures: Record<string, number> = {};
  const histograms = new Set<string>();
  for (const line of text.split('\n')) {
    const type = /^# TYPE (\S+) (?:histogram|summary)\s*$/.exec(line)?.[1];
    if (type) histograms.add(type);
    const match = /^([a-zA-Z_:][\w:]*)(?:\{.*\})?\s+(\S+)(?:\s+-?\d+)?\s*$/.exec(line);
    const name = match?.[1];
    if (!name || !known.test(name) || histograms.has(name.replace(/_(?:bucket|sum|count)$/, ''))) continue;
    const value = Number(match?.[2]);
    if (!Number.isFinite(value)) continue;
    if (name in figures || Object.keys(figures).length < most) figures[name] = (figures[name] ?? 0) + value;
  }
  return figures;
}

/** Requests that are being answered now, by the app's own count. */
export function inFlight(app: Readonly<Record<string, number>>): { name: string; value: number }[] {
  return Object.entries(app)
    .filter(([name, value]) => /in_?flight/.test(name) && !/max|limit|total$/.test(name) && value > 0)
    .map(([name, value]) => ({ name, value }));
}
