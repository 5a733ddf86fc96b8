import type { Client } from '@temporalio/client';
import { shortId } from '../../model/digest.js';
import { searchAttributes, targetKeyOf, workflowIds } from '../../workflows/contract.js';
import { grpcCode, reach } from '../temporal.js';
import { Ambiguous, NotFound } from './errors.js';
import { describeRun } from './run.js';

/** One run of one target's incident. Everything that acts on an incident acts on exactly this run. */
export interface IncidentRef {
  readonly workflowId: string;
  readonly runId: string;
  readonly targetKey: string;
  readonly shortId: string;
}

/** How many runs are looked through where the short id's search attribute is not there yet. */
const scanLimit = 2_000;

/**
 * The incident that people call by that name: a target key (its open incident, or its latest), or a short id.
 * Throws `NotFound`, `Ambiguous`.
 */
export async function resolveIncident(client: Client, name: string): Promise<IncidentRef> {
  if (/^[a-z2-7]{8}$/.test(name)) {
    const found = remembered(client).get(name) ?? (await byShortId(client, name));
    if (found) return remember(client, found);
  }
  const workflowId = workflowIds.incident(name);
  const description = name === '' ? undefined : await describeRun(client, workflowId);
  if (!description) throw new NotFound(`no incident is called ${JSON.stringify(name)}`);
  return remember(client, refOf(workflowId, description.runId));
}

/** Short ids that this process has met: what it has just opened is found at once, though visibility lags. */
const met = new WeakMap<Client, Map<string, IncidentRef>>();
const metAtMost = 10_000;

function remembered(client: Client): Map<string, IncidentRef> {
  const refs = met.get(client) ?? new Map<string, IncidentRef>();
  met.set(client, refs);
  return refs;
}

/** Keeps a run in mind by its short id, which is its for ever. */
export function remember(client: Client, ref: IncidentRef): IncidentRef {
  const refs = remembered(client);
  refs.set(ref.shortId, {
    workflowId: ref.workflowId,
    runId: ref.runId,
    targetKey: ref.targetKey,
    shortId: ref.shortId,
  });
  const oldest = refs.size > metAtMost ? refs.keys().next().value : undefined;
  if (oldest !== undefined) refs.delete(oldest);
  return ref;
}

async function byShortId(client: Client, id: string): Promise<IncidentRef | undefined> {
  const attribute = `${searchAttributes.shortId.name} = '${id}'`;
  const exact = (await attributed(client, attribute)).filter((ref) => ref.shortId === id);
  if (exact.length > 1) throw new Ambiguous(`${exact.length} incidents have the short id ${id}`);
  if (exact[0]) return exact[0];
  // Visibility lags, and a run that no worker has begun has no such attribute: but the id follows from the run id.
  const anyIncident = "WorkflowId STARTS_WITH 'incident/'";
  const open = await runs(client, `ExecutionStatus = 'Running' AND ${anyIncident}`, scanLimit);
  return open.find((ref) => ref.shortId === id);
}

/** Nothing where the namespace lacks the attribute: the scan still finds open ones. */
async function attributed(client: Client, query: string): Promise<IncidentRef[]> {
  try {
    return await runs(client, query, 3);
  } catch (error) {
    if (grpcCode(error) === invalidArgument) return [];
    throw error;
  }
}

const invalidArgument = 3;

async function runs(client: Client, query: string, limit: number): Promise<IncidentRef[]> {
  return reach(client, 10_000, async () => {
    const found: IncidentRef[] = [];
    for await (const { workflowId, runId } of client.workflow.list({
      query,
      pageSize: Math.min(limit, 500),
    })) {
      found.push(refOf(workflowId, runId));
      if (found.length >= limit) break;
    }
    return found;
  });
}

export function refOf(workflowId: string, runId: string): IncidentRef {
  return { workflowId, runId, targetKey: targetKeyOf(workflowId), shortId: shortId(runId) };
}
