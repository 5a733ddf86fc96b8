import { bytes } from '../../../../model/format.js';
import type { Recommendation } from '../../../../model/runbook.js';
import { type AppFigures, appFigures, memoryConfig } from '../figures.js';
import type { Lessons } from './lessons.js';

/** MEM-001's MEMORY_CONFIG against the app's own figures: 1000 items, 100 MB, a collection every 60 s. */
export function appAdvice({ seen, worst }: Lessons): readonly Recommendation[] {
  const figures = appFigures(seen.first);
  const hasFigures = Object.values(figures).some((figure) => figure !== undefined);
  if (!hasFigures) return seen.first.target.kind === 'host' ? [] : [exportFigures(worst.causes[0]?.name)];
  return [...cacheAdvice(figures), ...gcAdvice(figures)];
}

function exportFigures(cause: string | undefined): Recommendation {
  const unsure =
    cause === undefined ? 'the cause could not be told' : `the cause (${cause}) is a guess from outside`;
  return {
    title: 'Have the app tell how large its caches are',
    why: `Without its own figures ${unsure}. MEM-001 wants a cache of at most ${memoryConfig.cacheMaxItems} items and ${bytes(memoryConfig.cacheMaxBytes)}, and a collection every ${memoryConfig.gcIntervalSeconds} s; the figures let alerts check that.`,
    snippet: {
      language: 'text',
      text: [
        'agent_cache_items',
        'agent_cache_bytes',
        'agent_cache_max_items',
        'agent_cache_max_bytes',
        'agent_gc_monitoring_enabled',
        'agent_gc_interval_seconds',
        'agent_gc_last_run_timestamp_seconds',
        '',
      ].join('\n'),
    },
  };
}

function cacheAdvice(app: AppFigures): readonly Recommendation[] {
  const { cacheMaxItems, cacheMaxBytes } = memoryConfig;
  const over = [
    tooLarge(app.cacheItems, cacheMaxItems, (n) => `it held ${n} items, at most ${cacheMaxItems} are wanted`),
    tooLarge(
      app.cacheBytes,
      cacheMaxBytes,
      (n) => `it held ${bytes(n)}, at most ${bytes(cacheMaxBytes)} are wanted`,
    ),
    tooLarge(app.cacheMaxItems, cacheMaxItems, (n) => `its own bound is ${n} items`),
    tooLarge(app.cacheMaxBytes, cacheMaxBytes, (n) => `its own bound is ${bytes(n)}`),
    app.cacheMaxItems === 0 || app.cacheMaxBytes === 0 ? 'it has no bound of its own' : undefined,
  ].filter((words) => words !== undefined);
  if (over.length === 0) return [];
  return [
    {
      title: `Bound the cache at ${cacheMaxItems} items and ${bytes(cacheMaxBytes)}`,
      why: `${sentence(over)} A cache that drops what was used longest ago (LRU) needs no clearing.`,
    },
  ];
}

function gcAdvice(app: AppFigures): readonly Recommendation[] {
  const { gcIntervalSeconds } = memoryConfig;
  const late = [
    app.gcMonitoring === 0 ? 'its regular collection is off' : undefined,
    tooLarge(app.gcInterval, gcIntervalSeconds, (n) => `it collects every ${n} s only`),
    // A run may be a whole interval old; twice as old means that one was missed.
    tooLarge(app.gcAge, 2 * gcIntervalSeconds, (n) => `the last collection was ${Math.round(n)} s ago`),
  ].filter((words) => words !== undefined);
  if (late.length === 0) return [];
  return [
    {
      title: `Have it collect garbage every ${gcIntervalSeconds} s`,
      why: `${sentence(late)} MEM-001: enable_gc_monitoring with gc_interval_seconds ${gcIntervalSeconds}.`,
    },
  ];
}

function tooLarge(
  value: number | undefined,
  bound: number,
  words: (value: number) => string,
): string | undefined {
  return value !== undefined && value > bound ? words(value) : undefined;
}

function sentence(parts: readonly string[]): string {
  const text = parts.join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
