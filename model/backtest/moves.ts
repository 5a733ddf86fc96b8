import type { Disruption } from '../change.js';
import type { Outcome } from '../facts.js';
import type { Verdict } from '../guardrails/verdict.js';

/** Where and when in an incident. */
interface Moment {
  /** ISO, by the clock of the incident (or of the backtest). */
  readonly at: string;
  /** Since the incident was opened. */
  readonly afterSeconds: number;
}

/** A question to people, and what came of it. */
export interface Question {
  readonly why: readonly string[];
  readonly approvals: number;
  readonly afterSeconds: number;
  /** Absent: nothing came of it, as far as the facts go. */
  readonly answer?: 'approved' | 'rejected' | 'expired' | 'void';
  /** Whose answers counted. */
  readonly by: readonly string[];
  readonly answerWhy?: string;
  readonly answeredAfterSeconds?: number;
}

/**
 * What became of a change. `sent`: it went ahead, and nothing is known of what came of it. `maybeApplied`: it failed
 * in a way that may have had its effect. `unfinished`: the facts end before anything came of it.
 */
export type ChangeEnd =
  | 'applied'
  | 'alreadyDone'
  | 'superseded'
  | 'nothing'
  | 'sent'
  | 'maybeApplied'
  | 'notApplied'
  | 'refused'
  | 'rejected'
  | 'expired'
  | 'void'
  | 'unfinished';

/** One change that a rung wanted. */
export interface ChangeMove extends Moment {
  readonly type: 'change';
  readonly runbook: string;
  readonly remedy: string;
  readonly title: string;
  readonly changeId: string;
  readonly kind: string;
  readonly object: string;
  readonly hash: string;
  readonly sentence: string;
  readonly disruption: Disruption;
  /** What the guardrails said to the plan, all together. The governor is asked later. */
  readonly ruling: Verdict['says'];
  /** `approvedBefore`: an approval of the same change still held. Absent: it never got so far. */
  readonly permission?: 'automatic' | 'asked' | 'approvedBefore';
  /** Why the guardrail that decides how far Nightshift may go by itself said what it said, at the plan. */
  readonly autonomyWhy?: string;
  readonly question?: Question;
  readonly refusal?: { readonly guardrail: string; readonly why: string };
  readonly end: ChangeEnd;
  /** The effect's note, or why there was none. */
  readonly note: string;
  readonly carriedOutAfterSeconds?: number;
  readonly freedBytes?: number;
  readonly helped?: boolean;
  readonly undone: boolean;
}

/** A rung that was left out. */
export interface LeftOutMove extends Moment {
  readonly type: 'leftOut';
  readonly runbook: string;
  readonly remedy: string;
  readonly title: string;
  readonly why: string;
}

/** No rung was left at that level: it was watched. */
export interface WatchMove extends Moment {
  readonly type: 'watch';
  /** Absent: the facts end before the watch did. */
  readonly seconds?: number;
}

/** A soak and its checks. */
export interface SoakMove extends Moment {
  readonly type: 'soak';
  /** As long as it should last. */
  readonly plannedSeconds: number;
  /** Absent: the facts end before, or something else ended it. */
  readonly passed?: boolean;
  /** Names and notes of the checks that did not hold. */
  readonly failed: readonly string[];
}

/** People were told. */
export interface EscalationMove extends Moment {
  readonly type: 'escalation';
  readonly why: string;
}

export interface EndMove extends Moment {
  readonly type: 'end';
  readonly outcome: Outcome;
  readonly why: string;
}

/** One thing that an incident did, in the order in which it did them. */
export type Move = ChangeMove | LeftOutMove | WatchMove | SoakMove | EscalationMove | EndMove;

/** True where people or requests felt it, or may have: what the figures call a restart. */
export function disrupted(move: Move | undefined): move is ChangeMove {
  return move?.type === 'change' && move.disruption !== 'none' && wasSent(move);
}

/** True where the change was made, or went off and may have been. */
export function wasSent({ end }: ChangeMove): boolean {
  return end === 'applied' || end === 'sent' || end === 'maybeApplied';
}
