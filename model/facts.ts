import type { Alert, Severity } from './alert.js';
import type { Change, Effect } from './change.js';
import type { Verified } from './decision.js';
import type { Diagnosis } from './diagnosis.js';
import type { Evidence, Measure, Sample } from './evidence.js';
import type { Verdict } from './guardrails/verdict.js';
import type { Identity } from './look.js';
import type { Check, Recommendation } from './runbook.js';
import type { Target } from './target.js';

export const outcomes = [
  'recovered',
  'self-recovered',
  'observed',
  'escalated',
  'declined',
  'cancelled',
] as const;
export type Outcome = (typeof outcomes)[number];

export type Phase =
  | 'looking'
  | 'climbing'
  | 'deciding'
  | 'applying'
  | 'settling'
  | 'watching'
  | 'verifying'
  | 'closing'
  | 'closed';

/** A rung as it stands in the plan: what the ladder view draws, future ones included. */
export interface Rung {
  readonly remedy: string;
  readonly title: string;
  readonly usually: string;
}

/** Everything that can happen in an incident. A view of an incident is a fold over these, and nothing else. */
export type FactBody =
  | {
      readonly type: 'opened';
      readonly target: Target;
      readonly runbook: string;
      readonly runbookVersion: number;
      readonly product: string;
      readonly by: string;
      readonly shortId: string;
      readonly runId: string;
      readonly ladder: readonly Rung[];
      readonly observeOnly: boolean;
      /** Short id of the incident that this one runs again. */
      readonly rerunOf?: string;
    }
  | { readonly type: 'alert'; readonly alert: Alert; readonly joined: boolean; readonly expected?: string }
  | { readonly type: 'alertRepeated'; readonly fingerprint: string; readonly times: number }
  | { readonly type: 'alertResolved'; readonly name: string; readonly fingerprint: string }
  | {
      readonly type: 'runbookChanged';
      readonly runbook: string;
      readonly runbookVersion: number;
      readonly ladder: readonly Rung[];
      readonly why: string;
    }
  | {
      readonly type: 'looked';
      readonly why: string;
      readonly identity: Identity;
      readonly measure?: Measure;
      readonly blind?: string;
      readonly healthy: boolean;
      readonly healthNote?: string;
      readonly diagnosis?: Diagnosis;
      readonly policyDigest: string;
      /** Of the policy in force, so that views can draw them. */
      readonly thresholds?: { readonly warningPercent: number; readonly criticalPercent: number };
      readonly evidence: readonly Evidence[];
      readonly gaps: readonly Evidence[];
      readonly tookMs: number;
    }
  | { readonly type: 'rungSkipped'; readonly remedy: string; readonly why: string }
  | { readonly type: 'rungStarted'; readonly remedy: string }
  | {
      readonly type: 'planned';
      readonly change: Change;
      readonly hash: string;
      readonly verdicts: readonly Verdict[];
    }
  | {
      readonly type: 'refused';
      readonly changeId: string;
      readonly verdicts: readonly Verdict[];
      readonly why: string;
    }
  | {
      readonly type: 'decisionRequested';
      readonly changeId: string;
      readonly hash: string;
      readonly why: readonly string[];
      readonly approvals: number;
      readonly group: readonly string[];
      readonly expiresAt: string;
    }
  | { readonly type: 'reminded'; readonly changeId: string; readonly secondGroup: readonly string[] }
  | {
      readonly type: 'answered';
      readonly changeId?: string;
      readonly hash: string;
      readonly answer: 'approve' | 'reject';
      readonly by: string;
      readonly verified: Verified;
      readonly comment?: string;
      readonly accepted: boolean;
      readonly why: string;
      readonly via: 'update' | 'signal';
    }
  | {
      readonly type: 'decided';
      readonly changeId: string;
      readonly answer: 'approved' | 'rejected' | 'expired' | 'void';
      readonly why: string;
    }
  | {
      readonly type: 'leaseWaiting';
      readonly changeId: string;
      readonly why: string;
      readonly askAgainAt: string;
    }
  | { readonly type: 'leased'; readonly changeId: string; readonly until: string }
  | { readonly type: 'goingAhead'; readonly changeId: string }
  | { readonly type: 'undoRegistered'; readonly changeId: string; readonly sentence: string }
  | {
      readonly type: 'applied';
      readonly changeId: string;
      readonly effect: Effect;
      readonly verdicts: readonly Verdict[];
      readonly attempts: number;
      readonly measure?: Measure;
    }
  | {
      readonly type: 'notApplied';
      readonly changeId: string;
      readonly error: string;
      readonly why: string;
      readonly unknown: boolean;
    }
  | {
      readonly type: 'settled';
      readonly changeId: string;
      readonly samples: readonly Sample[];
      readonly freedBytes?: number;
      /** What freed it, where that was not what the change is for: the restart that came with it. */
      readonly creditedTo?: string;
      readonly helped: boolean;
      readonly note: string;
    }
  | { readonly type: 'samples'; readonly samples: readonly Sample[]; readonly why: string }
  | {
      readonly type: 'verified';
      readonly passed: boolean;
      readonly checks: readonly Check[];
      readonly samples: readonly Sample[];
    }
  | {
      readonly type: 'rolledBack';
      readonly changeId: string;
      readonly sentence: string;
      readonly effect?: Effect;
      readonly error?: string;
      readonly command: string;
    }
  /** `why`: no rung fits yet, and more will be known then. Without: no rung is left at this level. */
  | { readonly type: 'watching'; readonly until: string; readonly why?: string }
  | { readonly type: 'verifying'; readonly seconds: number }
  | { readonly type: 'paused'; readonly by: string; readonly reason: string; readonly until: string }
  | { readonly type: 'resumed'; readonly by: string }
  | { readonly type: 'cancelRequested'; readonly by: string; readonly reason: string }
  | { readonly type: 'deadlineSet'; readonly due: string; readonly why: string }
  | { readonly type: 'deadlinePassed'; readonly why: string }
  | {
      readonly type: 'escalated';
      readonly why: string;
      readonly severity: Severity;
      /** For whoever takes over: what to do next, with the evidence for it. */
      readonly points?: readonly string[];
    }
  | {
      readonly type: 'notified';
      readonly sink: string;
      readonly what: string;
      readonly delivered: boolean;
      readonly note: string;
    }
  /** From here on changes are made. */
  | { readonly type: 'rehearsalEnded'; readonly why: string }
  | { readonly type: 'noted'; readonly text: string }
  | {
      readonly type: 'closed';
      readonly outcome: Outcome;
      readonly why: string;
      readonly recommendations: readonly Recommendation[];
      readonly stays: readonly string[];
    };

/** One fact, with its number and the workflow's time (ISO). */
export type Fact = FactBody & { readonly n: number; readonly at: string };

export type FactOf<T extends FactBody['type']> = Extract<Fact, { type: T }>;
