import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { Fact } from '../../model/facts.js';
import { fold } from '../../model/fold.js';
import type { IncidentView } from '../../model/view.js';
import { type IncidentResult, queries } from '../../workflows/contract.js';
import { reach, TemporalUnreachable } from '../temporal.js';
import { NotFound } from './errors.js';
import { type PendingActivity, pendingActivities } from './live.js';
import { type IncidentRef, resolveIncident } from './resolve.js';
import { describeRun, isRunning } from './run.js';

/** Milliseconds in which a worker must answer a query, before the view falls back to Temporal's description. */
const queryTimeoutMs = 2_000;

export interface IncidentDetails extends IncidentRef {
  readonly runbook: string;
  readonly open: boolean;
  /**
   * Where it was had: `query` from a worker, `result` of a closed incident, `describe` where neither was to be had:
   * then there is no view, and `note` says why.
   */
  readonly source: 'query' | 'result' | 'describe';
  /** True: the view is of this moment. */
  readonly live: boolean;
  readonly note?: string;
  readonly view?: IncidentView;
  readonly facts?: readonly Fact[];
  readonly pending: readonly PendingActivity[];
  /** Temporal's own word: RUNNING, COMPLETED, FAILED, TERMINATED … */
  readonly status: string;
  readonly openedAt: string;
  readonly closedAt?: string;
  readonly historyEvents: number;
}

/** One incident, by target key or short id. Throws `NotFound`, `Ambiguous`, `TemporalUnreachable`. */
export async function getIncident(client: Client, name: string): Promise<IncidentDetails> {
  return readIncident(client, await resolveIncident(client, name));
}

/** The same, of a run already resolved. */
export async function readIncident(client: Client, ref: IncidentRef): Promise<IncidentDetails> {
  const before = await describe(client, ref);
  const answer = isRunning(before) ? await ask(client, ref) : undefined;
  if (answer?.source === 'query') return details(client, ref, before, answer);
  // No answer, perhaps because it ended while it was asked.
  const now = answer ? await describe(client, ref) : before;
  const told = answer && isRunning(now) ? answer : await readResult(client, ref, now);
  return details(client, ref, now, told);
}

async function describe(client: Client, ref: IncidentRef): Promise<WorkflowExecutionDescription> {
  const description = await describeRun(client, ref.workflowId, ref.runId);
  if (!description) throw new NotFound(`the incident ${ref.shortId} is past Temporal's retention`);
  return description;
}

async function details(
  client: Client,
  ref: IncidentRef,
  description: WorkflowExecutionDescription,
  told: Told,
): Promise<IncidentDetails> {
  const open = isRunning(description);
  return {
    ...ref,
    ...told,
    runbook: told.view?.runbook ?? description.type,
    open,
    live: told.source === 'query',
    pending: open ? await pendingActivities(client, description) : [],
    status: description.status.name,
    openedAt: description.startTime.toISOString(),
    ...(description.closeTime ? { closedAt: description.closeTime.toISOString() } : {}),
    historyEvents: description.historyLength,
  };
}

type Told = Pick<IncidentDetails, 'source' | 'note' | 'view' | 'facts'>;

async function ask(client: Client, { workflowId, runId }: IncidentRef): Promise<Told> {
  const handle = client.workflow.getHandle(workflowId, runId);
  try {
    // One question only: the server holds one waiting query a workflow, and puts a second one off for seconds.
    const facts = await reach(client, queryTimeoutMs, () => handle.query<Fact[]>(queries.facts));
    return { source: 'query', view: fold(facts), facts };
  } catch (error) {
    return { source: 'describe', note: whyNoAnswer(error) };
  }
}

function whyNoAnswer(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return error instanceof TemporalUnreachable || /no poller/i.test(said)
    ? `no worker answered within ${queryTimeoutMs / 1000} s: this is only what Temporal itself knows`
    : `no worker could answer (${said}): this is only what Temporal itself knows`;
}

async function readResult(
  client: Client,
  { workflowId, runId }: IncidentRef,
  { status }: WorkflowExecutionDescription,
): Promise<Told> {
  if (status.name !== 'COMPLETED')
    return { source: 'describe', note: `the workflow ended ${status.name}, without a report` };
  const handle = client.workflow.getHandle<() => Promise<IncidentResult>>(workflowId, runId);
  const result = await reach(client, 10_000, () => handle.result());
  return { source: 'result', view: result.report, facts: result.facts };
}
