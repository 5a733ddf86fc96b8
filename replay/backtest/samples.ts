import type { SampleRequest, SampleResult, StopWhen } from '../../model/activities.js';
import type { Sample } from '../../model/evidence.js';
import { stop, thin } from '../../model/sampling.js';
import { nearAt } from './nearness.js';
import type { Reading } from './states.js';
import { type Micros, moved, second } from './times.js';

/** A wait put together from recorded readings, or the time up to which they reach. */
export type Synthesised =
  | { readonly result: SampleResult; readonly at: Micros; readonly stretched: Micros }
  | { readonly knownUntil: Micros };

/**
 * What a wait would have seen that begins at this time (of the recording), from the readings of the same state: judged
 * after each by the same rule as the activity's own, and cut at the time that was asked for. Between two readings that
 * are near each other nothing is missed; where they end before the rule decides, nothing is made up.
 * `by`: how much later the backtest is than the recording; the samples carry its time.
 */
export function synthesise(
  readings: readonly Reading[],
  from: Micros,
  age: Micros,
  request: SampleRequest,
  by: Micros,
): Synthesised {
  const every = request.everySeconds * second;
  const until = from + request.seconds * second;
  const bridge = Math.max(2 * every, nearAt(age));
  let samples: Sample[] = [];
  let last = Number.NEGATIVE_INFINITY;
  let [seen, stretched] = [from, 0];
  for (const { at, sample } of readings) {
    if (at < from - every / 2) continue;
    if (at > until + every / 2 || at - seen > bridge) break;
    seen = Math.max(at, from);
    if (at - last < every / 2) continue;
    stretched = Math.max(stretched, samples.length === 0 ? Math.abs(at - from) : (at - last - every) / 2);
    samples = thin([...samples, { ...sample, at: moved(sample.at, by) }]);
    last = at;
    const stoppedBy = stop(samples, request.stopWhen);
    if (stoppedBy) return { result: { samples, stoppedBy }, at: seen, stretched };
    if (at < until - every / 2) continue;
    const result = { samples, stoppedBy: 'time' } as const;
    return { result, at: Math.max(until, at), stretched: Math.max(stretched, until - at) };
  }
  // A wait says nothing between two of its samples.
  return { knownUntil: Math.max(seen, last + every) };
}

/**
 * True where a wait by the second rule can't end before one by the first rule does: then a wait that was broken off
 * with nothing seen says the same for both.
 */
export function nowhereEasier(recorded: StopWhen, asked: StopWhen): boolean {
  const below = [recorded.belowPercent, asked.belowPercent];
  const belowHolds =
    !below[1] || (!!below[0] && below[1].percent <= below[0].percent && below[1].inARow >= below[0].inARow);
  const same = (key: 'unhealthyInARow' | 'killsAbove'): boolean =>
    asked[key] === undefined || (recorded[key] !== undefined && recorded[key] <= (asked[key] ?? 0));
  const above =
    asked.atOrAbovePercent === undefined ||
    (recorded.atOrAbovePercent !== undefined && recorded.atOrAbovePercent <= asked.atOrAbovePercent);
  const other = !asked.otherThan || JSON.stringify(asked.otherThan) === JSON.stringify(recorded.otherThan);
  return belowHolds && above && other && same('unhealthyInARow') && same('killsAbove');
}
