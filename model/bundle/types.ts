import type { Fact, Outcome } from '../facts.js';
import type { JsonObject } from '../json.js';
import type { Policy } from '../policy.js';
import type { Target } from '../target.js';
import type { IncidentView } from '../view.js';

/** What the first bytes of every bundle say, whatever its version. */
export const bundleFormat = 'nightshift.incident-bundle';
/** Raised when an older Nightshift could no longer read what is written now. */
export const bundleVersion = 1;

/** Temporal's own word for how the run ended. */
export type RunStatus =
  | 'COMPLETED'
  | 'FAILED'
  | 'CANCELLED'
  | 'TERMINATED'
  | 'TIMED_OUT'
  | 'CONTINUED_AS_NEW';

/** What a list shows of an archived incident. Times are ISO. */
export interface BundledIncident {
  readonly shortId: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly target: Target;
  readonly runbook: string;
  readonly runbookVersion?: number;
  /** Version of Nightshift that opened it. */
  readonly product: string;
  readonly status: RunStatus;
  /** Absent where the run was terminated or timed out: then it has no result. */
  readonly outcome?: Outcome;
  readonly openedAt: string;
  readonly closedAt: string;
  /** Alert names, the first one first. */
  readonly alerts: readonly string[];
}

/** Temporal's history in its own JSON form (protobuf's), so that any of Temporal's tools reads it. */
export interface RecordedHistory {
  readonly events: readonly JsonObject[];
}

/** A policy that was in force during the incident, from the looks. */
export interface PolicyInForce {
  readonly digest: string;
  /** ISO time of the first look that brought it. */
  readonly since: string;
  readonly policy: Policy;
}

/** One closed incident, whole, in one file. docs/bundles.md describes it field by field. */
export interface IncidentBundle {
  readonly format: typeof bundleFormat;
  readonly version: number;
  /** Two sentences for whoever finds the file without Nightshift at hand. */
  readonly about: string;
  /** `sha256:` and the digest of the canonical JSON of everything else in the bundle. */
  readonly digest: string;
  readonly writtenAt: string;
  /** Version of Nightshift that wrote it. */
  readonly writtenBy: string;
  /** Where it ran: Temporal's namespace. A bundle of another installation opens all the same. */
  readonly namespace: string;
  /** How many strings the redaction changed while the bundle was made: secrets that had got into the history. */
  readonly redactions: number;
  readonly incident: BundledIncident;
  readonly policies: readonly PolicyInForce[];
  /** Absent where the run has no result. */
  readonly facts?: readonly Fact[];
  readonly report?: IncidentView;
  readonly history: RecordedHistory;
}
