import type { Disruption } from './change.js';

/** How far Nightshift may go by itself. */
export type Autonomy = 'observe' | 'plan' | 'approve' | 'auto';

/** A stretch of time in which nothing disruptive is done. */
export interface FreezeWindow {
  readonly name: string;
  /** `mon` … `sun`; empty means every day. */
  readonly days: readonly string[];
  /** `HH:MM`, local to `timeZone`. A window whose end is not after its start runs past midnight. */
  readonly from: string;
  readonly to: string;
  /** IANA name, such as `Europe/Berlin`. */
  readonly timeZone: string;
  /** Patterns of target keys that it binds, `*` standing for any run of characters. Absent: all. */
  readonly targets?: readonly string[];
}

/** A fleet-wide or partial stop of all changes. */
export interface Hold {
  readonly reason: string;
  readonly by: string;
  /** ISO time, or absent where it holds until lifted. */
  readonly until?: string;
}

export interface DecisionPolicy {
  /** Who may decide: names of people. Empty means anybody who can be identified. */
  readonly group: readonly string[];
  /** Asked when half of the time limit has passed. */
  readonly secondGroup: readonly string[];
  /** N of M: how many different people must approve. */
  readonly approvals: number;
  readonly timeLimitSeconds: number;
  readonly reminderSeconds: number;
  /** What an unanswered question comes to. `apply` holds only for changes without disruption. */
  readonly onExpiry: 'escalate' | 'skip' | 'apply';
  /** True: whoever opened the incident may not approve in it. */
  readonly notTheRequester: boolean;
  /** True: an identity of `none` counts, because Temporal's own access control is trusted. */
  readonly trustTemporalAccess: boolean;
}

/** The rules in force for one target, resolved: nothing in it refers to anything outside it. Seconds unless said. */
export interface Policy {
  readonly thresholds: { readonly warningPercent: number; readonly criticalPercent: number };
  /** Remedies that the configuration switches off for this target, by name. */
  readonly remediesOff: readonly string[];
  readonly autonomy: {
    readonly target: Autonomy;
    /** Narrower rules win over wider ones, and the more careful over the less: kind, then disruption, then target. */
    readonly byDisruption: Readonly<Partial<Record<Disruption, Autonomy>>>;
    readonly byKind: Readonly<Record<string, Autonomy>>;
  };
  readonly decisions: DecisionPolicy;
  readonly freezes: readonly FreezeWindow[];
  readonly holds: readonly Hold[];
  /** Target keys, `*` standing for any run of characters, that are never disrupted. */
  readonly protected: readonly string[];
  readonly budget: {
    readonly perObjectPerHour: number;
    readonly perScopePerHour: number;
    readonly atOnce: number;
  };
  readonly cooldownSeconds: number;
  readonly deadlines: { readonly warningSeconds: number; readonly criticalSeconds: number };
  readonly settleSeconds: number;
  readonly soak: { readonly seconds: number; readonly everySeconds: number };
  readonly pauseLimitSeconds: number;
  readonly holdOff: { readonly firstSeconds: number; readonly maxSeconds: number };
}
