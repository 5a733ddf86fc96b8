import { type Client, ScheduleNotFoundError, type WorkflowExecutionDescription } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { grpcCode, reach } from '../client/temporal.js';
import {
  type ArchiverInput,
  type ArchiverResult,
  type ArchiverState,
  type ClosedRun,
  planRun,
  resultOf,
} from '../model/archiver.js';
import { scheduleIds, workflowTypes } from '../workflows/contract.js';
import { closedIncidents } from './collect.js';
import type { Archive } from './types.js';
import { unarchived, wantedRuns } from './unarchived.js';

/** Milliseconds that one call to Temporal may take. */
const callLimitMs = 5_000;

/** One run of the archiver, by Temporal's account. Times are ISO. */
export interface ArchiverRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  /** Temporal's word: RUNNING, COMPLETED, TERMINATED … */
  readonly status: string;
  /** Where it completed. */
  readonly result?: ArchiverResult;
}

/** How the archiver's schedule stands. */
export interface ArchiverStanding {
  readonly everySeconds: number;
  readonly owner: string;
  readonly paused: boolean;
  /** Why it is paused, or was resumed. */
  readonly note?: string;
  /** ISO; absent while it is paused. */
  readonly next?: string;
  /** Newest first; Temporal remembers ten. */
  readonly runs: readonly ArchiverRun[];
}

/** Undefined: there is no schedule, or what has its id starts something else. Throws `TemporalUnreachable`. */
export async function archiverStanding(client: Client): Promise<ArchiverStanding | undefined> {
  const found = await describeSchedule(client);
  if (!found?.input) return undefined;
  const { input, description } = found;
  const { info, state } = description;
  const runs: ArchiverRun[] = [];
  for (const { action } of [...info.recentActions].reverse()) {
    const { workflowId, firstExecutionRunId } = action.workflow;
    const run = await runOf(client, workflowId, firstExecutionRunId);
    if (run) runs.push(run);
    // What it did last is all that is asked for: the ones before only where that has not ended well.
    if (run?.result) break;
  }
  const [next] = state.paused ? [] : info.nextActionTimes;
  return {
    everySeconds: input.everySeconds,
    owner: input.owner,
    paused: state.paused,
    ...(state.note && { note: state.note }),
    ...(next && { next: next.toISOString() }),
    runs,
  };
}

/** The schedule and what it starts; no `input`: it starts something else than the archiver. */
export async function describeSchedule(client: Client) {
  try {
    const handle = client.schedule.getHandle(scheduleIds.archiver);
    const description = await reach(client, callLimitMs, () => handle.describe());
    const input = inputIn(description.action.workflowType, description.action.args);
    return { description, ...(input && { input }) };
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

function inputIn(workflowType: string, args: readonly unknown[] = []): ArchiverInput | undefined {
  const [input] = args;
  if (workflowType !== workflowTypes.archiver || input === null || typeof input !== 'object')
    return undefined;
  return { everySeconds: 0, retention: {}, owner: '', ...input };
}

/** One run, with its result where it has one; undefined where Temporal has forgotten it. */
export async function runOf(
  client: Client,
  workflowId: string,
  runId: string,
): Promise<ArchiverRun | undefined> {
  const handle = client.workflow.getHandle(workflowId, runId);
  let described: WorkflowExecutionDescription;
  try {
    described = await reach(client, callLimitMs, () => handle.describe());
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return undefined;
    throw error;
  }
  const { startTime, closeTime, status } = described;
  const result =
    status.name === 'COMPLETED'
      ? resultOf(await reach(client, callLimitMs, () => handle.result()))
      : undefined;
  return {
    workflowId,
    runId,
    startedAt: startTime.toISOString(),
    ...(closeTime && { endedAt: closeTime.toISOString() }),
    status: status.name,
    ...(result && { result }),
  };
}

/** What the last run that ended well remembers. */
export function lastState(standing: ArchiverStanding | undefined): ArchiverState | undefined {
  return standing?.runs.find(({ result }) => result !== undefined)?.result?.state;
}

/**
 * Closed incidents that the archive ought to have and has not, oldest end first: since the last run's cursor, or of
 * all that Temporal has where there was no run. Throws `TemporalUnreachable`.
 */
export async function unarchivedIncidents(
  client: Client,
  archive: Pick<Archive, 'has'> | undefined,
  settings: { readonly everySeconds: number; readonly keepSeconds?: number },
  standing: ArchiverStanding | undefined,
  now: Date,
): Promise<readonly ClosedRun[]> {
  const state = lastState(standing);
  // As the next run would look, but never at everything only because that is due.
  const since =
    state && planRun({ ...state, sweptAt: now.toISOString() }, settings.everySeconds, now.getTime()).since;
  const { keepSeconds } = settings;
  const wanted = {
    ...(since !== undefined && { since }),
    ...(keepSeconds !== undefined && { keepSeconds }),
    ...(state?.prunedUntil !== undefined && { prunedUntil: state.prunedUntil }),
  };
  const closed = (from: string | undefined) =>
    closedIncidents(client, from === undefined ? {} : { since: from });
  return unarchived(archive, await wantedRuns(closed, wanted, now.getTime()));
}

/** gRPC status PERMISSION_DENIED. */
const permissionDenied = 7;

/** How long the namespace keeps closed workflows, seconds; undefined where it may not be asked. */
export async function namespaceSeconds(client: Client): Promise<number | undefined> {
  const { namespace } = client.options;
  try {
    const { config } = await reach(client, callLimitMs, () =>
      client.workflowService.describeNamespace({ namespace }),
    );
    const ttl = config?.workflowExecutionRetentionTtl;
    return ttl ? tsToMs(ttl) / 1000 : undefined;
  } catch (error) {
    if (grpcCode(error) === permissionDenied) return undefined;
    throw error;
  }
}
