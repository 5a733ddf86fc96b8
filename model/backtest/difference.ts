import type { BundledIncident } from '../bundle/types.js';
import type { Outcome } from '../facts.js';
import type { Move } from './moves.js';
import type { UnknownFromHere } from './types.js';

/** Every way in which a candidate can decide otherwise than was decided. */
export const differenceKinds = [
  'skipped',
  'added',
  'changed',
  'automatic',
  'asked',
  'question',
  'answered',
  'refused',
  'allowed',
  'result',
  'earlier',
  'later',
  'watched',
  'verification',
  'escalated',
  'notEscalated',
  'outcome',
] as const;
export type DifferenceKind = (typeof differenceKinds)[number];

/** One decision that differs, as data and as a sentence for whoever reviews the candidate. */
export interface Difference {
  readonly kind: DifferenceKind;
  readonly sentence: string;
  readonly runbook?: string;
  readonly remedy?: string;
  readonly title?: string;
  /** Of `refused` and `allowed`. */
  readonly guardrail?: string;
  /** Of `earlier` and `later`: `order` is the place on the ladder, `time` is when. */
  readonly by?: 'order' | 'time';
  /** How much later than recorded; below zero: sooner. */
  readonly seconds?: number;
  /** Indexes into the recorded and the candidate's moves. */
  readonly recordedMove?: number;
  readonly candidateMove?: number;
}

/** The two ladders beside each other, a line a move. */
export interface LadderRow {
  /** `beyond`: recorded after the point from which nothing is known of the candidate; it is not compared. */
  readonly mark: 'same' | 'different' | 'onlyRecorded' | 'onlyCandidate' | 'beyond';
  readonly recorded?: Move;
  readonly candidate?: Move;
}

/** What one of the two came to. Seconds count from when the incident was opened. */
export interface Side {
  readonly outcome?: Outcome;
  readonly outcomeWhy?: string;
  readonly endedAfterSeconds?: number;
  /** Disruptive changes that were made, or went off and may have been. Recorded: those that are compared. */
  readonly restarts: number;
  /** Decisions asked for. Recorded: those that are compared. */
  readonly decisions: number;
}

export type IncidentStatus = 'same' | 'different' | 'unknown' | 'failed';

/** One incident, as it was and as the candidate would have worked it. */
export interface IncidentDifference {
  readonly incident: BundledIncident;
  /** `unknown` and `failed` may have differences, too: those up to that point. */
  readonly status: IncidentStatus;
  readonly differences: readonly Difference[];
  readonly recorded: Side;
  readonly candidate: Side;
  readonly restarts: {
    readonly saved: number;
    readonly added: number;
  };
  readonly ladder: readonly LadderRow[];
  readonly unknown?: UnknownFromHere & { readonly afterSeconds: number };
  readonly failed?: string;
  /** Longest time between what was asked for and the recorded reading that answered. */
  readonly stretchedSeconds: number;
}

/** An incident that could not be compared, and why. */
export interface LeftOut {
  /** The short id, or the file where there is none. */
  readonly name: string;
  readonly why: string;
  /** The file or its history is no good: that is a failure, and not what the incident was. */
  readonly unreadable?: true;
}

export function isRecovered(outcome: Outcome | undefined): boolean {
  return outcome === 'recovered' || outcome === 'self-recovered';
}

/** A few milliseconds, or one reading of a wait (every 10 s at most), are no difference; nor is a twentieth. */
export function sameTime(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.max(10, 0.05 * Math.max(a, b));
}
