import { Counter, Gauge, type Registry } from 'prom-client';
import type { ArchiveBatchProgress } from '../../model/activities.js';

/** What the archiver's worker counts. */
export interface ArchiverGauges {
  batch(progress: ArchiveBatchProgress, more: boolean): void;
  /** An attempt at a batch failed: the folder or Temporal is in trouble. */
  failed(): void;
}

/** Answers with the end of the oldest closed incident that is not in the archive; undefined: all are in it. */
export type OldestUnarchived = () => Promise<Date | undefined>;

/**
 * The worker's figures about the archive. The age is asked for when it is scraped, so that it grows while the archiver
 * stands still, whichever worker it ran on.
 */
export function archiverMetrics(
  registry: Registry,
  oldest: OldestUnarchived,
  now: () => Date,
): ArchiverGauges {
  const registers = [registry];
  const incidents = new Counter({
    name: 'nightshift_archive_incidents_total',
    help: 'Closed incidents that this worker dealt with, by what became of them',
    labelNames: ['result'],
    registers,
  });
  const failures = new Counter({
    name: 'nightshift_archive_failed_attempts_total',
    help: 'Attempts that the folder or Temporal brought to nothing',
    registers,
  });
  const success = new Gauge({
    name: 'nightshift_archive_last_success_timestamp_seconds',
    help: 'When this worker last brought the archive up to date',
    registers,
  });
  new Gauge({
    name: 'nightshift_archive_oldest_unarchived_seconds',
    help: 'How long ago the oldest closed incident ended that is not in the archive; 0: all are in it',
    registers,
    async collect() {
      const end = await oldest().catch(() => 'unknown' as const);
      if (end === 'unknown') this.set(Number.NaN);
      else this.set(end === undefined ? 0 : Math.max(0, (now().getTime() - end.getTime()) / 1000));
    },
  });
  return {
    batch({ written, there, failures: failed }, more) {
      incidents.inc({ result: 'written' }, written);
      incidents.inc({ result: 'there' }, there);
      incidents.inc({ result: 'failed' }, failed.length);
      if (!more && failed.length === 0) success.set(now().getTime() / 1000);
    },
    failed: () => failures.inc(),
  };
}
