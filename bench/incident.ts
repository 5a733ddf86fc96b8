import type { WorkflowHandle } from '@temporalio/client';
import { signalWithStart } from '../client/incidents/start.js';
import type { Target } from '../model/target.js';
import { type IncidentResult, workflowIds } from '../workflows/contract.js';
import type { Lab } from './lab.js';
import { alertAbout, tankRunbook } from './tanks.js';

/** Opens the incident of a tank as the intake does. */
export async function open({ client }: Pick<Lab, 'client'>, target: Target): Promise<WorkflowHandle> {
  const { runId } = await signalWithStart(client, {
    target,
    runbook: tankRunbook.name,
    alert: alertAbout(target),
    observeOnly: false,
    product: 'nightshift bench',
  });
  return client.workflow.getHandle(workflowIds.incident(target.key), runId);
}

/** Its result; fails where it ended otherwise than it should, because then something else was measured. */
export async function ends(
  handle: WorkflowHandle,
  outcome: IncidentResult['outcome'],
): Promise<IncidentResult> {
  const result = (await handle.result()) as IncidentResult;
  if (result.outcome === outcome) return result;
  const why = result.facts.at(-1);
  throw new Error(`${handle.workflowId} ended ${result.outcome}, not ${outcome}: ${JSON.stringify(why)}`);
}
