import { Context } from '@temporalio/activity';
import { failure } from '../../activities/failure.js';
import type { Archive } from '../../archive/types.js';
import { unarchived, wantedRuns } from '../../archive/unarchived.js';
import type { ArchiveActivities, ArchiveBatchProgress } from '../../model/activities.js';
import type { ClosedRun } from '../../model/archiver.js';
import type { IncidentBundle } from '../../model/bundle/types.js';
import { archiveBatch } from './batch.js';
import type { ArchiverGauges } from './metrics.js';

/** What the archiver's activities are made of. */
export interface ArchiverParts {
  /** The configured archive; undefined: none is configured any more. */
  archive(): Archive | undefined;
  /** Closed incidents, in any order. */
  closed(since: string | undefined): AsyncIterable<ClosedRun>;
  collect(run: ClosedRun): Promise<IncidentBundle>;
  /** How long the namespace keeps closed incidents; undefined: it may not be asked. */
  namespaceSeconds(): Promise<number | undefined>;
  readonly gauges: ArchiverGauges;
  now(): Date;
}

/** How often an attempt shows that it lives, milliseconds. */
const beatMs = 1_000;

export function createArchiveActivities(parts: ArchiverParts): ArchiveActivities {
  return {
    async archiveBatch(request) {
      const context = Context.current();
      let progress: ArchiveBatchProgress | undefined = context.info.heartbeatDetails;
      const beat = setInterval(() => context.heartbeat(progress), beatMs);
      try {
        return await archiveBatch({ ...parts, archive: required(parts) }, request, {
          signal: context.cancellationSignal,
          previous: progress,
          onProgress: (now) => {
            progress = now;
            context.heartbeat(now);
          },
          log: context.log,
        });
      } catch (error) {
        parts.gauges.failed();
        throw error;
      } finally {
        clearInterval(beat);
      }
    },
    async pruneArchive({ retention, now, closedBefore }) {
      // The earlier of two clocks: one that is ahead may not make a bundle old.
      const time = new Date(Math.min(Date.parse(now), parts.now().getTime()));
      const gone = await required(parts).prune(retention, time, {
        ...(closedBefore !== undefined && { closedBefore }),
      });
      const ends = gone.map(({ incident }) => incident.closedAt).sort();
      const until = ends.at(-1);
      return {
        pruned: gone.length,
        bytes: gone.reduce((sum, { bytes }) => sum + bytes, 0),
        ...(until !== undefined && { until }),
      };
    },
    async oldestUnarchived(wanted) {
      const namespaceSeconds = await parts.namespaceSeconds();
      const runs = await wantedRuns(parts.closed, wanted, parts.now().getTime());
      const missing = await unarchived(parts.archive(), runs);
      const [oldest] = missing;
      return {
        count: missing.length,
        ...(oldest && { oldest }),
        ...(namespaceSeconds !== undefined && { namespaceSeconds }),
      };
    },
  };
}

function required({ archive }: ArchiverParts): Archive {
  const found = archive();
  if (found) return found;
  throw failure('Unreachable', 'this worker has no archive any more: its configuration has none');
}
