import { rightSize } from '../memory/right-size.js';
import { behind } from './behind.js';
import { groupBy, spread } from './statistics.js';
import { thresholds } from './thresholds.js';
import type { LeakInsight, LimitInsight, PeakMemory, Told } from './types.js';

interface Measured extends Told {
  readonly memory: PeakMemory;
}

function byTarget(incidents: readonly Told[]): readonly (readonly Measured[])[] {
  const measured = incidents.flatMap((one) => (one.told.memory ? [{ ...one, memory: one.told.memory }] : []));
  return [...groupBy(measured, ({ targetKey }) => targetKey).values()];
}

/**
 * Limits of containers that their peaks say are wrong, by the rule of the report. Only incidents at the limit that
 * is set now count, and none that a leak led: a leak fills any limit.
 */
export function limitInsights(incidents: readonly Told[]): readonly LimitInsight[] {
  return byTarget(incidents).flatMap((group) => limitOf(group) ?? []);
}

function limitOf(incidents: readonly Measured[]): LimitInsight | undefined {
  const limitBytes = newest(incidents)?.memory.limitBytes;
  const honest = incidents.filter(({ memory }) => memory.limitBytes === limitBytes && !memory.leaking);
  const peaks = spread(honest.map(({ memory }) => memory.peakBytes));
  if (limitBytes === undefined || !peaks || peaks.n < thresholds.limitIncidents) return undefined;
  const killed = honest.filter(({ memory }) => memory.killed).length;
  const rightBytes = rightSize({ peakBytes: peaks.max, limitBytes, killed: killed > 0, leaking: false });
  if (rightBytes === undefined || Math.abs(rightBytes - limitBytes) < thresholds.limitOff * limitBytes)
    return undefined;
  const target = honest[0]?.targetKey ?? '';
  return { target, limitBytes, rightBytes, peaks, killed, behind: behind(honest) };
}

function newest(incidents: readonly Measured[]): Measured | undefined {
  return incidents.reduce<Measured | undefined>(
    (latest, one) => (latest && Date.parse(latest.openedAt) >= Date.parse(one.openedAt) ? latest : one),
    undefined,
  );
}

/** Containers that leak again and again. */
export function leakInsights(incidents: readonly Told[]): readonly LeakInsight[] {
  return byTarget(incidents).flatMap((group) => {
    const led = group.filter(({ memory }) => memory.leaking);
    if (led.length < thresholds.leakIncidents) return [];
    return [{ target: led[0]?.targetKey ?? '', of: group.length, behind: behind(led) }];
  });
}
