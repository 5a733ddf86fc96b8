import type { Measure, Sample } from '../evidence.js';
import { byteRate, bytes, duration, percent as percentText } from '../format.js';
import { growthOf } from '../growth.js';
import type { AnyLook } from '../look.js';
import type { Check } from '../runbook.js';
import { percentOf } from '../samples.js';

/** A rise over the soak below this share of the limit is noise: a warm heap, a log buffer. */
const noiseShare = 0.01;
/** The threshold may be back only after so many times the soak, within these bounds. Seconds. */
const horizon = { timesTheSoak: 12, least: 120, most: 6 * 3600 };

/** The later half of a soak: the first one may still show what the change did. */
export function lastPart(samples: readonly Sample[]): readonly Sample[] {
  return samples.slice(Math.floor(samples.length / 2));
}

/** Whether use stayed below the warning threshold at its worst in the last part. What was not read has not passed. */
export function belowThreshold(name: string, look: AnyLook, samples: readonly Sample[]): Check {
  const { warningPercent } = look.policy.thresholds;
  const part = lastPart(samples);
  const read = part.map(percentOf).filter((value) => value !== undefined);
  if (look.measure === undefined)
    return failed(name, `memory could not be read: ${look.blind ?? 'no reason was given'}`);
  if (samples.length === 0) return failed(name, 'there is not one sample of the soak');
  if (read.length * 2 < part.length)
    return failed(name, `only ${read.length} of the last ${part.length} samples could be read`);
  const worst = Math.max(look.measure.percent, ...read);
  return {
    name,
    passed: worst < warningPercent,
    note: `${percentText(worst)} at worst, warning from ${warningPercent} %`,
  };
}

/** Whether it grows back: at the measured rate the threshold must be far away. `startedAt`: only this life counts. */
export function notGrowingBack(look: AnyLook, samples: readonly Sample[], startedAt?: string): Check {
  const name = 'not growing back';
  const { measure } = look;
  if (measure === undefined) return failed(name, 'memory could not be read');
  // Of the last part, where the start of a program is over; of the whole soak where that has too few readings.
  const end = { at: look.at, used: measure.used, limit: measure.limit };
  const growth = growthOf([...lastPart(samples), end], startedAt) ?? growthOf([...samples, end], startedAt);
  if (growth === undefined) return failed(name, 'there are too few readings to tell');
  const over = duration(growth.overSeconds);
  const rise = growth.bytesPerSecond * growth.overSeconds;
  if (growth.secondsToLimit === undefined || rise < noiseShare * measure.limit)
    return { name, passed: true, note: `no growth beyond noise in ${over} (${bytes(Math.round(rise))})` };
  const back = secondsToThreshold(look, measure, growth.bytesPerSecond);
  const soak = (Date.parse(look.at) - Date.parse(samples[0]?.at ?? look.at)) / 1000;
  const wanted = Math.min(horizon.most, Math.max(horizon.least, horizon.timesTheSoak * soak));
  return {
    name,
    passed: back > wanted,
    note: `${byteRate(growth.bytesPerSecond)} over ${over}: the threshold is back in ${duration(back)}, wanted more than ${duration(wanted)}`,
  };
}

function secondsToThreshold({ policy }: AnyLook, { used, limit }: Measure, bytesPerSecond: number): number {
  return Math.max(0, (limit * policy.thresholds.warningPercent) / 100 - used) / bytesPerSecond;
}

/** A check that has not passed, and why. */
export function failed(name: string, note: string): Check {
  return { name, passed: false, note };
}
