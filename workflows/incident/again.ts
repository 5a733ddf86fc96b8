import { patched } from '@temporalio/workflow';
import { waitActivities } from './activities.js';
import { type Incident, unless } from './incident.js';
import { lookAt } from './looking.js';
import { gate } from './pausing.js';

/** Between two readings while it is waited for more to be known, seconds. */
const everySeconds = 5;

/**
 * Where no rung is left to climb, and the diagnosis says that more will be known, or fit, in a while: waits so long, reading
 * the target meanwhile, and looks again. True: climb again. False: there is nothing to wait for, or no time left.
 * The deadline bounds it: people are told by then whatever is still to be found out.
 */
export async function lookedAgain(incident: Incident): Promise<boolean> {
  const { again } = incident.diagnosis ?? {};
  if (again === undefined || incident.deadlinePassed) return false;
  // Incidents that were opened before this was built end here, as they did then.
  if (!patched('look-again')) return false;
  const left = (Date.parse(incident.deadline ?? incident.iso()) - incident.now()) / 1000;
  const seconds = Math.min(again.seconds, Math.max(1, left));
  incident.append({ type: 'watching', until: incident.iso(seconds), why: again.why });
  await waitFor(incident, seconds);
  await gate(incident);
  if (incident.deadlinePassed) return false;
  incident.lookingAgain = true;
  await lookAt(incident, again.why);
  return true;
}

async function waitFor(incident: Incident, seconds: number): Promise<void> {
  const { target } = incident.input;
  const { thresholds } = incident.policy;
  const result = await unless(
    () => incident.deadlinePassed || incident.pausedUntil !== undefined,
    () =>
      waitActivities(target.scope, seconds).sample({
        target,
        runbook: incident.runbook.name,
        seconds,
        everySeconds: Math.min(everySeconds, seconds / 4),
        stopWhen: {
          belowPercent: { percent: thresholds.warningPercent, inARow: 3 },
          ...(incident.level === 'warning' && { atOrAbovePercent: thresholds.criticalPercent }),
          ...(incident.look?.kills !== undefined && { killsAbove: incident.look.kills }),
        },
      }),
  );
  if (!result) return;
  incident.samples.push(...result.samples);
  incident.append({ type: 'samples', samples: result.samples, why: 'to see more' });
}
