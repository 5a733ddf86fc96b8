import { isCancellation } from '@temporalio/workflow';
import {
  type Change,
  type ChangeDraft,
  type ChangeKind,
  changeHash,
  completeChange,
} from '../../model/change.js';
import { judge, ruling } from '../../model/guardrails/index.js';
import type { Verdict } from '../../model/guardrails/verdict.js';
import type { JsonObject } from '../../model/json.js';
import type { AnyLook } from '../../model/look.js';
import { changeActivities, scheduleToStartSeconds } from './activities.js';
import { decide } from './asking.js';
import type { Compensation, Incident } from './incident.js';
import { IncidentOver } from './incident.js';
import { lease } from './leasing.js';
import { since } from './looking.js';
import type { Ask, Passage } from './passage.js';
import { gate } from './pausing.js';
import { noteRefusal, record, recordFailure } from './sent.js';
import { undoneWhereWrong } from './undoing.js';

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
