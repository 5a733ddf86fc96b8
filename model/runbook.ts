import type { Change, ChangeDraft, ChangeKind } from './change.js';
import type { Diagnosis } from './diagnosis.js';
import type { Sample } from './evidence.js';
import type { JsonObject } from './json.js';
import type { AnyLook } from './look.js';

/** What a rung wants done now, or why it wants nothing. */
export type Proposal = { readonly changes: readonly ChangeDraft[] } | { readonly skip: string };

/** One rung of the ladder. It only describes changes; the choke point carries them out. */
export interface Remedy<L extends AnyLook> {
  /** Kebab case, stable: the configuration and the report name it. */
  readonly name: string;
  readonly title: string;
  /** What it usually disrupts, for the page; each change says what it really would. */
  readonly usually: 'none' | 'brief' | 'outage' | 'dataLoss';
  propose(look: L, diagnosis: Diagnosis): Proposal;
}

/** One check of verification. A check that can't be made has not passed. */
export interface Check {
  readonly name: string;
  readonly passed: boolean;
  /** The figure or the reason. */
  readonly note: string;
}

export interface Recommendation {
  readonly title: string;
  readonly why: string;
  /** Something to paste: a compose patch, a command, an alert rule. */
  readonly snippet?: { readonly language: string; readonly text: string };
}

/** What the incident has seen, for the rules that look back. */
export interface Seen<L> {
  readonly first: L;
  readonly latest: L;
  readonly samples: readonly Sample[];
  readonly diagnosis: Diagnosis;
  /** Remedies that made a change that was applied, in order. */
  readonly applied: readonly string[];
}

/** What `runbook show` tells. */
export interface RunbookPage {
  readonly alerts: readonly string[];
  readonly symptoms: readonly string[];
  readonly impact: string;
  readonly lookedAt: readonly string[];
  readonly verification: readonly string[];
  readonly escalation: readonly string[];
}

/** How to diagnose, which remedies in which order, how to verify. All of it pure. */
export interface Runbook<L extends AnyLook = AnyLook> {
  /** As alerts and people call it: `MEM-001`. Also the name of its workflow. */
  readonly name: string;
  readonly title: string;
  /** Raised when its rules change in a way that people should know. */
  readonly version: number;
  readonly targetKinds: readonly string[];
  readonly page: RunbookPage;
  readonly changeKinds: readonly ChangeKind<JsonObject, L>[];
  /** Gentlest first. */
  readonly ladder: readonly Remedy<L>[];
  /** `alerts`: names of those that fire for this target, ours left out; a dry run and a backtest know of none. */
  diagnose(look: L, samples: readonly Sample[], alerts?: readonly string[]): Diagnosis;
  /**
   * The checks that must hold at the end of the soak. `before` is the look from before the last change; `inForce` are
   * the changes of this incident that were applied and not taken back.
   */
  verify(look: L, before: L, samples: readonly Sample[], inForce?: readonly Change[]): readonly Check[];
  recommend(seen: Seen<L>): readonly Recommendation[];
  /** Points for whoever takes over, each with the evidence for it: said in the escalation's message and the report. */
  escalation?(seen: Seen<L>): readonly string[];
}

/**
 * The same runbook to code that knows nothing of what it looks at. Its rules only ever get looks that its own
 * adapter took, so what they read in them is there.
 */
export function anyRunbook<L extends AnyLook>(runbook: Runbook<L>): Runbook<AnyLook> {
  return runbook as unknown as Runbook<AnyLook>;
}
