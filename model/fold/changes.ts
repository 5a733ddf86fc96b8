import type { FactOf } from '../facts.js';
import type { Verdict } from '../guardrails/verdict.js';
import { changeOf, type Draft, enter } from './draft.js';

/** What becomes of each change, from plan to rollback. */

export function planned(draft: Draft, fact: FactOf<'planned'>): void {
  const { change, hash, verdicts, at } = fact;
  const known = draft.changes.get(change.id);
  draft.changes.set(change.id, {
    change,
    hash,
    state: 'planned',
    why: '',
    verdicts,
    plannedAt: known?.plannedAt ?? at,
    answers: known?.answers ?? [],
    settled: false,
  });
  const rung = draft.rungs.find(({ remedy }) => remedy === change.remedy);
  if (rung && !rung.changeIds.includes(change.id)) rung.changeIds.push(change.id);
  if (rung) {
    rung.started = true;
    rung.skipped = undefined;
  }
  draft.current = change.remedy;
  enter(draft, 'climbing', at);
}

export function refused(draft: Draft, fact: FactOf<'refused'>): void {
  const change = changeOf(draft, fact);
  if (change) Object.assign(change, { state: 'refused', why: fact.why, verdicts: fact.verdicts });
  closeQuestion(draft, fact.changeId);
  enter(draft, 'climbing', fact.at);
}

export function decisionRequested(draft: Draft, fact: FactOf<'decisionRequested'>): void {
  const view = changeOf(draft, fact);
  if (!view) return;
  Object.assign(view, { state: 'awaiting decision', why: fact.why.join('; '), hash: fact.hash });
  draft.view.openDecision = {
    change: view.change,
    hash: fact.hash,
    why: fact.why,
    approvals: fact.approvals,
    approvedBy: [],
    group: fact.group,
    requestedAt: fact.at,
    expiresAt: fact.expiresAt,
  };
  enter(draft, 'deciding', fact.at, fact.expiresAt);
}

export function reminded(draft: Draft, fact: FactOf<'reminded'>): void {
  const open = draft.view.openDecision;
  if (open?.change.id !== fact.changeId) return;
  const group = open.group.length === 0 ? [] : [...new Set([...open.group, ...fact.secondGroup])];
  draft.view.openDecision = { ...open, group };
}

export function answered(draft: Draft, fact: FactOf<'answered'>): void {
  const change = changeOf(draft, fact);
  if (change) change.answers = [...change.answers, fact];
  const open = draft.view.openDecision;
  if (!open || open.hash !== fact.hash || !fact.accepted || fact.answer !== 'approve') return;
  draft.view.openDecision = { ...open, approvedBy: [...new Set([...open.approvedBy, fact.by])] };
}

const afterDecision = {
  approved: 'going ahead',
  rejected: 'rejected',
  expired: 'expired',
  void: 'void',
} as const;

export function decided(draft: Draft, fact: FactOf<'decided'>): void {
  const change = changeOf(draft, fact);
  if (change) Object.assign(change, { state: afterDecision[fact.answer], why: fact.why });
  closeQuestion(draft, fact.changeId);
  enter(draft, fact.answer === 'approved' ? 'applying' : 'climbing', fact.at);
}

export function leaseWaiting(draft: Draft, fact: FactOf<'leaseWaiting'>): void {
  const change = changeOf(draft, fact);
  if (change) Object.assign(change, { state: 'awaiting lease', why: fact.why });
  enter(draft, 'applying', fact.at, fact.askAgainAt);
}

/** Nothing stands in its way any more. */
export function goingAhead(draft: Draft, fact: FactOf<'leased' | 'goingAhead' | 'undoRegistered'>): void {
  const change = changeOf(draft, fact);
  if (change) Object.assign(change, { state: 'going ahead', why: '' });
  enter(draft, 'applying', fact.at);
}

export function undoRegistered(draft: Draft, fact: FactOf<'undoRegistered'>): void {
  const change = changeOf(draft, fact);
  if (change) change.undo = fact.sentence;
  goingAhead(draft, fact);
}

export function applied(draft: Draft, fact: FactOf<'applied'>): void {
  const change = changeOf(draft, fact);
  if (change) {
    Object.assign(change, {
      state: 'applied',
      why: fact.effect.note,
      effect: fact.effect,
      attempts: fact.attempts,
      appliedAt: fact.effect.at,
      // Once decided all of them allow it: what they had demanded before is what people want to know.
      verdicts: asked(change.verdicts) || fact.verdicts.length === 0 ? change.verdicts : fact.verdicts,
    });
  }
  closeQuestion(draft, fact.changeId);
  enter(draft, 'settling', fact.at);
}

function asked(verdicts: readonly Verdict[]): boolean {
  return verdicts.some(({ says }) => says === 'ask');
}

export function notApplied(draft: Draft, fact: FactOf<'notApplied'>): void {
  const change = changeOf(draft, fact);
  if (change) {
    const doubt = fact.unknown ? ' Whether it took effect is not known.' : '';
    Object.assign(change, { state: 'not applied', why: `${fact.why}${doubt}` });
  }
  closeQuestion(draft, fact.changeId);
  enter(draft, 'climbing', fact.at);
}

export function settled(draft: Draft, fact: FactOf<'settled'>): void {
  const change = changeOf(draft, fact);
  if (change) {
    const { freedBytes, creditedTo } = fact;
    const freed = {
      ...(freedBytes !== undefined && { freedBytes }),
      ...(creditedTo !== undefined && { creditedTo }),
    };
    Object.assign(change, { ...freed, helped: fact.helped, settled: true, settledNote: fact.note });
  }
  enter(draft, 'climbing', fact.at);
}

export function rolledBack(draft: Draft, fact: FactOf<'rolledBack'>): void {
  draft.view.rollbacks = [...draft.view.rollbacks, fact];
  const change = changeOf(draft, fact);
  if (change && fact.error === undefined) Object.assign(change, { state: 'rolled back', why: fact.sentence });
}

/** What was to go ahead when the incident ended, and was never sent: a look saw nothing, or the target was gone. */
export function unsent({ changes }: Draft): void {
  for (const change of changes.values())
    if (change.state === 'going ahead')
      Object.assign(change, { state: 'void', why: 'it was not sent: the incident ended first' });
}

/** No question is open about that change any more. */
export function closeQuestion(draft: Draft, changeId: string): void {
  if (draft.view.openDecision?.change.id === changeId) draft.view.openDecision = undefined;
}
