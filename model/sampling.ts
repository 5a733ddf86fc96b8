import type { SampleResult, StopWhen } from './activities.js';
import type { Sample } from './evidence.js';
import { percentOf } from './samples.js';

/** A longer wait is thinned, so that its result stays small. */
const mostSamples = 240;

/**
 * Why a wait ends with these samples before its time, or undefined where it goes on. Asked after each sample: by the
 * activity that waits, and by a backtest on recorded ones.
 */
export function stop(samples: readonly Sample[], when: StopWhen): SampleResult['stoppedBy'] | undefined {
  const last = samples.at(-1);
  if (!last) return undefined;
  const percent = percentOf(last);
  if (when.atOrAbovePercent !== undefined && percent !== undefined && percent >= when.atOrAbovePercent)
    return 'atOrAbovePercent';
  if (when.killsAbove !== undefined && last.kills !== undefined && last.kills > when.killsAbove)
    return 'kills';
  if (when.otherThan && isOther(last, when.otherThan)) return 'otherThan';
  if (when.belowPercent && below(samples, when.belowPercent)) return 'belowPercent';
  if (when.unhealthyInARow && lastAre(samples, when.unhealthyInARow, ({ healthy }) => healthy === false))
    return 'unhealthy';
  return undefined;
}

function isOther(sample: Sample, { id, startedAt }: NonNullable<StopWhen['otherThan']>): boolean {
  return (
    (id !== undefined && sample.id !== undefined && sample.id !== id) ||
    (startedAt !== undefined && sample.startedAt !== undefined && sample.startedAt !== startedAt)
  );
}

function below(
  samples: readonly Sample[],
  { percent, inARow }: { percent: number; inARow: number },
): boolean {
  return lastAre(samples, inARow, (sample) => (percentOf(sample) ?? Number.POSITIVE_INFINITY) < percent);
}

function lastAre(samples: readonly Sample[], count: number, holds: (sample: Sample) => boolean): boolean {
  return samples.length >= count && samples.slice(-count).every(holds);
}

/** Halves the older half's density when there are too many, keeping the first, the last and the highest. */
export function thin(samples: Sample[]): Sample[] {
  if (samples.length <= mostSamples) return samples;
  const highest = samples.reduce((a, b) => ((b.used ?? 0) > (a.used ?? 0) ? b : a));
  const recent = samples.length - mostSamples / 4;
  return samples.filter((sample, at) => at === 0 || at >= recent || sample === highest || at % 2 === 1);
}
