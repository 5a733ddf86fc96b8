import type { BundledIncident, IncidentBundle } from '../model/bundle/types.js';

/** One bundle as the archive lists it, without its history. */
export interface ArchiveEntry {
  /** Absolute path of the file. */
  readonly file: string;
  readonly bytes: number;
  readonly incident: BundledIncident;
}

/** Which bundles are wanted; all of it must hold. Times are ISO, of the incident's end. */
export interface ArchiveFilter {
  readonly since?: string;
  readonly until?: string;
  readonly runbook?: string;
  readonly target?: string;
}

/** How long bundles are kept. Absent: for ever, and whatever the size. */
export interface Retention {
  readonly seconds?: number;
  /** The oldest go first, until the archive is no larger. */
  readonly bytes?: number;
}

export interface PruneOptions {
  /** ISO; what closed at or after this stays, however old or large: it has just been written. */
  readonly closedBefore?: string;
  /** Nothing is removed: what would go is returned. */
  readonly dryRun?: boolean;
}

/** A folder of bundles, local or mounted. */
export interface Archive {
  readonly folder: string;
  /** True where a good bundle of this run is there. */
  has(incident: Pick<BundledIncident, 'runId' | 'shortId' | 'closedAt'>): Promise<boolean>;
  /**
   * Writes a bundle whole or not at all, reads it back and compares its digest. `there`: a good one of the same run
   * was there already. Throws `ArchiveError` where the folder is full, read-only or gone.
   */
  write(bundle: IncidentBundle): Promise<{ readonly file: string; readonly result: 'written' | 'there' }>;
  /** Oldest end first. Files that are no good bundles are told to `onBad` and passed over. */
  list(filter?: ArchiveFilter, onBad?: (error: Error) => void): AsyncIterable<ArchiveEntry>;
  /** Throws `BundleError` where it is truncated, edited, of a newer version, or no bundle at all. */
  read(file: string): Promise<IncidentBundle>;
  /** Removes what the retention does not keep, and drafts that a killed writer left. Returns what went. */
  prune(retention: Retention, now: Date, options?: PruneOptions): Promise<readonly ArchiveEntry[]>;
}
