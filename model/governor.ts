import type { Severity } from './alert.js';
import type { Outcome } from './facts.js';
import type { Policy } from './policy.js';

/** An incident asks for permission to disrupt. */
export interface LeaseRequest {
  readonly changeId: string;
  readonly incident: string;
  readonly target: string;
  readonly touches: readonly string[];
  /** How long the lease must last, seconds. */
  readonly seconds: number;
  readonly budget: Policy['budget'];
  readonly cooldownSeconds: number;
  readonly severity: Severity;
  /** A person approved this exact change: cooldown and recurrence no longer refuse it, leases and `atOnce` do. */
  readonly decided: boolean;
  /** Grants of the same incident that were never sent: they are given back with this. */
  readonly unused?: readonly string[];
}

export type LeaseReply =
  | { readonly granted: true; readonly until: string; readonly recurrence: Recurrence }
  | {
      readonly granted: false;
      readonly guardrail: 'lease' | 'cooldown' | 'budget' | 'recurrence';
      readonly why: string;
      /** ISO time at which asking again makes sense; absent: not in this incident. */
      readonly askAgainAt?: string;
      readonly recurrence: Recurrence;
    };

/** Disruptive changes to the same object, counted over three windows. */
export interface Recurrence {
  readonly day: number;
  readonly week: number;
  readonly month: number;
}

/** What became of a leased change, told when the lease is given back. */
export interface LeaseRelease {
  readonly changeId: string;
  /** False: it was granted and never sent, so it does not count. */
  readonly used: boolean;
  readonly helped?: boolean;
}

/** Told once, when an incident ends: its leases are given back, and what did not help is held off. */
export interface IncidentEnd {
  readonly scope: string;
  readonly incident: string;
  readonly target: string;
  readonly releases: readonly LeaseRelease[];
  readonly outcome: Outcome;
  readonly fingerprints: readonly string[];
  readonly severity: Severity;
  /** Lengths of the hold-off after an unhelped incident, seconds. */
  readonly holdOff: Policy['holdOff'];
}

/** No new ladder for the same alert until it has resolved, become more severe, or this time has passed. */
export interface HoldOff {
  readonly target: string;
  readonly fingerprints: readonly string[];
  readonly severity: Severity;
  readonly until: string;
  /** The length of this one, seconds: the next is twice as long. */
  readonly seconds: number;
  readonly outcome: Outcome;
}

/** Outcomes after which the same alert gets no new ladder for a while. */
export const unhelped: readonly Outcome[] = ['escalated', 'declined', 'cancelled', 'observed'];
