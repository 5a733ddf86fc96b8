import { bytes } from '../../../model/format.js';

import type { Trail } from './app-figures.js';
import { slopeOf, spearman, withoutTrend } from './correlation.js';
import { type Floor, type Life, usedAt } from './life.js';

/**
 * What one connection costs its client, buffers and TLS state included, bytes: usually, and at most. Drivers keep
 * 16 KiB to 512 KiB for each; the stand-in keeps 256 KiB.
 */
export const perConnection = { least: 16 * 1024, usual: 128 * 1024, most: 1024 ** 2 } as const;

/** Fewer moments at which both were read measure nothing. */
const fewestPairs = 8;
/** Their number has to depart from its trend by so many from one end to the other: else any growth would fit. */
const realVariation = 3;
/** So closely memory has to follow those departures (rank correlation). */
const followsFrom = 0.7;

export interface ConnectionCost {
  readonly usual: number;
  readonly most: number;
  /** It was measured: the two are the same then. */
  readonly measured: boolean;
  /** `at 128 KiB each`, `measured: 510 KiB each`. */
  readonly words: string;
}

/** What a connection of this process costs: measured where its history allows it, otherwise what is usual. */
export function connectionCost(connections: Trail, life: Life, floor: Floor): ConnectionCost {
  const measured = measuredCost(
    connections.filter(({ at }) => at >= floor.at),
    life,
  );
  return measured === undefined
    ? {
        usual: perConnection.usual,
        most: perConnection.most,
        measured: false,
        words: `at ${bytes(perConnection.usual)} each`,
      }
    : { usual: measured, most: measured, measured: true, words: `measured: ${bytes(measured)} each` };
}

/**
 * By how much memory departs from its trend where the number of connections departs from its own: Theil–Sen of what is
 * left of both when their trends are taken away. A leak beside a growing pool goes into the trend, so it is not
 * charged to the connections; where the pool grows evenly nothing is left to measure by. Only since the floor: two that
 * begin to grow at one time would look like one.
 */
function measuredCost(connections: Trail, life: Life): number | undefined {
  const pairs = connections.flatMap(({ at, value: count }) => {
    const used = usedAt(life, at);
    return used === undefined ? [] : [{ at, count, used }];
  });
  if (pairs.length < fewestPairs) return undefined;
  const times = pairs.map(({ at }) => at);
  const counts = pairs.map(({ count }) => count);
  const x = withoutTrend(times, counts);
  const y = withoutTrend(
    times,
    pairs.map((pair) => pair.used),
  );
  if (Math.max(...x) - Math.min(...x) < realVariation) return undefined;
  if (spearman(x, y) < followsFrom) return undefined;
  const cost = slopeOf(x, y, 1);
  return cost >= perConnection.least && cost <= perConnection.most ? Math.round(cost) : undefined;
}
