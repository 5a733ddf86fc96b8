import type { Client } from '@temporalio/client';
import type { Alert } from '../../model/alert.js';
import type { Target } from '../../model/target.js';
import {
  governorMessages,
  type HoldOffMemo,
  taskQueues,
  workflowIds,
  workflowTypes,
} from '../../workflows/contract.js';
import { callTimeoutMs } from '../incidents/start.js';
import { reach } from '../temporal.js';

/**
 * True where the alert gets no new ladder: its incident did not help, the time has not passed, and it is no more
 * severe than it was. Whether it has resolved meanwhile is for the governor to know, which is told of both.
 */
export function isHeldOff(
  alert: Pick<Alert, 'fingerprint' | 'severity'>,
  memo: HoldOffMemo | undefined,
  now: Date,
): boolean {
  if (!memo || !(Date.parse(memo.until) > now.getTime())) return false;
  const moreSevere = alert.severity === 'critical' && memo.severity !== 'critical';
  return !moreSevere && memo.fingerprints.includes(alert.fingerprint);
}

/** Hands a held-off alert to the governor of its scope, which counts it and opens the incident when it is time. */
export async function tellHeldOff(
  client: Client,
  held: { readonly alert: Alert; readonly target: Target; readonly runbook: string },
): Promise<void> {
  await tellGovernor(client, held.target.scope, governorMessages.heldOffAlert, held);
}

/** Tells the governor that a held-off alert has resolved: the next firing is a new one. */
export async function tellHeldOffResolved(
  client: Client,
  target: Target,
  fingerprint: string,
): Promise<void> {
  await tellGovernor(client, target.scope, governorMessages.heldOffResolved, {
    fingerprint,
    target: target.key,
  });
}

async function tellGovernor(client: Client, scope: string, signal: string, payload: object): Promise<void> {
  await reach(client, callTimeoutMs, () =>
    client.workflow.signalWithStart(workflowTypes.governor, {
      workflowId: workflowIds.governor(scope),
      taskQueue: taskQueues.workflows,
      args: [{ scope }],
      signal,
      signalArgs: [payload],
    }),
  );
}
