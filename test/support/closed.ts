import type { Client } from '@temporalio/client';
import { closedIncidents } from '../../archive/collect.js';
import { runOf } from '../../archive/standing.js';
import type { ArchiverResult } from '../../model/archiver.js';
import type { IncidentInput } from '../../workflows/contract.js';
import { scheduleIds, workflowIds } from '../../workflows/contract.js';
import { persistently } from './faults-processes.js';
import { alertFor, tankTarget } from './nightshift.js';

/** A queue that no worker serves: what is started there does nothing until it is ended. */
const nobody = 'nobody';

/** One incident that nobody works, started and terminated: a closed incident without a result, for a few ms. */
export async function terminated(client: Client, name: string): Promise<void> {
  await (await started(client, name)).terminate('by a test');
}

/** One that nobody works until its time is up. */
export async function timedOut(client: Client, name: string): Promise<void> {
  const handle = await started(client, name, 300);
  await handle.result().catch(() => undefined);
}

async function started(client: Client, name: string, timeoutMs?: number) {
  const target = tankTarget(name);
  const input: IncidentInput = { target, openedBy: 'test', observeOnly: false, product: 'test' };
  return client.workflow.signalWithStart('TANK-1', {
    workflowId: workflowIds.incident(target.key),
    taskQueue: nobody,
    args: [input],
    signal: 'alert',
    signalArgs: [alertFor()],
    ...(timeoutMs !== undefined && { workflowExecutionTimeout: timeoutMs }),
  });
}

/** Waits until visibility lists that many closed incidents, and lists them. */
export async function listed(client: Client, count: number) {
  return persistently(`${count} closed incidents are listed`, async () => {
    const runs = await all(closedIncidents(client));
    if (runs.length < count) throw new Error(`${runs.length} are`);
    return runs;
  });
}

/** Everything that comes. */
export async function all<T>(many: AsyncIterable<T>): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const item of many) items.push(item);
  return items;
}

/** The archiver's run of that number, once it has ended. */
export async function archiverRun(
  client: Client,
  number: number,
): Promise<{ readonly result: ArchiverResult; readonly workflowId: string; readonly runId: string }> {
  return persistently(`run ${number} of the archiver has ended`, async () => {
    const { info } = await client.schedule.getHandle(scheduleIds.archiver).describe();
    const action = info.recentActions[number - 1]?.action.workflow;
    if (!action) throw new Error('it has not begun');
    const { workflowId, firstExecutionRunId: runId } = action;
    const run = await runOf(client, workflowId, runId);
    if (!run?.result) throw new Error(`it is ${run?.status}`);
    return { result: run.result, workflowId, runId };
  });
}
