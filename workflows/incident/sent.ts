/** What became of a change that was sent, or was to be: facts, and what the ladder has to know of it. */
import { ActivityFailure, patched, TimeoutFailure } from '@temporalio/workflow';
import type { CarryOutResult } from '../../model/activities.js';
import { type Change, changeHash } from '../../model/change.js';
import { ruling } from '../../model/guardrails/index.js';
import type { Verdict } from '../../model/guardrails/verdict.js';
import { scheduleToStartSeconds } from './activities.js';
import type { Compensation, Incident } from './incident.js';
import { finalFailure, take } from './looking.js';
import type { Ask, Passage } from './passage.js';

/** Takes the activity's answer: what was seen before it, and what it did or why it was not sent. */
export function record(
  incident: Incident,
  compensation: Compensation,
  result: CarryOutResult,
): Passage | Ask {
  const { change } = compensation;
  const { look, effect, verdicts, attempts } = result;
  const planned = incident.look?.measure;
  take(incident, look, `carrying out: ${change.sentence}`);
  if (!effect) {
    incident.expecting = [];
    compensation.state = 'not applied';
    if (!look.measure)
      return { end: 'void', why: look.blind ?? 'the target could not be read', unseen: true };
    const why = result.refused ?? 'refused';
    const ask = verdicts.length > 0 && ruling(verdicts) === 'ask' && patched('ask-what-came-up');
    if (!ask) noteRefusal(incident, change, verdicts);
    incident.append({ type: 'refused', changeId: change.id, verdicts, why });
    return ask ? { end: 'ask', why } : { end: 'refused', why, by: refusedBy(verdicts) };
  }
  incident.append({
    type: 'applied',
    changeId: change.id,
    effect,
    verdicts,
    attempts,
    ...(look.measure && { measure: look.measure }),
  });
  if (effect.status === 'superseded') {
    incident.expecting = [];
    compensation.state = 'not applied';
    return { end: 'void', why: effect.note };
  }
  incident.tried.add(changeHash(change));
  compensation.state = effect.status === 'applied' ? 'applied' : 'not applied';
  if (change.disruption !== 'none') markUsed(incident, change.id);
  if (effect.status === 'applied') {
    incident.applied.push(change.remedy);
    compensation.undo = compensation.kind.undo(change, effect);
  } else incident.expecting = [];
  return { end: 'applied', change, result, before: attempts > 1 ? planned : look.measure };
}

function refusedBy(verdicts: readonly Verdict[]): string {
  return verdicts.find(({ says }) => says !== 'allow')?.guardrail ?? 'precondition';
}

function markUsed(incident: Incident, changeId: string): void {
  if (incident.releases.has(changeId)) incident.releases.set(changeId, { changeId, used: true });
}

/** A failed attempt that may have had its effect is called unknown, and counts as used. */
export function recordFailure(incident: Incident, compensation: Compensation, error: unknown): Passage {
  const { change } = compensation;
  const failure = finalFailure(error);
  incident.expecting = [];
  if (!failure) {
    const { why, unknown } = explain(error);
    compensation.state = unknown ? 'unknown' : 'not applied';
    if (unknown) markUsed(incident, change.id);
    incident.tried.add(changeHash(change));
    incident.append({ type: 'notApplied', changeId: change.id, error: 'Unreachable', why, unknown });
    return { end: 'failed', why, by: 'Unreachable' };
  }
  compensation.state = 'not applied';
  const type = failure.type ?? 'unknown';
  incident.append({
    type: 'notApplied',
    changeId: change.id,
    error: type,
    why: failure.message,
    unknown: false,
  });
  if (type === 'PreconditionChanged' || type === 'TargetGone' || type === 'NotSent')
    return { end: 'void', why: failure.message };
  incident.tried.add(changeHash(change));
  return { end: 'failed', why: failure.message, by: type };
}

/** What a failed activity tells: whether the change may have been sent by an attempt that never answered. */
function explain(error: unknown): { readonly why: string; readonly unknown: boolean } {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  if (cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START') {
    const began = cause.lastHeartbeatDetails != null;
    return { why: `no worker took it within ${scheduleToStartSeconds} s`, unknown: began };
  }
  return { why: cause?.message ?? String(error), unknown: true };
}

/** It is not tried again at this level. */
export function noteRefusal(incident: Incident, change: Change, verdicts: readonly Verdict[]): void {
  incident.refusedAt.set(changeHash(change), incident.level);
  incident.refusals.push(verdicts);
}
