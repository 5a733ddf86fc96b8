import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { Change } from '../../model/change.js';
import { waitActivities } from './activities.js';
import { type Incident, IncidentOver } from './incident.js';
import { lookAt } from './looking.js';

export type Consent =
  | { readonly end: 'approved' }
  | { readonly end: 'rejected' | 'skipped'; readonly why: string; readonly by: string }
  | { readonly end: 'void'; readonly why: string };

const sampleSeconds = 10;

/**
 * Asks people, and keeps an eye on the target meanwhile: what recovers by itself, or is replaced, needs no
 * answer any more. A restart by itself is shown, and voids the question only if the target recovered.
 */
export async function decide(
  incident: Incident,
  change: Change,
  hash: string,
  why: readonly string[],
): Promise<Consent> {
  let pointless: string | undefined;
  const eye = new CancellationScope();
  const watching = eye
    .run(async () => {
      pointless = await watchMeanwhile(incident, change);
    })
    .catch((error: unknown) => {
      if (!isCancellation(error))
        incident.append({ type: 'noted', text: `not watched while waiting: ${String(error)}` });
    });
  const voided = (): string | undefined =>
    pointless ??
    (incident.inbox.allResolved && !incident.soakFailed
      ? 'all alerts have resolved: verify first'
      : undefined);
  const request = await incident.desk.ask(change, hash, why, voided);
  eye.cancel();
  await watching;
  if (request.outcome === 'approved') incident.approvals.set(hash, request.expiresAt);
  return consent(incident, change, request.outcome ?? 'expired', request.why);
}

function consent(
  incident: Incident,
  change: Change,
  outcome: 'approved' | 'rejected' | 'expired' | 'void',
  why: string,
): Consent {
  if (outcome === 'approved') return { end: 'approved' };
  if (outcome === 'rejected') return { end: 'rejected', why, by: 'decision' };
  if (outcome === 'void') return { end: 'void', why };
  const { onExpiry } = incident.policy.decisions;
  if (onExpiry === 'apply' && change.disruption === 'none') return { end: 'approved' };
  if (onExpiry === 'skip') return { end: 'skipped', why, by: 'decision' };
  throw new IncidentOver('escalated', `${change.sentence}: ${why}`);
}

/** Returns the reason why the question has lost its point, once it has. */
async function watchMeanwhile(incident: Incident, change: Change): Promise<string | undefined> {
  const { target } = incident.input;
  const seconds = incident.policy.decisions.timeLimitSeconds;
  for (;;) {
    const { identity, policy } = incident.look as NonNullable<Incident['look']>;
    const { stoppedBy, samples } = await waitActivities(target.scope, seconds).sample({
      target,
      runbook: incident.runbook.name,
      seconds,
      everySeconds: Math.min(sampleSeconds, Math.max(1, seconds / 10)),
      stopWhen: {
        belowPercent: { percent: policy.thresholds.warningPercent, inARow: 3 },
        otherThan: {
          id: identity.uid,
          ...(identity.startedAt !== undefined && { startedAt: identity.startedAt }),
        },
      },
    });
    incident.samples.push(...samples);
    incident.append({ type: 'samples', samples, why: 'while a decision is open' });
    if (stoppedBy === 'time') return undefined;
    const look = await lookAt(
      incident,
      stoppedBy === 'otherThan' ? 'it was started anew meanwhile' : 'it fell meanwhile',
    );
    if (incident.level === 'normal' && look.healthy) return 'it has recovered meanwhile';
    if (change.object.uid === identity.uid && look.identity.uid !== identity.uid)
      return `${change.object.name} has been replaced by another one meanwhile`;
    if (stoppedBy === 'otherThan')
      incident.append({
        type: 'noted',
        text: `${change.object.name} was started anew by something else; the question stays open`,
      });
  }
}
