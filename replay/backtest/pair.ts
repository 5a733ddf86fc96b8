import type { BacktestRun } from '../../model/backtest/types.js';
import type { BundledIncident } from '../../model/bundle/types.js';
import type { Fact, FactOf } from '../../model/facts.js';
import { workflowTypes } from '../../workflows/contract.js';
import type { Recording } from '../types.js';
import type { Backtested } from './types.js';

/** What was, and what the candidate makes of it. Nothing is thrown: what can't be worked says why. */
export async function besides(
  recording: Recording,
  work: (recording: Recording) => Promise<BacktestRun>,
): Promise<Backtested> {
  const { name, facts, workflowType } = recording;
  if (Object.values<string>(workflowTypes).includes(workflowType))
    return { name, left: `it is no incident: a run of '${workflowType}'` };
  const incident = facts && (recording.incident ?? incidentOf(recording, facts));
  if (!facts || !incident)
    return {
      name,
      left: 'it has no recorded facts: it was terminated, or it timed out, so it has no result',
    };
  try {
    return { name, pair: { incident, recorded: facts, candidate: await work(recording) } };
  } catch (error) {
    return { name, left: error instanceof Error ? error.message : String(error), unreadable: true };
  }
}

/** What a list shows of an incident that came as a history alone, from its facts. */
function incidentOf({ workflowId }: Recording, facts: readonly Fact[]): BundledIncident | undefined {
  const opened = facts.find((fact): fact is FactOf<'opened'> => fact.type === 'opened');
  const closed = facts.findLast((fact): fact is FactOf<'closed'> => fact.type === 'closed');
  if (!opened || !closed) return undefined;
  const { shortId, runId, target, runbook, runbookVersion, product, at: openedAt } = opened;
  const alerts = facts.flatMap((fact) => (fact.type === 'alert' ? [fact.alert.name] : []));
  return {
    shortId,
    workflowId,
    runId,
    target,
    runbook,
    runbookVersion,
    product,
    status: 'COMPLETED',
    outcome: closed.outcome,
    openedAt,
    closedAt: closed.at,
    alerts: [...new Set(alerts)],
  };
}
