import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { grpcCode, reach } from '../client/temporal.js';
import { makeBundle } from '../model/bundle/make.js';
import type { IncidentBundle, RecordedHistory } from '../model/bundle/types.js';
import { shortId } from '../model/digest.js';
import { product } from '../model/product.js';
import { sha256 } from './format.js';

/** One run, by Temporal's own names. */
export interface RunRef {
  readonly workflowId: string;
  readonly runId: string;
}

/** A closed run of an incident, as visibility lists it. Times are ISO. */
export interface ClosedRun extends RunRef {
  readonly shortId: string;
  /** Workflow type: the runbook that it was opened with. */
  readonly runbook: string;
  /** Temporal's word: COMPLETED, TERMINATED … */
  readonly status: string;
  readonly openedAt: string;
  readonly closedAt: string;
}

/** The run is not there any more (or never was): Temporal's retention has passed, or it was deleted. */
export class RunGone extends Error {
  override readonly name = 'RunGone';
  readonly mend = 'If it was archived, it is in the archive: nightshift incident export finds it there.';
}

/** Milliseconds that fetching one history may take: 50 MB in pages, over a slow line. */
const historyTimeoutMs = 60_000;
const listTimeoutMs = 15_000;
/** Temporal's code for what is not there. */
const notFound = 5;

/**
 * One closed run of an incident as a bundle, from Temporal. Throws `NotAnIncident` where it is still open or no
 * incident, `RunGone`, `TemporalUnreachable`.
 */
export async function collectBundle(
  client: Client,
  run: RunRef,
  { now = new Date() }: { readonly now?: Date } = {},
): Promise<IncidentBundle> {
  const { events } = await fetchHistory(client, run);
  return makeBundle(
    { workflowId: run.workflowId, runId: run.runId, namespace: client.options.namespace, events },
    { writtenAt: now.toISOString(), writtenBy: product },
    sha256,
  );
}

/** A run's whole history as Temporal's JSON, nothing taken out. Throws `RunGone`, `TemporalUnreachable`. */
export async function fetchHistory(client: Client, { workflowId, runId }: RunRef): Promise<RecordedHistory> {
  const handle = client.workflow.getHandle(workflowId, runId);
  try {
    const history = await reach(client, historyTimeoutMs, () => handle.fetchHistory());
    return JSON.parse(historyToJSON(history)) as RecordedHistory;
  } catch (error) {
    if (isGone(error)) throw new RunGone(`${workflowId} (run ${runId}) is not in Temporal any more`);
    throw error;
  }
}

/**
 * Closed runs of incidents that ended at `since` or later (ISO; absent: all that Temporal still has), in the
 * server's order, newest first on most. Visibility may be some seconds behind.
 */
export async function* closedIncidents(
  client: Client,
  { since }: { readonly since?: string } = {},
): AsyncGenerator<ClosedRun> {
  const clauses = ["WorkflowId STARTS_WITH 'incident/'", "ExecutionStatus != 'Running'"];
  if (since !== undefined) clauses.push(`CloseTime >= '${new Date(since).toISOString()}'`);
  const runs = client.workflow.list({ query: clauses.join(' AND '), pageSize: 500 })[Symbol.asyncIterator]();
  for (;;) {
    // The limit is for one page, not for whatever is done between the pages.
    const next = await reach(client, listTimeoutMs, () => runs.next());
    if (next.done) return;
    const run = closedRun(next.value);
    if (run) yield run;
  }
}

function closedRun(info: WorkflowExecutionInfo): ClosedRun | undefined {
  const { workflowId, runId, type, status, startTime, closeTime } = info;
  if (!closeTime) return undefined;
  return {
    workflowId,
    runId,
    shortId: shortId(runId),
    runbook: type,
    status: status.name,
    openedAt: startTime.toISOString(),
    closedAt: closeTime.toISOString(),
  };
}

function isGone(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || grpcCode(error) === notFound;
}
