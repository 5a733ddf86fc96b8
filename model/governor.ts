import type { Severity } from './alert.js';
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

/** Told when an incident closes unhelped: no new ladder for the same alert for a while. */
export interface HoldOff {
  readonly target: string;
  readonly fingerprints: readonly string[];
  readonly severity: Severity;
  readonly until: string;
  /** The length of this one, seconds: the next is twice as long. */
  readonly seconds: number;
  readonly outcome: string;
}
