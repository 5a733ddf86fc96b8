import type { Change } from './change.js';
import type { Decision } from './decision.js';
import type { DecisionPolicy } from './policy.js';

export interface OpenQuestion {
  readonly change: Change;
  readonly hash: string;
  /** Who may answer; empty: anybody who can be identified. */
  readonly group: readonly string[];
  readonly approvals: number;
  readonly approvedBy: readonly string[];
  readonly expired: boolean;
  /** `person:<who>` where a person opened the incident. */
  readonly openedBy: string;
  readonly policy: DecisionPolicy;
}

type Rule = (decision: Decision, question: OpenQuestion) => string | null;

const notStale: Rule = ({ hash }, question) =>
  hash === question.hash
    ? null
    : `that is not the change that is asked for now; it is ${question.hash}: ${question.change.sentence}`;

const inTime: Rule = (_, { expired }) => (expired ? 'the time to decide has passed' : null);

const inGroup: Rule = ({ by }, { group }) =>
  group.length === 0 || group.includes(by)
    ? null
    : `${by} is not among those who may decide: ${group.join(', ')}`;

const rejectsWithReason: Rule = ({ answer, comment }) =>
  answer === 'reject' && !comment?.trim() ? 'a reject needs a reason' : null;

const notTwice: Rule = ({ answer, by }, { approvedBy }) =>
  answer === 'approve' && approvedBy.includes(by)
    ? `${by} has approved already; somebody else must too`
    : null;

const notTheRequester: Rule = ({ answer, by }, { openedBy, policy }) =>
  answer === 'approve' && policy.notTheRequester && openedBy === `person:${by}`
    ? `${by} opened this incident, and whoever asks may not approve`
    : null;

/** An identity that nobody checked never counts where it matters who somebody is, nor for what does real harm. */
const verifiedWhereItMatters: Rule = ({ answer, verified }, { change, openedBy, policy, approvals }) => {
  if (answer === 'reject' || verified !== 'none' || policy.trustTemporalAccess) return null;
  if (change.disruption === 'outage' || change.disruption === 'dataLoss')
    return `an unverified identity can't approve ${change.disruption}: decide through the API with a token`;
  if (approvals > 1) return 'an unverified identity does not count among several approvals';
  if (policy.notTheRequester && openedBy.startsWith('person:'))
    return "an unverified identity can't be told from the requester's";
  return null;
};

const rules: readonly Rule[] = [
  notStale,
  inTime,
  inGroup,
  rejectsWithReason,
  notTwice,
  notTheRequester,
  verifiedWhereItMatters,
];

/** The first reason why this answer can't count, or null. */
export function refuseAnswer(decision: Decision, question: OpenQuestion): string | null {
  for (const rule of rules) {
    const refusal = rule(decision, question);
    if (refusal) return refusal;
  }
  return null;
}
