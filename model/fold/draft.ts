import type { Phase } from '../facts.js';
import type { ChangeView, IncidentView } from '../view.js';

export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A rung on its way: its state is worked out at the end, from these. */
export interface RungDraft {
  readonly remedy: string;
  readonly title: string;
  readonly usually: string;
  readonly changeIds: string[];
  started: boolean;
  /** Set where it was left out. */
  skipped?: string;
}

export type ChangeDraftView = Mutable<ChangeView> & { settled: boolean; settledNote?: string };

/** The view while it is being folded. */
export interface Draft {
  readonly view: Mutable<IncidentView>;
  readonly changes: Map<string, ChangeDraftView>;
  rungs: RungDraft[];
  /** The remedy being worked now. */
  current?: string;
  /** Leading cause and level as last told in the timeline, so that it isn't told again. */
  toldDiagnosis?: string;
  ended: boolean;
}

/** The view of an incident of which nothing is known yet. */
export function emptyDraft(): Draft {
  return {
    view: {
      target: { key: '', kind: '', scope: '' },
      runbook: '',
      runbookVersion: 0,
      product: '',
      shortId: '',
      runId: '',
      openedAt: '',
      openedBy: '',
      observeOnly: false,
      phase: 'looking',
      severity: 'warning',
      alerts: [],
      history: [],
      evidence: [],
      gaps: [],
      ladder: [],
      escalations: [],
      notifications: [],
      rollbacks: [],
      recommendations: [],
      stays: [],
      timeline: [],
    },
    changes: new Map(),
    rungs: [],
    ended: false,
  };
}

/** Sets the phase, and since when. An incident that has ended has no other phase. */
export function enter(draft: Draft, phase: Phase, at: string, until?: string): void {
  if (draft.ended && phase !== 'closed') return;
  if (draft.view.phase !== phase) draft.view.phaseSince = at;
  draft.view.phase = phase;
  draft.view.phaseUntil = until;
}

/** The change that a fact is about; undefined where its plan is not among the facts (an undo's own id, for one). */
export function changeOf(draft: Draft, fact: { readonly changeId?: string }): ChangeDraftView | undefined {
  return fact.changeId === undefined ? undefined : draft.changes.get(fact.changeId);
}

/** What a change is called in a sentence. */
export function sentenceOf(draft: Draft, fact: { readonly changeId: string }): string {
  return changeOf(draft, fact)?.change.sentence ?? `change ${fact.changeId}`;
}
