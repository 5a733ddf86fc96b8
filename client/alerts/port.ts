import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { Alert } from '../../model/alert.js';
import type { Target } from '../../model/target.js';
import { signals, workflowIds } from '../../workflows/contract.js';
import { latestRun, type RunState } from '../incidents/run.js';
import { callTimeoutMs, type StartRequest, signalWithStart } from '../incidents/start.js';
import { reach } from '../temporal.js';
import { tellHeldOff, tellHeldOffResolved } from './hold-off.js';

/** What the intake does to Temporal: five calls, so that its rules can be tested without one. */
export interface IncidentPort {
  latestRun(targetKey: string): Promise<RunState | undefined>;
  /** Starts the incident with this alert, or delivers it to one that began meanwhile. */
  start(request: StartRequest): Promise<{ readonly runId: string }>;
  /** Delivers to exactly this run. False: it has ended. */
  signal(targetKey: string, runId: string, alert: Alert): Promise<boolean>;
  heldOff(held: { readonly alert: Alert; readonly target: Target; readonly runbook: string }): Promise<void>;
  heldOffResolved(target: Target, fingerprint: string): Promise<void>;
}

export function incidentPort(client: Client): IncidentPort {
  return {
    latestRun: (targetKey) => latestRun(client, targetKey),
    start: (request) => signalWithStart(client, request),
    signal: (targetKey, runId, alert) => signalRun(client, targetKey, runId, alert),
    heldOff: (held) => tellHeldOff(client, held),
    heldOffResolved: (target, fingerprint) => tellHeldOffResolved(client, target, fingerprint),
  };
}

async function signalRun(client: Client, targetKey: string, runId: string, alert: Alert): Promise<boolean> {
  const handle = client.workflow.getHandle(workflowIds.incident(targetKey), runId);
  try {
    await reach(client, callTimeoutMs, () => handle.signal<[Alert]>(signals.alert, alert));
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
