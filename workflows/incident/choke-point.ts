import { ActivityFailure, isCancellation, patched, TimeoutFailure } from '@temporalio/workflow';
import type { CarryOutResult } from '../../model/activities.js';
import {
  type Change,
  type ChangeDraft,
  type ChangeKind,
  changeHash,
  completeChange,
} from '../../model/change.js';
import type { Measure } from '../../model/evidence.js';
import { judge, ruling } from '../../model/guardrails/index.js';
import type { Verdict } from '../../model/guardrails/verdict.js';
import type { JsonObject } from '../../model/json.js';
import type { AnyLook } from '../../model/look.js';
import { changeActivities, scheduleToStartSeconds } from './activities.js';
import { decide } from './asking.js';
import type { Compensation, Incident } from './incident.js';
import { IncidentOver } from './incident.js';
import { lease } from './leasing.js';
import { finalFailure, since, take } from './looking.js';
import { gate } from './pausing.js';
import { undoneWhereWrong } from './undoing.js';

/** What came up directly before it was to be sent, and is for a person to weigh: asked, and not passed over. */
interface Ask {
  readonly end: 'ask';
  readonly why: string;
}

/** What became of one change that a remedy asked for. */
export type Passage =
  | {
      readonly end: 'applied';
      readonly change: Change;
      readonly result: CarryOutResult;
      /** In use before it: on a later attempt the fresh look may already see what an earlier one did. */
      readonly before: Measure | undefined;
    }
  /** Not sent, or sent without effect; the ladder goes on. */
  | { readonly end: 'refused' | 'rejected' | 'skipped' | 'failed'; readonly why: string; readonly by: string }
  /** The question lost its point: look again. `unseen`: only because nothing could be read. */
  | { readonly end: 'void'; readonly why: string; readonly unseen?: true };

/**
 * The one way to a mutation: plan, guardrails, decision where one is needed, lease where it disrupts, the undo
 * registered, carried out, recorded. Nothing else in workflows/ may call a mutating activity.
 */
export async function pass(incident: Incident, remedy: string, draft: ChangeDraft): Promise<Passage> {
  const look = incident.look as AnyLook;
  const kind = kindOf(incident, draft.kind);
  const change = completeChange(kind, draft, look, { id: incident.nextChangeId(), remedy });
  const hash = changeHash(change);
  const verdicts = judge(change, look, circumstances(incident, false));
  incident.append({ type: 'planned', change, hash, verdicts });
  if (ruling(verdicts) === 'refuse') return refuse(incident, change, verdicts);

  const consent = await permission(incident, change, hash, verdicts);
  if (consent.end !== 'go') {
    if (consent.end !== 'void' && consent.end !== 'refused') incident.tried.add(hash);
    return consent;
  }
  const compensation = register(incident, kind, change);
  const passage = await carryOut(incident, compensation, consent.decided);
  if (passage.end === 'ask') return askedAnew(incident, remedy, draft, passage.why);
  // What was approved and could not be sent, because nothing was seen, is not asked about a second time.
  if (passage.end !== 'void' || !passage.unseen) incident.approvals.delete(hash);
  return passage.end === 'applied' ? held(incident, compensation, passage) : passage;
}

/** Planned anew on the look that was just taken, and asked for, whatever the next look would say of it. */
function askedAnew(incident: Incident, remedy: string, draft: ChangeDraft, why: string): Promise<Passage> {
  incident.askFirst.set(changeHash(draft), why);
  return pass(incident, remedy, draft);
}

/**
 * What was applied and went wrong is taken back at once. A change that touched what serves ends the incident at
 * people: whatever made its rollout fail would make the next one fail. After a gentle one the ladder goes on.
 */
async function held(
  incident: Incident,
  compensation: Compensation,
  passage: Passage & { end: 'applied' },
): Promise<Passage> {
  const { change } = passage;
  const { effect } = passage.result;
  const why = effect && (await undoneWhereWrong(incident, compensation, effect));
  if (why === undefined) return passage;
  if (change.disruption !== 'none') throw incident.over('escalated', `${change.sentence}: ${why}`);
  incident.applied.splice(incident.applied.lastIndexOf(change.remedy), 1);
  return { end: 'failed', why, by: 'effect' };
}

type Consent = { readonly end: 'go'; readonly decided: boolean } | Exclude<Passage, { end: 'applied' }>;

