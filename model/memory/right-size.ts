import type { Diagnosis } from '../diagnosis.js';

/** The observed peak is to be this share of the limit. */
export const peakShare = 0.7;
/** A peak that ended in an OOM kill would have gone on: it counts as at least so much of the limit it hit. */
export const killedPeak = 1.25;

const mebibyte = 1024 ** 2;

export interface Observed {
  /** The highest working set seen, bytes. */
  readonly peakBytes: number;
  readonly limitBytes?: number;
  /** The peak ended in an OOM kill. */
  readonly killed: boolean;
  /** A leak leads the diagnosis. */
  readonly leaking: boolean;
}

/**
 * The limit of which the observed peak is 70 %, in whole MiB, rounded up. While a leak leads, never more than
 * the present limit: a larger one only lets it grow longer. Undefined where a leak leads and there is no limit
 * yet to keep (the peak says nothing then).
 */
export function rightSize({ peakBytes, limitBytes, killed, leaking }: Observed): number | undefined {
  const peak = killed && limitBytes !== undefined ? Math.max(peakBytes, limitBytes * killedPeak) : peakBytes;
  // A billionth over a whole MiB is the division's, not the service's.
  const wanted = Math.ceil(peak / peakShare / mebibyte - 1e-9) * mebibyte;
  if (!leaking) return wanted;
  return limitBytes === undefined ? undefined : Math.min(limitBytes, wanted);
}

/** True where a leak leads the diagnosis: then no larger limit is the answer. */
export function leakLeads(diagnosis: Diagnosis | undefined): boolean {
  return diagnosis?.causes[0]?.name === 'leak';
}
