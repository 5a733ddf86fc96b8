import type { Change, ChangeKind, Effect } from './change.js';
import type { Sample } from './evidence.js';
import type { Json, JsonObject } from './json.js';
import type { AnyLook, Look } from './look.js';
import { anyRunbook, type Runbook } from './runbook.js';
import type { Target } from './target.js';

/** What an adapter reads of a target; the rest of the look (policy, digest, time taken) is added around it. */
export type Reading<Details> = Omit<
  Look<Details, unknown>,
  'target' | 'at' | 'policy' | 'policyDigest' | 'settings' | 'tookMs'
>;

export interface ReadContext {
  /** Aborted when the activity is cancelled or its worker shuts down. */
  readonly signal: AbortSignal;
  /** ISO time since which kills count as recent. */
  readonly since: string;
  readonly now: () => Date;
}

/** How a kind of target is read. One for each target kind that a worker serves. */
export interface TargetAdapter<Details = unknown, Settings = unknown> {
  readonly targetKinds: readonly string[];
  /**
   * Reads everything concurrently, each source with its own time limit. What can't be had is a gap.
   * Throws `TargetGone` where there is no such thing, `Unreachable` where nothing answers.
   */
  read(target: Target, settings: Settings, context: ReadContext): Promise<Reading<Details>>;
  /** One light reading. Never throws for a passing fault: that is a gap in the sample. */
  sample(target: Target, settings: Settings, context: ReadContext): Promise<Sample>;
}

export interface ApplyContext {
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** 1 for the first attempt. A later one must find out what an earlier one did. */
  readonly attempt: number;
  /** Of the look that was just taken. */
  readonly settings: unknown;
  readonly look: Look<unknown, unknown>;
  /**
   * Called directly before the mutation: checks the not-after time and makes one unthrottled heartbeat.
   * Throws `NotSent` where the change must not be sent any more. `begun`: part of this change was sent already
   * (the first container of several), so the not-after time no longer stops the rest; a cancellation does.
   */
  confirm(part?: { readonly begun: boolean }): Promise<void>;
  /** Progress, and what a later attempt needs to know. */
  heartbeat(details: Json): void;
  /** What the previous attempt's last heartbeat left. */
  readonly previous: Json | undefined;
  /** Value of a secret that the configuration names. Throws `Misconfigured`. */
  secret(name: string): string;
}

/** Carries out one kind of change. Idempotent: by precondition, or by the change's id as idempotency key. */
export type Applier<Params extends JsonObject = JsonObject> = (
  change: Change<Params>,
  context: ApplyContext,
) => Promise<Effect>;

/** One applier for each kind in `Kinds`: leaving one out does not compile. */
export type AppliersFor<Kinds extends Record<string, ChangeKind<never>>> = {
  readonly [Name in keyof Kinds]: Kinds[Name] extends ChangeKind<infer Params> ? Applier<Params> : never;
};

/** What a runbook brings to a worker besides its own pure rules. */
export interface Extension {
  readonly runbook: Runbook<AnyLook>;
  /** Absolute path of the module that exports `runbook`, compiled: it goes into the workflow bundle. */
  readonly module: string;
  readonly adapters: readonly TargetAdapter[];
  readonly appliers: Readonly<Record<string, Applier>>;
}

/** An extension of a runbook whose looks have a type of their own: in the engine all looks are alike. */
export function defineExtension<L extends AnyLook>(
  given: Omit<Extension, 'runbook'> & { readonly runbook: Runbook<L> },
): Extension {
  // The engine hands a runbook only looks that its own adapters made, so its rules may count on their type.
  return { ...given, runbook: anyRunbook(given.runbook) };
}
