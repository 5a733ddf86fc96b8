import type { RunStatus } from '../bundle/types.js';
import type { Disruption } from '../change.js';
import type { Outcome } from '../facts.js';
import type { Spread } from './statistics.js';

/** A closed run, as an archive or Temporal lists it. Times are ISO. */
export interface ClosedIncident {
  readonly shortId: string;
  readonly targetKey: string;
  readonly runbook: string;
  readonly status: RunStatus;
  readonly openedAt: string;
  readonly closedAt: string;
}

/** What became of one change that a rung planned. */
export interface Try {
  readonly runbook: string;
  readonly remedy: string;
  readonly kind: string;
  readonly result:
    | 'applied'
    /** It was so already, something else did it, or it was sent without an effect. */
    | 'no effect'
    | 'failed'
    | 'refused'
    | 'rejected'
    | 'expired'
    | 'void'
    /** The incident ended before anything came of it. */
    | 'left';
  /** Who refused: a guardrail, or `precondition`. */
  readonly refusedBy?: string;
  readonly freedBytes?: number;
  /** Absent where it was not measured. */
  readonly helped?: boolean;
  readonly worse: boolean;
  readonly asked: boolean;
}

/** One question to people. */
export interface Question {
  readonly kind: string;
  readonly remedy: string;
  readonly disruption: Disruption;
  /** This kind is never automatic. */
  readonly alwaysAsk: boolean;
  /** Guardrails that demanded it. */
  readonly askedBy: readonly string[];
  /** ISO. */
  readonly at: string;
  /** From the question to its end. */
  readonly seconds: number;
  readonly answer: 'approved' | 'rejected' | 'expired' | 'void';
  readonly helped?: boolean;
}

/** The highest use of a container's memory against a limit of its own. */
export interface PeakMemory {
  readonly peakBytes: number;
  readonly limitBytes: number;
  readonly killed: boolean;
  /** A leak led the diagnosis. */
  readonly leaking: boolean;
}

/** Something that could not be read. */
export interface SummedGap {
  readonly name: string;
  readonly source: string;
  /** The last reason. */
  readonly why: string;
  /** It was read at another moment of the same incident. */
  readonly alsoRead: boolean;
}

/** All that the insights keep of one incident: small whatever its length. */
export interface IncidentSummary extends ClosedIncident {
  /** Absent where the run has no result: terminated, timed out, failed. */
  readonly told?: {
    readonly outcome: Outcome;
    readonly rehearsal: boolean;
    /** By a person, reruns included: then it is no recurrence. */
    readonly byPerson: boolean;
    readonly alerts: readonly string[];
    readonly tries: readonly Try[];
    readonly questions: readonly Question[];
    readonly memory?: PeakMemory;
    readonly gaps: readonly SummedGap[];
    /** Why people were told, each reason once. */
    readonly escalations: readonly string[];
  };
}

/** One with a result. */
export type Told = IncidentSummary & { readonly told: NonNullable<IncidentSummary['told']> };

/** The incidents behind a line: how many, and the newest of them. */
export interface Behind {
  readonly count: number;
  readonly newest: readonly string[];
}

export interface Recurrence {
  readonly target: string;
  readonly alert: string;
  /** How many within so long before the period's end; absent where the period is shorter. */
  readonly in24h?: number;
  readonly in7d?: number;
  readonly in30d?: number;
  /** Seconds from one to the next. */
  readonly between: Spread;
  readonly behind: Behind;
}

export interface RungInsight {
  readonly runbook: string;
  readonly remedy: string;
  /** Changes that it planned. */
  readonly tried: number;
  readonly applied: number;
  /** Of those whose effect was measured. */
  readonly helped: number;
  readonly measured: number;
  readonly worse: number;
  readonly failed: number;
  readonly noEffect: number;
  readonly rejected: number;
  readonly expired: number;
  /** The question lost its point. */
  readonly void: number;
  readonly left: number;
  readonly refusedBy: Readonly<Record<string, number>>;
  /** Bytes; below 0 where use grew meanwhile. */
  readonly freed?: Spread;
  readonly behind: Behind;
}

export interface DecisionInsight {
  readonly asked: number;
  readonly approved: number;
  readonly rejected: number;
  readonly expired: number;
  readonly void: number;
  /** Seconds, of those that a person answered. */
  readonly answeredAfter?: Spread;
  /** Quarters of the day (UTC) in which questions wait longer, the expired ones included. */
  readonly slowHours: readonly {
    readonly fromHour: number;
    readonly toHour: number;
    readonly waited: Spread;
    readonly otherwise: Spread;
    readonly expired: number;
    readonly behind: Behind;
  }[];
  readonly behind: Behind;
  readonly behindExpired: Behind;
}

/** A kind of change that people always approved at a target. */
export interface AutonomyCandidate {
  readonly target: string;
  readonly kind: string;
  readonly approved: number;
  readonly expired: number;
  readonly helped: number;
  readonly measured: number;
  readonly behind: Behind;
}

/** A rung that people always rejected at a target. */
export interface DropCandidate {
  readonly target: string;
  readonly remedy: string;
  readonly rejected: number;
  readonly behind: Behind;
}

export interface LimitInsight {
  readonly target: string;
  readonly limitBytes: number;
  /** Such that the highest peak is 70 % of it. */
  readonly rightBytes: number;
  readonly peaks: Spread;
  readonly killed: number;
  readonly behind: Behind;
}

export interface LeakInsight {
  readonly target: string;
  /** Incidents whose use was measured against the container's own limit. */
  readonly of: number;
  readonly behind: Behind;
}

export interface GapInsight {
  readonly target: string;
  readonly name: string;
  readonly source: string;
  readonly why: string;
  /** Incidents of the target. */
  readonly of: number;
  /** It was read in none of them. */
  readonly never: boolean;
  readonly behind: Behind;
}

/** What many incidents together tell. */
export interface Insights {
  readonly since: string;
  readonly until: string;
  /** Where they were read: an archive's folder, files, Temporal. */
  readonly from: string;
  /** Incidents with a result, rehearsals apart. */
  readonly incidents: number;
  readonly rehearsals: Behind;
  readonly withoutResult: readonly { readonly status: RunStatus; readonly behind: Behind }[];
  readonly outcomes: readonly { readonly outcome: Outcome; readonly behind: Behind }[];
  /** Seconds from opening to close. */
  readonly recovery: readonly {
    readonly outcome: Outcome;
    readonly seconds: Spread;
    readonly behind: Behind;
  }[];
  readonly recurrence: readonly Recurrence[];
  readonly rungs: readonly RungInsight[];
  readonly decisions: DecisionInsight;
  readonly autonomy: readonly AutonomyCandidate[];
  readonly drop: readonly DropCandidate[];
  readonly limits: readonly LimitInsight[];
  readonly leaks: readonly LeakInsight[];
  readonly escalations: readonly { readonly why: string; readonly behind: Behind }[];
  readonly unhelped: readonly { readonly target: string; readonly behind: Behind }[];
  readonly gaps: readonly GapInsight[];
}
