import { isCancellation, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { ArchiveActivities } from '../../model/activities.js';
import {
  type ArchiverInput,
  type ArchiverResult,
  type ArchiverState,
  planRun,
  type RunPlan,
  stateOf,
} from '../../model/archiver.js';
import { taskQueues } from '../contract.js';
import { reasonOf, Tally } from './tally.js';
import { tellIfNeeded } from './telling.js';

/**
 * Seconds that a folder that is full, read-only or gone is tried again; then the run ends, says so, and the next one
 * goes on. Nothing is lost meanwhile: Temporal still has the incidents. Longer than a batch takes.
 */
const patienceSeconds = 600;

/** So many failures in one run have one cause: the rest is left to the next run. */
const mostFailures = 200;

function batching(patience: number): ArchiveActivities['archiveBatch'] {
  const { archiveBatch } = proxyActivities<ArchiveActivities>({
    taskQueue: taskQueues.archive,
    startToCloseTimeout: '10m',
    scheduleToCloseTimeout: patience * 1000,
    // The activity beats by a clock of its own: it stops beating only with its process, and another worker goes on.
    heartbeatTimeout: '5s',
    retry: { initialInterval: '1s', maximumInterval: '1m' },
  });
  return archiveBatch;
}

const { pruneArchive } = proxyActivities<ArchiveActivities>({
  taskQueue: taskQueues.archive,
  startToCloseTimeout: '10m',
  scheduleToCloseTimeout: '10m',
  scheduleToStartTimeout: '1m',
  retry: { initialInterval: '1s', maximumAttempts: 3 },
});

/**
 * One run of the archiver's schedule: what closed since the last run goes into the archive, in batches of one activity
 * each, then the retention is applied. What it remembers is in its result, which Temporal hands to the next run. It
 * never fails for the archive's sake: its result says what the trouble was.
 */
export async function archiver(input: ArchiverInput): Promise<ArchiverResult> {
  const run: Run = {
    input,
    before: stateOf(workflowInfo().lastResult),
    began: Date.now(),
    tally: new Tally(),
    troubles: [],
  };
  const plan = planRun(run.before, input.everySeconds, run.began);
  await noting(run, writeAll(run, plan));
  // After trouble, too: where the archive is full, this may be what makes room.
  const pruned = await noting(run, prune(run, plan));
  const trouble = run.troubles.length > 0 ? { trouble: run.troubles.join('; ') } : {};
  const state = stateAfter(run, plan, pruned?.until);
  const told = await tellIfNeeded({ input, state, failures: run.tally.failures, ...trouble });
  return {
    state: told === undefined ? state : { ...state, escalatedAt: told },
    ...run.tally.shown(),
    pruned: pruned?.pruned ?? 0,
    prunedBytes: pruned?.bytes ?? 0,
    ...trouble,
  };
}

interface Run {
  readonly input: ArchiverInput;
  readonly before: ArchiverState | undefined;
  /** Milliseconds, by Temporal's clock. */
  readonly began: number;
  readonly tally: Tally;
  readonly troubles: string[];
}

async function noting<T>({ troubles }: Run, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isCancellation(error)) throw error;
    const reason = reasonOf(error);
    if (!troubles.includes(reason)) troubles.push(reason);
    return undefined;
  }
}

async function writeAll({ input, before, tally, troubles }: Run, plan: RunPlan): Promise<void> {
  const { retention } = input;
  const archiveBatch = batching(input.patienceSeconds ?? patienceSeconds);
  for (let first = true; ; first = false) {
    const since = tally.cursor ?? plan.since;
    const batch = await archiveBatch({
      ...(since !== undefined && { since }),
      // Only the first batch has to find out whether the folder is still the same.
      ...(first && before?.newest && { newest: before.newest }),
      ...(retention.seconds !== undefined && { keepSeconds: retention.seconds }),
      ...(before?.prunedUntil !== undefined && { prunedUntil: before.prunedUntil }),
      passOver: tally.dealtWith,
    });
    tally.add(batch);
    if (!batch.more) return;
    if (tally.failures.length >= mostFailures) {
      troubles.push(
        `${tally.failures.length} incidents could not be archived: the rest is left to the next run`,
      );
      return;
    }
  }
}

/** Once a day, and after what may have made it too large: a look through the folder that changes nothing costs, too. */
async function prune(run: Run, plan: RunPlan) {
  const { input, before, began, tally, troubles } = run;
  const daily = plan.since === undefined;
  const troubled = troubles.length > 0;
  if (!(daily || troubled || tally.written > 0 || before?.pruneDue === true)) return undefined;
  // What a batch wrote before it failed is not known. It may be as old as the run's beginning.
  const closedBefore = tally.oldestWritten ?? (troubled ? plan.since : undefined);
  const { seconds, bytes } = input.retention;
  const retention = {
    ...(seconds !== undefined && plan.mayPruneByAge && { seconds }),
    ...(bytes !== undefined && !(troubled && closedBefore === undefined) && { bytes }),
  };
  // Once a day in any case: drafts of writers that were killed are to go, too.
  if (retention.seconds === undefined && retention.bytes === undefined && !daily) return undefined;
  return pruneArchive({
    retention,
    now: new Date(began).toISOString(),
    ...(closedBefore !== undefined && { closedBefore }),
  });
}

function stateAfter(
  { before, began, tally, troubles }: Run,
  plan: RunPlan,
  prunedNow: string | undefined,
): ArchiverState {
  const at = new Date(began).toISOString();
  const swept = troubles.length === 0 && (plan.since === undefined || tally.swept);
  const cursor = tally.resumeAt ?? before?.cursor;
  const newest = tally.newest ?? before?.newest;
  const prunedUntil = [before?.prunedUntil, prunedNow]
    .filter((each) => each !== undefined)
    .sort()
    .at(-1);
  const sweptAt = swept ? at : before?.sweptAt;
  const namespaceSeconds = tally.namespaceSeconds ?? before?.namespaceSeconds;
  return {
    at,
    ...(cursor !== undefined && { cursor }),
    ...(sweptAt !== undefined && { sweptAt }),
    ...(newest && { newest }),
    ...(prunedUntil !== undefined && { prunedUntil }),
    ...(namespaceSeconds !== undefined && { namespaceSeconds }),
    ...(tally.written > 0 && { pruneDue: true }),
    ...(before?.escalatedAt !== undefined && { escalatedAt: before.escalatedAt }),
  };
}
