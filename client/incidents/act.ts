import {
  type Client,
  type WorkflowHandle,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { type Control, type Decision, type DecisionReply, decisionUpdateId } from '../../model/decision.js';
import type { Fact } from '../../model/facts.js';
import { queries, signals, updates, workflowIds } from '../../workflows/contract.js';
import { reach, TemporalUnreachable } from '../temporal.js';
import { NoAnswer, Refused } from './errors.js';
import { type IncidentRef, resolveIncident } from './resolve.js';
import { callTimeoutMs } from './start.js';

/** Milliseconds that a decision may wait for a worker's answer. */
const decideTimeoutMs = 10_000;

/** An incident by its name, or a run already resolved. */
export type IncidentName = string | IncidentRef;

/**
 * Gives an answer to an exact change. The reply says what the incident made of it; a refusal is a reply too.
 * Throws `Refused` where the incident has ended or the decision is malformed, `NoAnswer` where no worker answered.
 */
export async function decide(client: Client, name: IncidentName, decision: Decision): Promise<DecisionReply> {
  const ref = await refOfName(client, name);
  const handle = client.workflow.getHandle(ref.workflowId, ref.runId);
  try {
    const question = await askedAbout(client, handle);
    return await reach(client, decideTimeoutMs, () =>
      handle.executeUpdate<DecisionReply, [Decision]>(updates.decide, {
        args: [decision],
        updateId: decisionUpdateId(decision, question),
      }),
    );
  } catch (error) {
    throw await decisionError(client, ref, error);
  }
}

/** Which change is asked about now: the same one may be asked about again, and then an old answer does not count. */
async function askedAbout(client: Client, handle: WorkflowHandle): Promise<string | undefined> {
  const facts = await reach(client, decideTimeoutMs, () => handle.query<readonly Fact[]>(queries.facts));
  return facts.findLast((fact) => fact.type === 'decisionRequested')?.changeId;
}

async function decisionError(client: Client, ref: IncidentRef, error: unknown): Promise<unknown> {
  if (error instanceof WorkflowNotFoundError) return ended(ref, error);
  if (error instanceof WorkflowUpdateFailedError)
    return new Refused(error.cause?.message ?? error.message, { cause: error });
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || error instanceof TemporalUnreachable) {
    // The time is up: is Temporal itself there? If not, this throws what to do about that.
    await reach(client, callTimeoutMs, () => client.workflow.getHandle(ref.workflowId, ref.runId).describe());
    return new NoAnswer(`no worker answered the decision within ${decideTimeoutMs / 1000} s`, {
      cause: error,
    });
  }
  return error;
}

/** Stops an incident from making changes; it ends by itself after the policy's pause limit. */
export async function pause(client: Client, name: IncidentName, control: Control): Promise<void> {
  await signal(client, name, signals.pause, control);
}

export async function resume(client: Client, name: IncidentName, control: Control): Promise<void> {
  await signal(client, name, signals.resume, control);
}

/** Ends an incident: what must not stay is undone, and the report is written. */
export async function cancel(client: Client, name: IncidentName, control: Control): Promise<void> {
  await signal(client, name, signals.cancel, control);
}

/**
 * Keeps what an incident has added for a time (its capacity): it is not taken back any more. Throws `Refused` where
 * there is nothing that would be.
 */
export async function keep(client: Client, name: IncidentName, control: Control): Promise<void> {
  const { shortId, targetKey } = await refOfName(client, name);
  const query = `WorkflowId STARTS_WITH '${workflowIds.ending(`${shortId}/`)}' AND ExecutionStatus = 'Running'`;
  const kept = await reach(client, callTimeoutMs, async () => {
    let count = 0;
    for await (const { workflowId } of client.workflow.list({ query })) {
      await client.workflow.getHandle(workflowId).signal<[Control]>(signals.keep, control);
      count += 1;
    }
    return count;
  });
  if (kept === 0)
    throw new Refused(
      `nothing of the incident ${shortId} of ${targetKey} waits to be taken back: it never did, or it is over`,
    );
}

async function signal(client: Client, name: IncidentName, what: string, control: Control): Promise<void> {
  const ref = await refOfName(client, name);
  const handle = client.workflow.getHandle(ref.workflowId, ref.runId);
  try {
    await reach(client, callTimeoutMs, () => handle.signal<[Control]>(what, control));
  } catch (error) {
    throw error instanceof WorkflowNotFoundError ? ended(ref, error) : error;
  }
}

function ended({ shortId, targetKey }: IncidentRef, cause: Error): Refused {
  return new Refused(`the incident ${shortId} of ${targetKey} has ended`, { cause });
}

async function refOfName(client: Client, name: IncidentName): Promise<IncidentRef> {
  return typeof name === 'string' ? resolveIncident(client, name) : name;
}
