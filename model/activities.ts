import type { Alert, Severity } from './alert.js';
import type { ArchiveRetention, ClosedRun, NotArchived } from './archiver.js';
import type { Change, Effect } from './change.js';
import type { Sample } from './evidence.js';
import type { HoldOff, IncidentEnd, LeaseReply, LeaseRequest } from './governor.js';
import type { Verdict } from './guardrails/verdict.js';
import type { AnyLook } from './look.js';
import type { Target } from './target.js';
import type { Told, WatchPlan, WatchState } from './watch.js';

export interface LookRequest {
  readonly target: Target;
  readonly runbook: string;
  /** Why: `at the beginning`, `before the restart`. Shown, never acted on. */
  readonly why: string;
  /** ISO time since which kills count as recent. */
  readonly since: string;
}

/** Carrying out one change: look again, guardrails on that fresh look, precondition, apply. */
export interface CarryOutRequest extends LookRequest {
  readonly change: Change;
  /** `undo`: only preconditions are checked. */
  readonly mode: 'do' | 'undo';
  /** A person approved this exact change (its hash). */
  readonly decided: boolean;
  readonly observeOnly: boolean;
  readonly severity: Severity;
  /** As it was when the change was planned: the fresh look can only lower it. */
  readonly level: 'normal' | Severity;
  /** ISO; not sent after this. */
  readonly notAfter: string;
}

export interface CarryOutResult {
  readonly look: AnyLook;
  readonly verdicts: readonly Verdict[];
  /** Absent: not sent, `refused` says why. */
  readonly effect?: Effect;
  readonly refused?: string;
  readonly attempts: number;
}

/** When waiting may end before its time; as data, so that pure code judges the samples afterwards. */
export interface StopWhen {
  /** So many samples in a row at or below this percent. */
  readonly belowPercent?: { readonly percent: number; readonly inARow: number };
  /** One sample at or above this percent. */
  readonly atOrAbovePercent?: number;
  readonly unhealthyInARow?: number;
  /** The kill counter rose above this. */
  readonly killsAbove?: number;
  /** The target is no longer this one: replaced, or started anew. */
  readonly otherThan?: { readonly id?: string; readonly startedAt?: string };
}

export interface SampleRequest {
  readonly target: Target;
  readonly runbook: string;
  readonly seconds: number;
  readonly everySeconds: number;
  readonly stopWhen: StopWhen;
}

/** At most 240 samples: longer waits are thinned evenly, the first, the last and the highest kept. */
export interface SampleResult {
  readonly samples: readonly Sample[];
  readonly stoppedBy: 'time' | 'belowPercent' | 'atOrAbovePercent' | 'unhealthy' | 'kills' | 'otherThan';
}

/** What the incident engine asks of the world. `observe` calls: */
export interface ObserveActivities {
  look(request: LookRequest): Promise<AnyLook>;
  askGovernor(request: { readonly scope: string; readonly lease: LeaseRequest }): Promise<LeaseReply>;
  /** Told once, when an incident ends. Answers with the hold-off that follows, if it did not help. */
  tellGovernor(request: IncidentEnd): Promise<{ readonly holdOff?: HoldOff }>;
}

/** `change` calls: */
export interface ChangeActivities {
  carryOut(request: CarryOutRequest): Promise<CarryOutResult>;
}

/** Long waits: */
export interface WaitActivities {
  sample(request: SampleRequest): Promise<SampleResult>;
}

/** What is sent to people. */
export interface Notification {
  readonly incident: string;
  readonly shortId: string;
  readonly target: string;
  readonly runbook: string;
  readonly what: 'decision' | 'reminder' | 'escalation' | 'closed';
  readonly severity: Severity;
  readonly title: string;
  /** Markdown. */
  readonly text: string;
  /** Unique per message, so that a sink can drop a repeat. */
  readonly id: string;
  readonly at: string;
}

export interface NotifyActivities {
  /** Sends to one sink; returns what the sink said. */
  notify(request: {
    readonly sink: string;
    readonly notification: Notification;
  }): Promise<{ readonly note: string }>;
  /** Names of the configured sinks. */
  sinks(): Promise<readonly string[]>;
}

/** Asked by a governor: an alert that was held off gets its incident after all. */
export interface OpenIncidentActivities {
  openIncident(request: {
    readonly alert: Alert;
    readonly target: Target;
    readonly runbook: string;
  }): Promise<void>;
}

/** One stretch of watching: at most a day. */
export interface WatchRequest {
  readonly plan: WatchPlan;
  readonly state: WatchState;
  /** ISO; it ends then, or when something is to be told, or when it is asked to. */
  readonly until: string;
}

export interface WatchResult {
  readonly state: WatchState;
  readonly tell: readonly Told[];
}

/** What a watch asks of the world. */
export interface WatchActivities {
  watchTarget(request: WatchRequest): Promise<WatchResult>;
  /** Posts to the plan's address. Throws `Unreachable` until it is taken. */
  postWatchAlert(request: {
    readonly plan: WatchPlan;
    readonly told: Told;
  }): Promise<{ readonly note: string }>;
  /** Hands the alert to the incident of its target, as the intake does. */
  tellIncident(request: {
    readonly plan: WatchPlan;
    readonly told: Told;
  }): Promise<{ readonly note: string }>;
}

/** One batch: what closed since, oldest first, until the limit or the time is reached. */
export interface ArchiveBatchRequest {
  readonly since?: string;
  /** Where this one is missing from the archive, `since` is not believed. */
  readonly newest?: ClosedRun;
  readonly keepSeconds?: number;
  readonly prunedUntil?: string;
  /** Run ids that this run of the archiver has failed with already. */
  readonly passOver: readonly string[];
}

/** What a batch did; also its heartbeat, from which the next attempt goes on. Counts are of incidents. */
export interface ArchiveBatchProgress {
  readonly written: number;
  readonly there: number;
  readonly failures: readonly NotArchived[];
  /** The last one that was dealt with. */
  readonly cursor?: string;
  readonly newest?: ClosedRun;
  /** The end of the oldest one that this batch wrote. */
  readonly oldestWritten?: string;
  /** How many were to be looked at when the batch began. */
  readonly found: number;
}

export interface ArchiveBatchResult extends ArchiveBatchProgress {
  /** There is more to do. */
  readonly more: boolean;
  /** `since` was not believed: everything that Temporal has was looked at. */
  readonly swept: boolean;
  readonly namespaceSeconds?: number;
}

export interface PruneRequest {
  readonly retention: ArchiveRetention;
  /** By Temporal's clock. */
  readonly now: string;
  /** Nothing that closed at or after this goes: it has just been written. */
  readonly closedBefore?: string;
}

/** What the archiver asks of the world. */
export interface ArchiveActivities {
  archiveBatch(request: ArchiveBatchRequest): Promise<ArchiveBatchResult>;
  pruneArchive(
    request: PruneRequest,
  ): Promise<{ readonly pruned: number; readonly bytes: number; readonly until?: string }>;
  /** The oldest closed incident that is not in the archive; one that can't be read has none of them. */
  oldestUnarchived(
    request: Pick<ArchiveBatchRequest, 'since' | 'keepSeconds' | 'prunedUntil'>,
  ): Promise<{ readonly oldest?: ClosedRun; readonly count: number; readonly namespaceSeconds?: number }>;
}
