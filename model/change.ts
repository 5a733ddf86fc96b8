import { digest } from './digest.js';
import type { Json, JsonObject } from './json.js';
import type { AnyLook } from './look.js';

/** From the gentlest to the worst. */
export const disruptions = ['none', 'brief', 'outage', 'dataLoss'] as const;
export type Disruption = (typeof disruptions)[number];

export function worse(a: Disruption, b: Disruption): Disruption {
  return disruptions.indexOf(a) >= disruptions.indexOf(b) ? a : b;
}

/** One field that a change sets. */
export interface FieldChange {
  readonly name: string;
  readonly before: Json;
  readonly after: Json;
}

/** One exact mutation, as data: the same value is planned, shown, approved, applied, undone, reported and backtested. */
export interface Change<Params extends JsonObject = JsonObject> {
  /** Unique in the incident: `<short id>/<number>`. The idempotency key of kinds that have no precondition. */
  readonly id: string;
  readonly kind: string;
  /** The remedy (rung) that wants it. */
  readonly remedy: string;
  /** The one thing that is touched. */
  readonly object: { readonly key: string; readonly uid: string; readonly name: string };
  /** Keys of everything that it disrupts: what the governor leases. */
  readonly touches: readonly string[];
  readonly fields: readonly FieldChange[];
  readonly generation?: number;
  /** What the applier needs to know, besides the fields. No secrets, no measurements. */
  readonly params: Params;
  /** Values read at planning, for compare-and-swap: never part of what a person approves. */
  readonly fresh: JsonObject;
  readonly disruption: Disruption;
  /** Why it is that disruptive, here and now. */
  readonly disruptionWhy: string;
  /** True: undone before the incident closes. */
  readonly temporary: boolean;
  /** Taken back so many seconds after it was applied, unless somebody keeps it. Absent: it stays. */
  readonly staysSeconds?: number;
  /** How long applying it may take at most. */
  readonly timeoutSeconds: number;
  /** True: it never goes without a person, whatever the autonomy. */
  readonly alwaysAsk: boolean;
  /** One sentence in the imperative: `Restart container agent`. */
  readonly sentence: string;
  /** The same by hand. */
  readonly command: string;
}

/** What a remedy fills in; the engine adds the id, the remedy's name and what the kind computes. */
export interface ChangeDraft<Params extends JsonObject = JsonObject> {
  readonly kind: string;
  readonly object: { readonly key: string; readonly uid: string; readonly name: string };
  readonly touches: readonly string[];
  readonly fields: readonly FieldChange[];
  readonly generation?: number;
  readonly params: Params;
  readonly fresh: JsonObject;
  readonly temporary?: boolean;
  /** True: a person is asked for this one whatever its kind says, such as where the cause can't be told. */
  readonly alwaysAsk?: boolean;
}

/** What was seen when a change was applied. */
export interface Effect {
  /**
   * `applied`: by this change. `alreadyDone`: it was so before. `superseded`: something else did it or touched the
   * thing meanwhile. `nothing`: sent, and without an effect.
   */
  readonly status: 'applied' | 'alreadyDone' | 'superseded' | 'nothing';
  /** ISO time at the worker. */
  readonly at: string;
  /** One sentence for people: `cleared 812 items`, `killed after its grace time of 10 s`. */
  readonly note: string;
  /**
   * What the kind wants kept: RSS before and after, exit code, new StartedAt. `failed: true`: it was applied and went
   * wrong (a rollout that does not become ready), so it is taken back at once.
   */
  readonly details: JsonObject;
}

/** Why a change that was applied went wrong, so that it must not stay; undefined where it did not. */
export function wentWrong({ status, details, note }: Effect): string | undefined {
  return status === 'applied' && details.failed === true ? note : undefined;
}

/**
 * A kind of change: one pure module. Its applier is in activities/, and a mapped type over the kinds makes the
 * compiler refuse a kind without one.
 */
export interface ChangeKind<Params extends JsonObject = JsonObject, L extends AnyLook = AnyLook> {
  readonly kind: string;
  readonly title: string;
  /** How much this change would disrupt this target now. */
  disruption(draft: ChangeDraft<Params>, look: L): { readonly disruption: Disruption; readonly why: string };
  /** The sentence, and the equivalent command. */
  describe(draft: ChangeDraft<Params>): { readonly sentence: string; readonly command: string };
  /** Null where it may go ahead on this fresh look; else the reason why not. */
  precondition(change: Change<Params>, look: L): string | null;
  /** The change that undoes it, or why there is none. Asked after applying, with the effect; and before it, without. */
  undo(change: Change<Params>, effect: Effect | undefined): ChangeDraft | { readonly none: string };
  /** Names of alerts that this change must be expected to cause until it has settled. */
  readonly expectedAlerts?: readonly string[];
  /** What frees the memory that is free after it, where that is not what it is for: `the restart of its pods`. */
  readonly creditedTo?: string;
  /** In force until something else ends it: told among what stays, with the reason why it is not taken back. */
  readonly endsByItself?: boolean;
  /** Seconds after which it is taken back, where it is made for a time. */
  staysSeconds?(draft: ChangeDraft<Params>): number | undefined;
  /** Seconds that applying may take at most. */
  timeoutSeconds(draft: ChangeDraft<Params>): number;
  readonly alwaysAsk?: boolean;
}

/**
 * What a person approves: kind, identity, fields with old and new value, parameters, generation. Nothing that
 * moves by itself (start times, measurements), or every approval in a crash loop would be void before it is read.
 */
export function changeHash(change: Change | ChangeDraft): string {
  const { kind, object, fields, generation, params } = change;
  return digest({ kind, key: object.key, uid: object.uid, fields, generation, params }).slice(0, 16);
}

/** A draft made whole by its kind. */
export function completeChange<L extends AnyLook>(
  kind: ChangeKind<JsonObject, L>,
  draft: ChangeDraft,
  look: L,
  context: { readonly id: string; readonly remedy: string },
): Change {
  const { disruption, why } = kind.disruption(draft, look);
  const stays = kind.staysSeconds?.(draft);
  return {
    ...context,
    ...draft,
    temporary: draft.temporary ?? false,
    disruption,
    disruptionWhy: why,
    alwaysAsk: (kind.alwaysAsk ?? false) || (draft.alwaysAsk ?? false),
    timeoutSeconds: kind.timeoutSeconds(draft),
    ...(stays !== undefined && { staysSeconds: stays }),
    ...kind.describe(draft),
  };
}
