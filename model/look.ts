import type { Evidence, Measure } from './evidence.js';
import type { Json } from './json.js';
import type { Policy } from './policy.js';
import type { Target } from './target.js';

/** What stands behind a target's key at the moment of a look. */
export interface Identity {
  /** Container id, Deployment uid, pid with start time: another value means another thing. */
  readonly uid: string;
  readonly name: string;
  /** Compared for equality only: the engine's clock is not ours. */
  readonly startedAt?: string;
}

/**
 * One reading of a target: the evidence, and the policy in force for it.
 * `Details` is what the runbook's own rules read, structured; `Settings` is what the configuration says
 * of this target (its endpoints, its process), never with a secret in it.
 */
export interface Look<Details = Json, Settings = Json> {
  readonly target: Target;
  readonly at: string;
  readonly identity: Identity;
  /** Absent where the measure itself could not be read: then nothing may be changed. */
  readonly measure?: Measure;
  /** Why `measure` is absent. */
  readonly blind?: string;
  /** Running and healthy and ready, with the reason where it isn't. */
  readonly healthy: boolean;
  readonly healthNote?: string;
  /** Sudden ends so far (OOM kills), where they could be counted. */
  readonly kills?: number;
  readonly evidence: readonly Evidence[];
  readonly details: Details;
  readonly settings: Settings;
  readonly policy: Policy;
  /** Of `policy` and `settings`. */
  readonly policyDigest: string;
  /**
   * What a disruptive change would cut into: in-flight work, open exec sessions, a compose operation under way,
   * dependents, data services. Any of it demands a decision that shows it.
   */
  readonly goingOn: readonly string[];
  /** How long the look took. */
  readonly tookMs: number;
}

/** Any look at all, for code that knows nothing of what was looked at. */
export type AnyLook = Look<unknown, unknown>;
