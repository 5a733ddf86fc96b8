import { patched } from '@temporalio/workflow';
import type { Incident } from './incident.js';
import { lookAt } from './looking.js';
import { gate } from './pausing.js';
import { readOn } from './reading.js';

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
  await readOn(incident, {
    seconds,
    everySeconds: Math.min(everySeconds, seconds / 4),
    why: 'to see more',
    untilCritical: incident.level === 'warning',
    over: () => incident.deadlinePassed,
  });
  await gate(incident);
  if (incident.deadlinePassed) return false;
  incident.lookingAgain = true;
  await lookAt(incident, again.why);
  return true;
}
