import { failure, messageOf } from '../../activities/failure.js';
import { ArchiveError } from '../../archive/errors.js';
import type { Archive } from '../../archive/types.js';
import { isThere, wantedRuns } from '../../archive/unarchived.js';
import { TemporalUnreachable } from '../../client/temporal.js';
import type {
  ArchiveBatchProgress,
  ArchiveBatchRequest,
  ArchiveBatchResult,
} from '../../model/activities.js';
import type { ClosedRun } from '../../model/archiver.js';
import { NotAnIncident } from '../../model/bundle/make.js';
import type { ArchiverParts } from './activities.js';

/** A batch ends after so many bundles, or so much time: what it did is then safe in the archiver's history. */
const mostWritten = 500;
const longestMs = 120_000;
/** So many failures in a row have one cause: the batch ends, and the workflow decides. */
const mostFailures = 50;
/** Characters of a reason that are kept. */
const longestWhy = 300;

/** What an attempt knows of itself. */
export interface BatchAttempt {
  readonly signal: AbortSignal;
  /** What an earlier attempt, whose worker died, had done. */
  readonly previous: ArchiveBatchProgress | undefined;
  onProgress(progress: ArchiveBatchProgress): void;
  readonly log: { warn(message: string, attributes?: Record<string, unknown>): void };
}

type Parts = Omit<ArchiverParts, 'archive'> & { readonly archive: Archive };

/**
 * Writes what closed since into the archive, oldest end first. What is there is passed over, so two at once, or one
 * after another's death, do no harm. An incident that can't be collected is counted and does not keep the others;
 * throws `ArchiveError` where the folder takes nothing, and what Temporal throws where it can't be reached.
 */
export async function archiveBatch(
  parts: Parts,
  request: ArchiveBatchRequest,
  attempt: BatchAttempt,
): Promise<ArchiveBatchResult> {
  const { swept, since } = await beginning(parts.archive, request, attempt.previous);
  const { keepSeconds, prunedUntil } = request;
  const wanted = {
    ...(since !== undefined && { since }),
    ...(keepSeconds !== undefined && { keepSeconds }),
    ...(prunedUntil !== undefined && { prunedUntil }),
  };
  const all = await wantedRuns(parts.closed, wanted, parts.now().getTime());
  const done = new Set([
    ...request.passOver,
    ...(attempt.previous?.failures ?? []).map(({ runId }) => runId),
  ]);
  const runs = all.filter(({ runId }) => !done.has(runId));
  const before = attempt.previous ?? { written: 0, there: 0, failures: [] };
  const work = new Work(parts, { ...before, found: before.written + before.there + runs.length }, attempt);
  const more = await work.through(runs);
  const namespaceSeconds = await parts.namespaceSeconds();
  parts.gauges.batch(work.progress, more);
  return { ...work.progress, more, swept, ...(namespaceSeconds !== undefined && { namespaceSeconds }) };
}

/** Where the batch begins: the last thing written must still be there, else the folder is another one. */
async function beginning(
  archive: Archive,
  { since, newest, prunedUntil }: ArchiveBatchRequest,
  previous: ArchiveBatchProgress | undefined,
): Promise<{ readonly swept: boolean; readonly since?: string }> {
  const pruned = newest && prunedUntil !== undefined && newest.closedAt <= prunedUntil;
  const swept = newest !== undefined && !pruned && !(await isThere(archive, newest));
  const from = previous?.cursor ?? (swept ? undefined : since);
  return { swept, ...(from !== undefined && { since: from }) };
}

/** The incidents of one batch, one after the other. */
class Work {
  constructor(
    private readonly parts: Parts,
    public progress: ArchiveBatchProgress,
    private readonly attempt: BatchAttempt,
  ) {}

  /** True where some are left. */
  async through(runs: readonly ClosedRun[]): Promise<boolean> {
    const { signal } = this.attempt;
    const end = Date.now() + longestMs;
    const limit = this.progress.written + mostWritten;
    for (const run of runs) {
      signal.throwIfAborted();
      const { written, failures } = this.progress;
      if (written >= limit || failures.length >= mostFailures || Date.now() > end) return true;
      await this.one(run);
      this.attempt.onProgress(this.progress);
    }
    return false;
  }

  private async one(run: ClosedRun): Promise<void> {
    const { archive, collect } = this.parts;
    try {
      if (await isThere(archive, run)) return this.good(run, 'there');
      const bundle = await collect(run);
      const { result } = await archive.write(bundle);
      this.good(run, result);
    } catch (error) {
      if (concernsAll(error)) throw mended(error);
      if (error instanceof NotAnIncident) return this.passOver(run, error);
      const why = messageOf(error).slice(0, longestWhy);
      this.attempt.log.warn(`not archived: ${why}`, { ...run });
      const { progress } = this;
      this.progress = {
        ...progress,
        failures: [...progress.failures, { ...run, why }],
        cursor: run.closedAt,
      };
    }
  }

  /** Somebody else's workflow under an incident's name. It is no failure: trying again would not help. */
  private passOver(run: ClosedRun, { message }: Error): void {
    this.attempt.log.warn(`no incident: ${message}`, { ...run });
    this.progress = { ...this.progress, cursor: run.closedAt };
  }

  private good(run: ClosedRun, result: 'written' | 'there'): void {
    const { progress } = this;
    const { closedAt } = run;
    this.progress = {
      ...progress,
      [result]: progress[result] + 1,
      cursor: closedAt,
      newest: run,
      ...(result === 'written' && { oldestWritten: progress.oldestWritten ?? closedAt }),
    };
  }
}

/** The folder or Temporal is in trouble, not this one incident: a file that nothing can be made of is such a one. */
function concernsAll(error: unknown): boolean {
  if (error instanceof ArchiveError) return error.problem !== 'broken';
  return error instanceof TemporalUnreachable;
}

/** As a failure that is tried again, with its mend: the workflow's result and people's messages show it. */
function mended(error: unknown): Error {
  const mend = error instanceof ArchiveError || error instanceof TemporalUnreachable ? ` ${error.mend}` : '';
  return failure('Unreachable', `${messageOf(error)}.${mend}`, error);
}
