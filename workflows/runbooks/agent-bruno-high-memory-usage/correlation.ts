import { median } from '../../../model/growth.js';

/** Rank correlation, ties given their mean rank; 0 where one of the two never changed. */
export function spearman(xs: readonly number[], ys: readonly number[]): number {
  const [a, b] = [ranks(xs), ranks(ys)];
  const [meanA, meanB] = [mean(a), mean(b)];
  let both = 0;
  let varianceA = 0;
  let varianceB = 0;
  a.forEach((rank, i) => {
    const [da, db] = [rank - meanA, (b[i] ?? meanB) - meanB];
    both += da * db;
    varianceA += da * da;
    varianceB += db * db;
  });
  return varianceA === 0 || varianceB === 0 ? 0 : both / Math.sqrt(varianceA * varianceB);
}

function ranks(values: readonly number[]): readonly number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** Theil–Sen: the median of the slopes between all pairs that lie at least so far apart; 0 of none. */
export function slopeOf(xs: readonly number[], ys: readonly number[], apart: number): number {
  const slopes: number[] = [];
  xs.forEach((x, i) => {
    for (let j = i + 1; j < xs.length; j += 1) {
      const distance = (xs[j] ?? x) - x;
      if (Math.abs(distance) >= apart) slopes.push(((ys[j] ?? 0) - (ys[i] ?? 0)) / distance);
    }
  });
  return median(slopes);
}

/** What is left of the values when their even growth is taken away, around 0. Times in any unit. */
export function withoutTrend(times: readonly number[], values: readonly number[]): readonly number[] {
  const slope = slopeOf(times, values, Number.MIN_VALUE);
  const rest = values.map((value, i) => value - slope * ((times[i] ?? 0) - (times[0] ?? 0)));
  const middle = median(rest);
  return rest.map((value) => value - middle);
}
