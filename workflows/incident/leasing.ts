import { sleep } from '@temporalio/workflow';
import type { Change } from '../../model/change.js';
import type { LeaseReply } from '../../model/governor.js';
import { workflowIds } from '../contract.js';
import { observeActivities } from './activities.js';
import { type Incident, unless } from './incident.js';

/** The lease outlives the change by this much: settling and one retry of a dead worker's attempt. */
const spareSeconds = 300;

/**
 * Asks the governor for permission to disrupt. A refusal that says when to ask again is waited out, until the
 * incident's deadline.
 */
export async function lease(incident: Incident, change: Change, decided: boolean): Promise<LeaseReply> {
  const { target } = incident.input;
  for (;;) {
    const reply = await observeActivities(target.scope).askGovernor({
      scope: target.scope,
      lease: {
        changeId: change.id,
        incident: workflowIds.incident(target.key),
        target: target.key,
        touches: change.touches,
        seconds: change.timeoutSeconds + spareSeconds,
        budget: incident.policy.budget,
        cooldownSeconds: incident.policy.cooldownSeconds,
        severity: incident.severity,
        decided,
        unused: unusedGrants(incident, change.id),
      },
    });
    if (reply.granted) {
      incident.releases.set(change.id, { changeId: change.id, used: false });
      incident.append({ type: 'leased', changeId: change.id, until: reply.until });
      return reply;
    }
    const { askAgainAt } = reply;
    if (askAgainAt === undefined || !beforeDeadline(incident, askAgainAt)) return reply;
    incident.append({ type: 'leaseWaiting', changeId: change.id, why: reply.why, askAgainAt });
    const wait = Math.max(1000, Date.parse(askAgainAt) - incident.now());
    await unless(
      () => incident.deadlinePassed,
      () => sleep(wait),
    );
    if (incident.deadlinePassed) return reply;
  }
}

function beforeDeadline(incident: Incident, time: string): boolean {
  return !incident.deadlinePassed && (incident.deadline === undefined || time < incident.deadline);
}

/** Changes that were leased and never sent: what was void before must not count against what is planned now. */
function unusedGrants({ releases }: Incident, changeId: string): readonly string[] {
  return [...releases.values()]
    .filter((release) => !release.used && release.changeId !== changeId)
    .map((release) => release.changeId);
}
