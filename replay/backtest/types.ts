import type { BacktestPair } from '../../model/backtest/types.js';
import type { Policy } from '../../model/policy.js';
import type { Target } from '../../model/target.js';
import type { Bundle } from '../../worker/bundle.js';

/** A policy in force, and its digest as the configuration makes it. */
export interface PolicyThen {
  readonly policy: Policy;
  readonly digest: string;
}

/** The policy that the candidate would have had in force, for a look that brought another one. */
export type CandidatePolicy = (
  target: Target,
  recordedPolicy: Policy,
  recordedSettings: unknown,
) => PolicyThen | Promise<PolicyThen>;

/** What is tried on recorded incidents: code, and a policy where another one than the recorded is to be tried. */
export interface Candidate {
  /** The workflow bundle; `workflowBundle` of worker/bundle.ts makes it. */
  readonly bundle: Bundle;
  readonly policy?: CandidatePolicy;
}

/** What became of one recording: both sides, or why it had to be left out. */
export type Backtested =
  | { readonly name: string; readonly pair: BacktestPair }
  /** A sentence: it has no recorded facts, or it is no incident. `unreadable`: the file or history is no good. */
  | { readonly name: string; readonly left: string; readonly unreadable?: true };
