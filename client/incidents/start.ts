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
  const { target, runbook, alert } = request;
  const input: IncidentInput = {
    target,
    openedBy: alert.source,
    observeOnly: request.observeOnly,
    product: request.product,
  };
  try {
    const handle = await reach(client, callTimeoutMs, () =>
      client.workflow.signalWithStart(runbook, {
        workflowId: workflowIds.incident(target.key),
        taskQueue: taskQueues.workflows,
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        args: [input],
        signal: signals.alert,
        signalArgs: [alert],
        staticSummary: `${runbook} for ${target.key}: ${alert.name}`.slice(0, 200),
        memo: { alert: alert.name, openedBy: alert.source },
        typedSearchAttributes: new TypedSearchAttributes([
          { key: searchAttributes.target, value: target.key },
          { key: searchAttributes.runbook, value: runbook },
          { key: searchAttributes.severity, value: alert.severity },
        ]),
      }),
    );
    return { runId: handle.signaledRunId };
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
