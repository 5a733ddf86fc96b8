import { count, percent } from '../format.js';
import type { Spread } from './statistics.js';
import { thresholds } from './thresholds.js';
import type { Behind } from './types.js';

/** `3 of 4`, and from five on with its percentage: `6 of 8 (75 %)`. */
export function outOf(n: number, all: number): string {
  return `${n} of ${all}${all >= thresholds.percentage ? ` (${percent((n / all) * 100)})` : ''}`;
}

/** `3 min (median of 12; 90 % within 8 min; 20 s to 11 min)`; of one value, the value. */
export function spreadWords(spread: Spread, unit: (value: number) => string): string {
  const { n, min, median, p90, max } = spread;
  if (n === 1) return `${unit(median)} (once)`;
  const tail = p90 === undefined ? '' : `90 % within ${unit(p90)}; `;
  return `${unit(median)} (median of ${n}; ${tail}${unit(min)} to ${unit(max)})`;
}

/** `k3f7x2ab, p2m8c4qz and 3 more`. */
export function behindWords({ count: all, newest }: Behind): string {
  const rest = all - newest.length;
  return `${newest.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** The parts that are there, in one list: what counts nothing is not worth a word. */
export function counted(parts: readonly (readonly [number, string])[]): readonly string[] {
  return parts.filter(([n]) => n > 0).map(([n, what]) => `${what} ${n}`);
}

export const incidentsWords = (n: number): string => count(n, 'incident');
