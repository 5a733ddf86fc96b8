import { type Client, WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { Alert } from '../../model/alert.js';
import type { Target } from '../../model/target.js';
import {
  type IncidentInput,
  searchAttributes,
  signals,
  taskQueues,
  workflowIds,
} from '../../workflows/contract.js';
import { grpcCode, reach } from '../temporal.js';
import { Refused } from './errors.js';

/** Milliseconds that one call to Temporal may take, its retries included. */
export const callTimeoutMs = 5_000;

export interface StartRequest {
  readonly target: Target;
  readonly runbook: string;
  readonly alert: Alert;
  readonly observeOnly: boolean;
  readonly product: string;
}

/**
 * Delivers an alert to the incident of its target, and starts the incident if none is open. Returns the run that
 * has it. The short id is not known before the run is, so the workflow sets that attribute itself.
 */
export async function signalWithStart(client: Client, request: StartRequest): Promise<{ runId: string }> {
  const { runbook, alert } = request;
  const handle = await saying(() =>
    reach(client, callTimeoutMs, () =>
      client.workflow.signalWithStart(runbook, {
        ...optionsOf(request),
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        args: [inputOf(request)],
        signal: signals.alert,
        signalArgs: [alert],
      }),
    ),
  );
  return { runId: handle.signaledRunId };
}

/** The workflow's argument. */
export function inputOf({ target, alert, observeOnly, product }: StartRequest): IncidentInput {
  return { target, openedBy: alert.source, observeOnly, product };
}

/** What every incident is started with. */
export function optionsOf({ target, runbook, alert }: StartRequest) {
  return {
    workflowId: workflowIds.incident(target.key),
    taskQueue: taskQueues.workflows,
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    staticSummary: `${runbook} for ${target.key}: ${alert.name}`.slice(0, 200),
    memo: { alert: alert.name, openedBy: alert.source },
    typedSearchAttributes: new TypedSearchAttributes([
      { key: searchAttributes.target, value: target.key },
      { key: searchAttributes.runbook, value: runbook },
      { key: searchAttributes.severity, value: alert.severity },
    ]),
  };
}

/** Says what is missing where Temporal refuses an incident for its search attributes. */
export async function saying<T>(start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    throw grpcCode(error) === invalidArgument && /search attribute/i.test(causeOf(error))
      ? new Refused(
          `Temporal refuses the incident: ${causeOf(error)}. Register Nightshift's search attributes in the namespace ` +
            '(`nightshift up` does; elsewhere: temporal operator search-attribute create --name … --type …)',
          { cause: error },
        )
      : error;
  }
}

const invalidArgument = 3;

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
