import { ParentClosePolicy, patched, startChild } from '@temporalio/workflow';
import { completeChange } from '../../model/change.js';
import { dateTime } from '../../model/format.js';
import type { AnyLook } from '../../model/look.js';
import { type EndingInput, taskQueues, workflowIds, workflowTypes } from '../contract.js';
import type { Compensation, Incident } from './incident.js';
import { kindOfUndo } from './undoing.js';

/**
 * Hands on what was applied for a time only, or may have been: a workflow of its own takes it back then, and outlives
 * the incident. Its undo looks first, so what never came about is left alone.
 */
export async function handOnLimited(incident: Incident): Promise<void> {
  for (const compensation of incident.compensations) {
    const { change, state } = compensation;
    const seconds = change.staysSeconds;
    if (seconds === undefined || !['applied', 'unknown'].includes(state)) continue;
    if (state === 'unknown' && !patched('unknown-capacity-ends')) continue;
    await handOn(incident, compensation, seconds);
  }
}

async function handOn(incident: Incident, compensation: Compensation, seconds: number): Promise<void> {
  const { change, undo: draft, runbook } = compensation;
  if (!('kind' in draft) || compensation.endsAt !== undefined) return;
  const back = completeChange(kindOfUndo(compensation), draft, incident.look as AnyLook, {
    id: `${change.id}/end`,
    remedy: change.remedy,
  });
  const applied = incident.facts.findLast((fact) => fact.type === 'applied' && fact.changeId === change.id);
  const at = new Date(Date.parse(applied?.at ?? incident.iso()) + seconds * 1000).toISOString();
  const input: EndingInput = {
    target: incident.input.target,
    runbook,
    back,
    at,
    shortId: incident.id,
    severity: incident.severity,
  };
  await startChild(workflowTypes.ending, {
    workflowId: workflowIds.ending(change.id),
    taskQueue: taskQueues.workflows,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    args: [input],
  });
  compensation.endsAt = at;
  incident.append({
    type: 'noted',
    text: `${change.sentence}: taken back at ${dateTime(at)}, unless it is kept (nightshift incident keep ${incident.id})`,
  });
}
