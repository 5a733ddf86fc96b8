/**
 * What the author of a runbook needs, and all that a runbook from outside this repository may use: the types and
 * the rules, and the one engine. A runbook's own module (pure, part of the workflow bundle) exports
 * `runbook`; its worker module exports an `Extension` with the adapter that reads its targets and the appliers
 * of its kinds of change.
 */
export type { Alert, Severity } from '../model/alert.js';
export type { Change, ChangeDraft, ChangeKind, Disruption, Effect, FieldChange } from '../model/change.js';
export type { Cause, Diagnosis, Growth } from '../model/diagnosis.js';
export { type FailureType, failure, failures } from '../model/errors.js';
export type { Evidence, Gap, Measure, Observed, Sample } from '../model/evidence.js';
export { isGap } from '../model/evidence.js';
export type {
  Applier,
  AppliersFor,
  ApplyContext,
  Extension,
  ReadContext,
  Reading,
  TargetAdapter,
} from '../model/extension.js';
export { defineExtension } from '../model/extension.js';
export { growthOf, isSteady } from '../model/growth.js';
export type { Json, JsonObject } from '../model/json.js';
export type { AnyLook, Identity, Look } from '../model/look.js';
export type { Policy } from '../model/policy.js';
export type {
  Check,
  Proposal,
  Recommendation,
  Remedy,
  Runbook,
  RunbookPage,
  Seen,
} from '../model/runbook.js';
export { percentOf, tail } from '../model/samples.js';
export type { Target } from '../model/target.js';
export { contains, overlaps, shortName } from '../model/target.js';
