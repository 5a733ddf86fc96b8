import type { SampleResult } from '../../model/activities.js';
import { waitActivities } from './activities.js';
import { type Incident, unless } from './incident.js';

export interface Reading {
  readonly seconds: number;
  /** Between two readings. */
  readonly everySeconds: number;
  /** For the fact that keeps what was read. */
  readonly why: string;
  /** Whether reaching the critical threshold ends it; a kill, and staying below the warning threshold, do always. */
  readonly untilCritical: boolean;
  /** What ends it besides. */
  over(): boolean;
}

/** Reads the target for a while, and keeps what was read; undefined where it was over before a reading said so. */
export async function readOn(incident: Incident, reading: Reading): Promise<SampleResult | undefined> {
  const { target } = incident.input;
  const { warningPercent, criticalPercent } = incident.policy.thresholds;
  const { seconds, everySeconds, why, untilCritical } = reading;
  const result = await unless(
    () => reading.over() || incident.pausedUntil !== undefined,
    () =>
      waitActivities(target.scope, seconds).sample({
        target,
        runbook: incident.runbook.name,
        seconds,
        everySeconds,
        stopWhen: {
          belowPercent: { percent: warningPercent, inARow: 3 },
          ...(untilCritical && { atOrAbovePercent: criticalPercent }),
          ...(incident.look?.kills !== undefined && { killsAbove: incident.look.kills }),
        },
      }),
  );
  if (!result) return undefined;
  incident.samples.push(...result.samples);
  incident.append({ type: 'samples', samples: result.samples, why });
  return result;
}
