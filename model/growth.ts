import type { Growth } from './diagnosis.js';
import type { Sample } from './evidence.js';

/** One reading on a time axis. */
export interface Reading {
  /** Seconds from any fixed point. */
  readonly at: number;
  /** Bytes. */
  readonly used: number;
}

/** A fall by this share of what was in use begins a new stretch: a cache was cleared, garbage was collected. */
const fallShare = 0.05;
/** With more falls than this the falls belong to the pattern (a sawtooth), and the whole is judged as one. */
const mostFalls = 2;
/** More readings than this are thinned: all pairs are compared, and their slope hardly changes by it. */
const mostReadings = 120;
/** Fewer readings say nothing about growth. */
const fewestReadings = 4;
/** One-sided 5 % level of the Mann–Kendall test: a rise that noise alone shows in one series of twenty. */
const significantZ = 1.645;

/**
 * How use grows, by Theil–Sen: the median of the slopes between all pairs of readings, which a third of wild
 * readings can't bend. Undefined where there are too few readings to tell. Only the present life of the target
 * counts: what was read before it was started anew is another story.
 *
 * `secondsToLimit` is given only where the growth is more than noise (Mann–Kendall) and there is a limit.
 */
export function growthOf(samples: readonly Sample[], startedAt?: string): Growth | undefined {
  const life = presentLife(samples, startedAt);
  const readings = thin(readingsOf(life));
  const first = readings[0];
  const last = readings.at(-1);
  if (first === undefined || last === undefined || readings.length < fewestReadings) return undefined;
  const overSeconds = last.at - first.at;
  if (overSeconds <= 0) return undefined;
  const { slope, z } = trend(stretches(readings));
  const limit = life.findLast((sample) => sample.limit !== undefined)?.limit;
  const growing = slope > 0 && z >= significantZ;
  return {
    bytesPerSecond: slope,
    overSeconds,
    samples: readings.length,
    ...(growing && limit !== undefined && { secondsToLimit: Math.max(0, limit - last.used) / slope }),
  };
}

/** Enough readings, over enough time, to say that something does not grow. */
export function isSteady(growth: Growth | undefined, overSeconds: number): boolean {
  return growth !== undefined && growth.secondsToLimit === undefined && growth.overSeconds >= overSeconds;
}

/** The samples since the target was last started, as far as the samples tell. */
export function presentLife(samples: readonly Sample[], startedAt?: string): readonly Sample[] {
  const now = startedAt ?? samples.findLast((sample) => sample.startedAt !== undefined)?.startedAt;
  if (now === undefined) return samples;
  const before = samples.findLastIndex(
    (sample) => sample.startedAt !== undefined && sample.startedAt !== now,
  );
  return samples.slice(before + 1);
}

/** What could be read, in order of time, one reading a moment. */
export function readingsOf(samples: readonly Sample[]): readonly Reading[] {
  const byTime = new Map<number, Reading>();
  for (const { at, used } of samples) {
    const seconds = Date.parse(at) / 1000;
    if (used !== undefined && Number.isFinite(seconds)) byTime.set(seconds, { at: seconds, used });
  }
  return [...byTime.values()].sort((a, b) => a.at - b.at);
}

/** The median of all slopes within the stretches, and the Mann–Kendall score of their rise. */
function trend(parts: readonly (readonly Reading[])[]): { slope: number; z: number } {
  const slopes: number[] = [];
  let score = 0;
  let variance = 0;
  for (const part of parts) {
    const n = part.length;
    variance += (n * (n - 1) * (2 * n + 5)) / 18;
    part.forEach((a, i) => {
      for (const b of part.slice(i + 1)) {
        slopes.push((b.used - a.used) / (b.at - a.at));
        score += Math.sign(b.used - a.used);
      }
    });
  }
  const z = variance === 0 ? 0 : (score - Math.sign(score)) / Math.sqrt(variance);
  return { slope: median(slopes), z };
}

function stretches(readings: readonly Reading[]): readonly (readonly Reading[])[] {
  const parts: Reading[][] = [[]];
  let previous: Reading | undefined;
  for (const reading of readings) {
    if (previous !== undefined && reading.used < previous.used * (1 - fallShare)) parts.push([]);
    parts.at(-1)?.push(reading);
    previous = reading;
  }
  return parts.length - 1 > mostFalls ? [readings] : parts;
}

function thin(readings: readonly Reading[]): readonly Reading[] {
  if (readings.length <= mostReadings) return readings;
  const step = (readings.length - 1) / (mostReadings - 1);
  return Array.from({ length: mostReadings }, (_, i) => readings[Math.round(i * step)]).filter(
    (reading) => reading !== undefined,
  );
}

/** The middle value; of an even number the mean of the two; 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? 0) + high) / 2;
}
