import type { Severity } from './alert.js';

export interface Cause {
  /** Stable name in kebab case: `leak`, `limit-too-small`, `bloated-container`. */
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  /** 0 to 1; causes are ranked by it. */
  readonly weight: number;
  readonly evidenceFor: readonly string[];
  readonly evidenceAgainst: readonly string[];
  /** Key of the thing at fault, when not the target itself. */
  readonly object?: string;
}

export interface Growth {
  /** Robust slope (Theil–Sen) of use over time. */
  readonly bytesPerSecond: number;
  readonly overSeconds: number;
  readonly samples: number;
  /** Seconds until the limit is reached at that rate; absent where it isn't growing. */
  readonly secondsToLimit?: number;
}

export interface Diagnosis {
  /** Measured; `normal` is below the warning threshold. */
  readonly level: 'normal' | Severity;
  readonly levelWhy: string;
  /** Most likely first. Empty: it can't be told. */
  readonly causes: readonly Cause[];
  readonly growth?: Growth;
  /** More will be known then, or fit: where no rung is left, the target is looked at again after so long. */
  readonly again?: { readonly seconds: number; readonly why: string };
}
