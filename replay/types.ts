import type { BundledIncident, RecordedHistory } from '../model/bundle/types.js';
import type { Fact } from '../model/facts.js';

/** One recorded run, wherever it came from: a bundle, a plain history file, or the server. */
export interface Recording {
  /** What people find it by: the file, or the short id. */
  readonly name: string;
  readonly workflowId: string;
  /** Workflow type as the history has it: a runbook's name, `governor`, `watch`, `notifications`. */
  readonly workflowType: string;
  readonly history: RecordedHistory;
  /** Of a bundle, or from the result of a run that completed. */
  readonly facts?: readonly Fact[];
  readonly incident?: BundledIncident;
}
