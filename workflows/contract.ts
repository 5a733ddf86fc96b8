/** Everything that the outside needs to know of the workflows: ids, task queues, messages, search attributes. */
import { defineSearchAttributeKey, type SearchAttributeType } from '@temporalio/common';
import type { CarryOutRequest } from '../model/activities.js';
import type { Alert, Severity } from '../model/alert.js';
import type { Change } from '../model/change.js';
import type { Decision, DecisionReply } from '../model/decision.js';
import type { Fact, Outcome } from '../model/facts.js';
import type { AnyLook } from '../model/look.js';
import type { Target } from '../model/target.js';
import type { IncidentView } from '../model/view.js';
import type { Told, WatchPlan, WatchState } from '../model/watch.js';

export const workflowIds = {
  incident: (targetKey: string): string => `incident/${targetKey}`,
  governor: (scope: string): string => `governor/${scope}`,
  watch: (targetKey: string): string => `watch/${targetKey}`,
  notifications: (shortId: string): string => `notifications/${shortId}`,
  /** The end of a change that was made for a time. */
  ending: (changeId: string): string => `ending/${changeId}`,
  /** Of its runs, each with the time that its schedule adds. */
  archiver: 'archiver',
};

export const scheduleIds = { archiver: 'nightshift-archiver' } as const;

/** The key of the target that an incident's workflow id names. */
export function targetKeyOf(workflowId: string): string {
  return workflowId.replace(/^incident\//, '');
}

export const taskQueues = {
  workflows: 'nightshift',
  notify: 'nightshift/notify',
  /** Served only by workers that have the archive's folder. */
  archive: 'nightshift/archive',
  observe: (scope: string): string => `nightshift/${scope}/observe`,
  change: (scope: string): string => `nightshift/${scope}/change`,
  wait: (scope: string): string => `nightshift/${scope}/wait`,
};

/** Workflow types besides the runbooks, each of which is a workflow under its own name. */
export const workflowTypes = {
  governor: 'governor',
  watch: 'watch',
  notifications: 'notifications',
  ending: 'ending',
  archiver: 'archiver',
} as const;

/** The argument of every runbook's workflow. What happened comes as signals. */
export interface IncidentInput {
  readonly target: Target;
  readonly openedBy: string;
  /** Rehearsal: looks, plans, changes nothing. */
  readonly observeOnly: boolean;
  readonly product: string;
  /** What it is opened for, where that can't come as a signal: an incident that may not join an open one. */
  readonly alert?: Alert;
  /** Short id of the incident that this one runs again. */
  readonly rerunOf?: string;
}

/** What a closed incident leaves: read from here, never queried. */
export interface IncidentResult {
  readonly outcome: Outcome;
  readonly shortId: string;
  readonly facts: readonly Fact[];
  readonly report: IncidentView;
}

/** Kept in the memo of a closed run that did not help, for the intake. */
export interface HoldOffMemo {
  readonly until: string;
  readonly seconds: number;
  readonly fingerprints: readonly string[];
  readonly severity: string;
  readonly outcome: string;
}
export const memoKeys = { holdOff: 'holdOff' } as const;

/** Message names, as they stand on the wire. */
export const signals = {
  /** `Alert`, firing or resolved. */
  alert: 'alert',
  /** `SignalledDecision`: for those who use only the Temporal CLI or UI. */
  approve: 'approve',
  reject: 'reject',
  /** `Control`. */
  pause: 'pause',
  resume: 'resume',
  cancel: 'cancel',
  /** `Control`, to the end of a change that was made for a time: it is kept. */
  keep: 'keep',
  /** To the notifications of an incident: `Notification`. */
  send: 'send',
  /** From them to the incident: `Delivery`. */
  delivered: 'delivered',
} as const;
export const updates = {
  /** `Decision` → `DecisionReply`. */
  decide: 'decide',
} as const;
export const queries = {
  view: 'view',
  facts: 'facts',
  /** `JudgeQuestion` → `FreshJudgement`: what would be said to a change on another look. Asked by backtests. */
  judge: 'judge',
} as const;

/** A change that is about to be carried out, the look that it would be judged on, and when (ISO). */
export type JudgeQuestion = [request: CarryOutRequest, look: AnyLook, now: string];
/** How an incident's end begins where code threw: people are told all the same. */
export const stoppedByDefect = 'a defect stopped the incident';

/** The payload of the `approve` and `reject` signals. `hash` may be left out where one change is asked for. */
export interface SignalledDecision {
  readonly hash?: string;
  readonly by: string;
  readonly comment?: string;
}

/** The argument of the workflow that takes back what was made for a time. */
export interface EndingInput {
  readonly target: Target;
  readonly runbook: string;
  /** The change that takes it back. */
  readonly back: Change;
  /** ISO. */
  readonly at: string;
  /** Of the incident that made it. */
  readonly shortId: string;
  readonly severity: Severity;
}

export interface EndingResult {
  readonly end: 'takenBack' | 'kept' | 'failed';
  readonly note: string;
}

/** What became of one message. */
export interface Delivery {
  readonly sink: string;
  readonly what: string;
  readonly delivered: boolean;
  readonly note: string;
}

export type AlertSignal = [alert: Alert];
export type DecideUpdate = (decision: Decision) => DecisionReply;

export const searchAttributes = {
  target: defineSearchAttributeKey('NightshiftTarget', 'KEYWORD'),
  runbook: defineSearchAttributeKey('NightshiftRunbook', 'KEYWORD'),
  severity: defineSearchAttributeKey('NightshiftSeverity', 'KEYWORD'),
  outcome: defineSearchAttributeKey('NightshiftOutcome', 'KEYWORD'),
  needsDecision: defineSearchAttributeKey('NightshiftNeedsDecision', 'BOOL'),
  shortId: defineSearchAttributeKey('NightshiftShortId', 'KEYWORD'),
} as const;

/** Name and type of each, for those who must register them on a server. */
export const searchAttributeTypes: Readonly<Record<string, SearchAttributeType>> = Object.fromEntries(
  Object.values(searchAttributes).map((key) => [key.name, key.type]),
);

/** Messages of a scope's governor. */
export const governorMessages = {
  /** Update: `LeaseRequest` → `LeaseReply`. */
  lease: 'lease',
  /** Update: `IncidentEnd` → the hold-off, if one follows. */
  end: 'end',
  /** Signals of the intake, about a target whose last incident did not help. */
  heldOffAlert: 'heldOffAlert',
  heldOffResolved: 'heldOffResolved',
  state: 'state',
} as const;

/** Messages of a watch. */
export const watchMessages = {
  /** Signal: `WatchPlan`, when the configuration has changed. */
  plan: 'plan',
  /** Query: `WatchView`. */
  view: 'view',
} as const;

/** The argument of a watch: what is configured, and what it remembers from before. */
export interface WatchInput {
  readonly plan: WatchPlan;
  readonly state?: WatchState;
  /** What has not been delivered yet, by the run before this one. */
  readonly unsent?: Unsent;
  /** Seconds after which it goes on in a new run; a day. */
  readonly runSeconds?: number;
}

/** Alerts on their way, oldest first: to the configured address, and to incidents. */
export interface Unsent {
  readonly post: readonly Told[];
  readonly incident: readonly Told[];
}

/** What a watch answers when it is asked. The latest samples are in its activity's heartbeat. */
export interface WatchView {
  readonly plan: WatchPlan;
  /** As of its last message or day. */
  readonly state: WatchState;
  readonly unsent: Unsent;
  /** What could not be delivered within a day, newest last. */
  readonly lost: readonly string[];
}
