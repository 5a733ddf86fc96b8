import type { Recording } from './types.js';
import type { Verdict } from './verdict.js';

/** What a child is given: a file that it reads by itself, or a recording that was fetched for it. */
export type Task =
  | { readonly n: number; readonly name: string; readonly file: string }
  | { readonly n: number; readonly name: string; readonly recording: Recording };

/** What a child says. It answers its tasks in the order in which they were given. */
export type Answer =
  | { readonly n: number; readonly verdict: Verdict }
  /** It can't replay anything: the bundle does not load. */
  | { readonly failed: string };
