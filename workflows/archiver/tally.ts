import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type { ArchiveBatchResult } from '../../model/activities.js';
import {
  type ArchiverResult,
  type ClosedRun,
  type NotArchived,
  shownFailures,
} from '../../model/archiver.js';

/** What the batches of one run came to, together. */
export class Tally {
  written = 0;
  there = 0;
  readonly failures: NotArchived[] = [];
  /** The end of the last incident that was dealt with. */
  cursor: string | undefined;
  newest: ClosedRun | undefined;
  oldestWritten: string | undefined;
  swept = false;
  namespaceSeconds: number | undefined;

  add(batch: ArchiveBatchResult): void {
    this.written += batch.written;
    this.there += batch.there;
    this.failures.push(...batch.failures);
    this.cursor = batch.cursor ?? this.cursor;
    this.newest = batch.newest ?? this.newest;
    this.swept ||= batch.swept;
    this.namespaceSeconds = batch.namespaceSeconds ?? this.namespaceSeconds;
    const { oldestWritten } = batch;
    if (
      oldestWritten !== undefined &&
      !(this.oldestWritten !== undefined && this.oldestWritten < oldestWritten)
    )
      this.oldestWritten = oldestWritten;
  }

  /** Run ids that a further batch need not look at: the rest closed before the cursor. */
  get dealtWith(): readonly string[] {
    const failed = this.failures.map(({ runId }) => runId);
    return this.newest ? [...failed, this.newest.runId] : failed;
  }

  /** Where the next run begins: at the oldest that could not be archived, so that it is tried again. */
  get resumeAt(): string | undefined {
    const ends = this.failures.map(({ closedAt }) => closedAt);
    return [...ends, ...(this.cursor === undefined ? [] : [this.cursor])].sort()[0];
  }

  shown(): Pick<ArchiverResult, 'written' | 'there' | 'failed' | 'failures'> {
    const { written, there, failures } = this;
    const oldest = [...failures].sort((a, b) => (a.closedAt < b.closedAt ? -1 : 1));
    return { written, there, failed: failures.length, failures: oldest.slice(0, shownFailures) };
  }
}

/** Why an activity was given up, for people. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) {
    // The last attempt's own failure says more than that time was up.
    if (cause.cause instanceof ApplicationFailure) return cause.cause.message;
    return 'no worker with the archive’s folder answered in time';
  }
  return cause instanceof Error ? cause.message : String(cause);
}