/** Asks people where a guardrail demands it, and the governor where the change disrupts. */
async function permission(
  incident: Incident,
  change: Change,
  hash: string,
  verdicts: readonly Verdict[],
): Promise<Consent> {
  let decided = (incident.approvals.get(hash) ?? 0) > incident.now();
  if (decided) incident.append({ type: 'noted', text: `${change.sentence}: its approval still holds` });
  else {
    const reasons = reasonsToAsk(incident, hash, verdicts);
    if (reasons.length > 0) {
      const answer = await decide(incident, change, hash, reasons);
      if (answer.end !== 'approved') return answer;
      decided = true;
    }
  }
  await gate(incident);
  if (change.disruption === 'none') return { end: 'go', decided };
  let reply = await lease(incident, change, decided);
  if (!reply.granted && reply.guardrail === 'recurrence' && !decided) {
    const answer = await decide(incident, change, hash, [reply.why]);
    if (answer.end !== 'approved') return answer;
    decided = true;
    reply = await lease(incident, change, decided);
  }
  // A pause that fell in between may have outlived the lease.
  if (reply.granted && incident.pausedUntil !== undefined) {
    await gate(incident);
    reply = await lease(incident, change, decided);
  }
  if (reply.granted) return { end: 'go', decided };
  return refuse(incident, change, [{ guardrail: reply.guardrail, says: 'refuse', why: reply.why }]);
}

/** Why a person is asked: what the guardrails say, or what came up when it was about to be sent. */
function reasonsToAsk(incident: Incident, hash: string, verdicts: readonly Verdict[]): readonly string[] {
  const asking = verdicts.filter(({ says }) => says === 'ask').map(({ why }) => why);
  const first = incident.askFirst.get(hash);
  return asking.length > 0 || first === undefined ? asking : [first];
}

function refuse(
  incident: Incident,
  change: Change,
  verdicts: readonly Verdict[],
): Passage & { end: 'refused' } {
  const refusal = verdicts.find(({ says }) => says === 'refuse') ?? {
    guardrail: 'none',
    why: 'no guardrail was asked',
  };
  noteRefusal(incident, change, verdicts);
  incident.append({ type: 'refused', changeId: change.id, verdicts, why: refusal.why });
  return { end: 'refused', why: refusal.why, by: refusal.guardrail };
}

function noteRefusal(incident: Incident, change: Change, verdicts: readonly Verdict[]): void {
  incident.refusedAt.set(changeHash(change), incident.level);
  incident.refusals.push(verdicts);
}

function circumstances(incident: Incident, decided: boolean) {
  return {
    now: incident.iso(),
    level: incident.level,
    decided,
    observeOnly: incident.observeOnly,
  };
}

/** The kind of that name; an unknown one is a defect of the runbook. */
export function kindOf(incident: Incident, name: string): ChangeKind<JsonObject, AnyLook> {
  const kind = incident.runbook.changeKinds.find((each) => each.kind === name);
  if (kind) return kind;
  throw new IncidentOver('escalated', `runbook ${incident.runbook.name} has no kind of change named ${name}`);
}

/** The undo is known before the change is sent, so that no death in between can lose it. */
function register(incident: Incident, kind: ChangeKind<JsonObject, AnyLook>, change: Change): Compensation {
  const undo = kind.undo(change, undefined);
  const compensation: Compensation = {
    change,
    kind,
    runbook: incident.runbook.name,
    undo,
    state: 'registered',
  };
  incident.compensations.push(compensation);
  if ('kind' in undo)
    incident.append({ type: 'undoRegistered', changeId: change.id, sentence: kind.describe(undo).sentence });
  incident.expecting = kind.expectedAlerts ?? [];
  return compensation;
}

async function carryOut(
  incident: Incident,
  compensation: Compensation,
  decided: boolean,
): Promise<Passage | Ask> {
  const { change } = compensation;
  const { target } = incident.input;
  incident.append({ type: 'goingAhead', changeId: change.id });
  try {
    const result = await changeActivities(target.scope, change).carryOut({
      target,
      runbook: incident.runbook.name,
      why: `before: ${change.sentence}`,
      since: since(incident),
      change,
      mode: 'do',
      decided,
      observeOnly: incident.observeOnly,
      severity: incident.severity,
      level: incident.level,
      notAfter: incident.iso(scheduleToStartSeconds),
    });
    return record(incident, compensation, result);
  } catch (error) {
    const passage = recordFailure(incident, compensation, error);
    if (isCancellation(error)) throw error;
    return passage;
  }
}

function record(incident: Incident, compensation: Compensation, result: CarryOutResult): Passage | Ask {
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
function recordFailure(incident: Incident, compensation: Compensation, error: unknown): Passage {
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
