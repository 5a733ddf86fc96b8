import { CancellationScope, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import type { Outcome } from '../../model/facts.js';
import { fold } from '../../model/fold.js';
import { dateTime } from '../../model/format.js';
import { unhelped } from '../../model/governor.js';
import type { Recommendation } from '../../model/runbook.js';
import {
  type HoldOffMemo,
  type IncidentResult,
  memoKeys,
  searchAttributes,
  workflowIds,
} from '../contract.js';
import { observeActivities } from './activities.js';
import { escalate } from './deadline.js';
import type { Incident } from './incident.js';
import { handOnLimited } from './limited.js';
import { kindOfUndo, undo } from './undoing.js';

/** Outcomes after which a temporary change is undone; otherwise it stays for the person who takes over. */
const undoneAfter: readonly Outcome[] = ['recovered', 'self-recovered', 'cancelled', 'declined', 'observed'];

/**
 * Ends the incident: what must not stay is undone, leases go back, people are told. Everything that waits is in
 * here, so that the caller can look at the inbox afterwards with no `await` in between.
 */
export async function wrapUp(incident: Incident, outcome: Outcome, why: string): Promise<void> {
  incident.closing = true;
  await CancellationScope.nonCancellable(async () => {
    if (outcome === 'escalated' && !incident.escalated) escalate(incident, why);
    if (undoneAfter.includes(outcome)) await undoAll(incident);
    await handOnLimited(incident);
    await tellGovernor(incident, outcome);
    if (incident.messenger.used)
      incident.messenger.send('closed', `${incident.input.target.key}: ${outcome}`, why);
    await incident.messenger.handedOver();
  });
}

async function undoAll(incident: Incident): Promise<void> {
  for (const compensation of [...incident.compensations].reverse()) {
    const { change, state } = compensation;
    if (change.temporary && (state === 'applied' || state === 'unknown')) await undo(incident, compensation);
  }
}

async function tellGovernor(incident: Incident, outcome: Outcome): Promise<void> {
  const releases = [...incident.releases.values()];
  if (releases.length === 0 && !unhelped.includes(outcome) && !incident.holdOff) return;
  const { target } = incident.input;
  const { holdOff } = await observeActivities(target.scope).tellGovernor({
    scope: target.scope,
    incident: workflowIds.incident(target.key),
    target: target.key,
    releases,
    outcome,
    fingerprints: incident.inbox.fingerprints,
    severity: incident.severity,
    holdOff: incident.look?.policy.holdOff ?? { firstSeconds: 3600, maxSeconds: 28_800 },
  });
  incident.releases.clear();
  incident.holdOff = holdOff;
}

/** The last facts and the result. Synchronous: nothing can arrive in between. */
export function close(incident: Incident, outcome: Outcome, why: string): IncidentResult {
  incident.append({
    type: 'closed',
    outcome,
    why,
    recommendations: recommendations(incident),
    stays: stays(incident),
  });
  upsertSearchAttributes([
    { key: searchAttributes.outcome, value: outcome },
    { key: searchAttributes.severity, value: incident.severity },
  ]);
  if (incident.holdOff) {
    const { until, seconds, fingerprints, severity } = incident.holdOff;
    const memo: HoldOffMemo = { until, seconds, fingerprints, severity, outcome };
    upsertMemo({ [memoKeys.holdOff]: memo });
  }
  return { outcome, shortId: incident.id, facts: incident.facts, report: fold(incident.facts) };
}

function recommendations(incident: Incident): readonly Recommendation[] {
  const { firstLook, look, samples, applied } = incident;
  // What was worked on: once it has recovered, the last look tells no cause any more.
  const diagnosis = fold(incident.facts).workedOn ?? incident.diagnosis;
  if (!firstLook || !look || !diagnosis) return [];
  try {
    return incident.runbook.recommend({ first: firstLook, latest: look, samples, diagnosis, applied });
  } catch (error) {
    return [{ title: 'Recommendations could not be made', why: String(error) }];
  }
}

/** Changes that remain in force, each with the command that takes it back. */
function stays(incident: Incident): readonly string[] {
  return incident.compensations
    .filter(({ state }) => state === 'applied' || state === 'unknown')
    .flatMap((compensation) => {
      const { change, kind, undo: draft, state, endsAt } = compensation;
      if (!('kind' in draft)) return kind.endsByItself ? [`${change.sentence}. ${draft.none}`] : [];
      const { command } = kindOfUndo(compensation).describe(draft);
      const certainty = state === 'unknown' ? ' (it is not known whether it was applied)' : '';
      const end = endsAt === undefined ? '' : ` It is taken back at ${dateTime(endsAt)}, unless it is kept.`;
      return [`${change.sentence}${certainty}.${end} To take it back: ${command}`];
    });
}
