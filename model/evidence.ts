import type { Json } from './json.js';

export type Unit =
  | 'bytes'
  | 'percent'
  | 'count'
  | 'seconds'
  | 'milliseconds'
  | 'bytesPerSecond'
  | 'perSecond';

/** One observation. */
export interface Observed {
  /** Where it was read: `docker stats`, `/proc/meminfo`, `GET /metrics`. */
  readonly source: string;
  /** What it says: `container.workingSet`, `host.memory.usedPercent`. */
  readonly name: string;
  /** What it is about, when not the target itself. */
  readonly subject?: string;
  /** ISO time of the reading. */
  readonly at: string;
  readonly value: Json;
  readonly unit?: Unit;
}

/** An observation that could not be had, and why. */
export interface Gap {
  readonly source: string;
  readonly name: string;
  readonly subject?: string;
  readonly at: string;
  readonly gap: string;
}

export type Evidence = Observed | Gap;

export function isGap(evidence: Evidence): evidence is Gap {
  return 'gap' in evidence;
}

/** What a runbook is about, as one figure: memory in use against its limit. */
export interface Measure {
  readonly used: number;
  /** What `used` may not reach. Always given: a container without a limit is measured against its host. */
  readonly limit: number;
  readonly unit: 'bytes';
  /** used / limit × 100. */
  readonly percent: number;
  /** Whose limit it is, in words: `its own limit`, `the host (no limit of its own)`. */
  readonly against: string;
}

/** One light reading while waiting: settling, soaking, watching. A verdict on it is for pure code. */
export interface Sample {
  readonly at: string;
  /** Absent where the measure could not be read; `gap` says why. */
  readonly used?: number;
  readonly limit?: number;
  readonly gap?: string;
  /** OOM kills seen so far (or another counter of sudden ends), where known. */
  readonly kills?: number;
  /** False: not running, unhealthy, or not ready. */
  readonly healthy?: boolean;
  readonly healthNote?: string;
  /** Identity at that time, compared for equality only. */
  readonly id?: string;
  readonly startedAt?: string;
  /** Resident memory of the fullest part of the target, as it tells itself, where nobody else keeps its history. */
  readonly resident?: { readonly of: string; readonly bytes: number };
}
