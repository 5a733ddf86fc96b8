import type { Change } from '../../model/change.js';
import type { Sample } from '../../model/evidence.js';
import type { AnyLook } from '../../model/look.js';
import type { Check } from '../../model/runbook.js';
import { waitActivities } from './activities.js';
import { type Incident, unless } from './incident.js';
import { lookAt } from './looking.js';
import { gate } from './pausing.js';

/**
 * The soak, then every check of the runbook on a last full look. True where all of them hold; otherwise the
 * ladder goes on, whatever the alerts say.
 */
export async function verify(incident: Incident): Promise<boolean> {
  await gate(incident);
  const { target } = incident.input;
  const { soak, thresholds } = incident.policy;
  const before = incident.look as AnyLook;
  incident.append({ type: 'verifying', seconds: soak.seconds });
  const soaked = await unless(
    () => incident.pausedUntil !== undefined,
    () =>
      waitActivities(target.scope, soak.seconds).sample({
        target,
        runbook: incident.runbook.name,
        seconds: soak.seconds,
        everySeconds: soak.everySeconds,
        stopWhen: {
          atOrAbovePercent: thresholds.criticalPercent,
          ...(before.kills !== undefined && incident.applied.length === 0 && { killsAbove: before.kills }),
        },
      }),
  );
  await gate(incident);
  if (!soaked) return verify(incident);
  const { samples } = soaked;
  incident.samples.push(...samples);
  const look = await lookAt(incident, 'at the end of the soak');
  const checks = checked(incident, look, before, samples);
  const passed = checks.length > 0 && checks.every((check) => check.passed);
  incident.append({ type: 'verified', passed, checks, samples });
  if (!passed) incident.soakFailed = true;
  return passed;
}

/** What this runbook's changes have set, and nothing has taken back. */
function inForce({ compensations, runbook }: Incident): readonly Change[] {
  return compensations
    .filter((one) => one.state === 'applied' && one.runbook === runbook.name)
    .map(({ change }) => change);
}

/** A check that fails to be made has not passed. */
function checked(
  incident: Incident,
  look: AnyLook,
  before: AnyLook,
  samples: readonly Sample[],
): readonly Check[] {
  try {
    return incident.runbook.verify(look, before, samples, inForce(incident));
  } catch (error) {
    return [{ name: 'verification', passed: false, note: `it could not be made: ${String(error)}` }];
  }
}
