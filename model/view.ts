import type { Alert, Severity } from './alert.js';
import type { Change, Effect } from './change.js';
import type { Diagnosis } from './diagnosis.js';
import type { Evidence, Measure, Sample } from './evidence.js';
import type { FactOf, Outcome, Phase } from './facts.js';
import type { Verdict } from './guardrails/verdict.js';
import type { Check, Recommendation } from './runbook.js';
import type { Target } from './target.js';

/** One change on its way, as a person wants to see it. */
export interface ChangeView {
  readonly change: Change;
  readonly hash: string;
  readonly state:
    | 'planned'
    | 'refused'
    | 'awaiting decision'
    | 'awaiting lease'
    | 'going ahead'
    | 'applied'
    | 'not applied'
    | 'rejected'
    | 'expired'
    | 'void'
    | 'rolled back';
  readonly why: string;
  readonly verdicts: readonly Verdict[];
  readonly effect?: Effect;
  readonly attempts?: number;
  readonly freedBytes?: number;
  /** What freed it, where that was not what the change is for. */
  readonly creditedTo?: string;
  readonly helped?: boolean;
  readonly plannedAt: string;
  readonly appliedAt?: string;
  readonly undo?: string;
  readonly answers: readonly FactOf<'answered'>[];
}

export interface RungView {
  readonly remedy: string;
  readonly title: string;
  readonly usually: string;
  readonly state: 'ahead' | 'now' | 'done' | 'skipped' | 'failed';
  /** Why it was skipped, or how it went. */
  readonly note: string;
  readonly changes: readonly ChangeView[];
}

/** The one view of an incident: query result, CLI ladder, console and report are made from it. */
export interface IncidentView {
  readonly target: Target;
  readonly runbook: string;
  readonly runbookVersion: number;
  readonly product: string;
  readonly shortId: string;
  readonly runId: string;
  readonly openedAt: string;
  readonly openedBy: string;
  readonly observeOnly: boolean;
  /** Short id of the incident that this one runs again. */
  readonly rerunOf?: string;
  readonly phase: Phase;
  /** When the phase began, and when it ends by itself where that is known. ISO. */
  readonly phaseSince?: string;
  readonly phaseUntil?: string;
  readonly paused?: { readonly by: string; readonly reason: string; readonly until: string };
  readonly severity: Severity;
  readonly alerts: readonly {
    readonly alert: Alert;
    readonly resolved: boolean;
    readonly expected?: string;
    readonly repeats: number;
  }[];
  readonly diagnosis?: Diagnosis;
  /** The last diagnosis above normal: what the ladder was climbed on. */
  readonly workedOn?: Diagnosis;
  readonly measure?: Measure;
  readonly thresholds?: { readonly warningPercent: number; readonly criticalPercent: number };
  readonly healthy?: boolean;
  readonly healthNote?: string;
  /** Every figure of the measure over time: looks and samples, in order. */
  readonly history: readonly Sample[];
  /** From the first look. */
  readonly evidence: readonly Evidence[];
  readonly gaps: readonly Evidence[];
  readonly ladder: readonly RungView[];
  readonly openDecision?: {
    readonly change: Change;
    readonly hash: string;
    readonly why: readonly string[];
    readonly approvals: number;
    readonly approvedBy: readonly string[];
    readonly group: readonly string[];
    readonly requestedAt: string;
    readonly expiresAt: string;
  };
  readonly deadline?: string;
  readonly verification?: { readonly passed: boolean; readonly checks: readonly Check[] };
  readonly escalations: readonly {
    readonly at: string;
    readonly why: string;
    readonly points?: readonly string[];
  }[];
  readonly notifications: readonly FactOf<'notified'>[];
  readonly rollbacks: readonly FactOf<'rolledBack'>[];
  readonly outcome?: Outcome;
  readonly outcomeWhy?: string;
  readonly closedAt?: string;
  readonly recommendations: readonly Recommendation[];
  readonly stays: readonly string[];
  /** The story, a line a fact that people care about, oldest first. */
  readonly timeline: readonly { readonly at: string; readonly text: string }[];
}
