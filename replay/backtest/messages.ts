import type { Policy } from '../../model/policy.js';
import type { Target } from '../../model/target.js';
import type { Recording } from '../types.js';
import type { Backtested, PolicyThen } from './types.js';

/** A recording to work: a file that the child reads by itself, or one that was fetched for it. */
export type Task =
  | { readonly name: string; readonly file: string }
  | { readonly name: string; readonly recording: Recording };

/** To a child. */
export type Told =
  | { readonly task: Task }
  | { readonly policy: PolicyThen; readonly question: number }
  | { readonly noPolicy: string; readonly question: number };

/** From a child. */
export type Said =
  /** The candidate is loaded: from now on it is the recordings that take time. */
  | { readonly ready: true }
  | { readonly done: Backtested }
  /** The candidate's policy is asked for where the configuration was read: in the parent. */
  | {
      readonly question: number;
      readonly target: Target;
      readonly policy: Policy;
      readonly settings: unknown;
    }
  /** It can work nothing: the bundle does not load. */
  | { readonly failed: string };
