import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
} from '@temporalio/client';
import { type IncidentInput, workflowIds } from '../../workflows/contract.js';
import { reach } from '../temporal.js';
import { describeRun } from './run.js';
import { callTimeoutMs, inputOf, optionsOf, type StartRequest, saying } from './start.js';

/** What can't join an open incident, and found one. */
export class AlreadyOpen extends Error {
  override readonly name = 'AlreadyOpen';
  /** @param runId of the run that is open, where it was still to be had */
  constructor(readonly runId: string | undefined) {
    super('an incident is open for that target');
  }
}

/**
 * Starts an incident where none is open for its target; else throws `AlreadyOpen`. The alert is part of the input:
 * a signal could come to another run.
 */
export async function startAlone(
  client: Client,
  request: StartRequest & { readonly rerunOf?: string },
): Promise<{ runId: string }> {
  const { runbook, alert, target, rerunOf } = request;
  const rerun = rerunOf === undefined ? {} : { rerunOf };
  const input: IncidentInput = { ...inputOf(request), alert, ...rerun };
  const options = {
    ...optionsOf(request),
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
    args: [input],
  };
  try {
    const start = () => client.workflow.start(runbook, options);
    const handle = await saying(() => reach(client, callTimeoutMs, start));
    return { runId: handle.firstExecutionRunId };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw new AlreadyOpen((await describeRun(client, workflowIds.incident(target.key)))?.runId);
  }
}
