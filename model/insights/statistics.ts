import { thresholds } from './thresholds.js';

/** What many values come to. There is no 90th percentile of a few values. */
export interface Spread {
  readonly n: number;
  readonly min: number;
  readonly median: number;
  readonly p90?: number;
  readonly max: number;
}

/** Undefined where there are no values. */
export function spread(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  return {
    n,
    min: sorted[0] as number,
    median: median(sorted),
    ...(n >= thresholds.p90 && { p90: sorted[Math.ceil(0.9 * n) - 1] as number }),
    max: sorted[n - 1] as number,
  };
}

function median(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/** Things by a name that each has, the names in the order in which they were first met. */
export function groupBy<T>(things: Iterable<T>, name: (thing: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const thing of things) {
    const key = name(thing);
    const group = groups.get(key);
    if (group) group.push(thing);
    else groups.set(key, [thing]);
  }
  return groups;
}
