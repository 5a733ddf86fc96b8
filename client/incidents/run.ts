import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { type HoldOffMemo, memoKeys, workflowIds } from '../../workflows/contract.js';
import { reach } from '../temporal.js';
import { callTimeoutMs } from './start.js';

/** How the latest run of a target's incident stands, by Temporal's own account. No worker is needed for it. */
export interface RunState {
  readonly runId: string;
  readonly running: boolean;
  readonly runbook: string;
  readonly historyLength: number;
  readonly holdOff?: HoldOffMemo;
}

/** The latest run for a target, or undefined where there was none within the retention. */
export async function latestRun(client: Client, targetKey: string): Promise<RunState | undefined> {
  const description = await describeRun(client, workflowIds.incident(targetKey));
  if (!description) return undefined;
  const holdOff = readHoldOff(description.memo?.[memoKeys.holdOff]);
  return {
    runId: description.runId,
    running: isRunning(description),
    runbook: description.type,
    historyLength: description.historyLength,
    ...(holdOff ? { holdOff } : {}),
  };
}

/** Temporal's description of a run, or undefined where it has none. */
export async function describeRun(
  client: Client,
  workflowId: string,
  runId?: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await reach(client, callTimeoutMs, () => client.workflow.getHandle(workflowId, runId).describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

export function isRunning(description: Pick<WorkflowExecutionDescription, 'status'>): boolean {
  return description.status.name === 'RUNNING' || description.status.name === 'PAUSED';
}

/** The memo as it was written, or undefined where it is none (an older product, a stranger's hand). */
function readHoldOff(value: unknown): HoldOffMemo | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  const { until, seconds, fingerprints, severity, outcome } = value as Record<string, unknown>;
  if (typeof until !== 'string' || typeof severity !== 'string' || !Array.isArray(fingerprints))
    return undefined;
  return {
    until,
    seconds: typeof seconds === 'number' ? seconds : 0,
    fingerprints: fingerprints.filter((item): item is string => typeof item === 'string'),
    severity,
    outcome: typeof outcome === 'string' ? outcome : '',
  };
}
