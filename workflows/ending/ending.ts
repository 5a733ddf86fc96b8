import {
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  setHandler,
  startChild,
} from '@temporalio/workflow';
import type { Notification } from '../../model/activities.js';
import type { Control } from '../../model/decision.js';
import {
  type EndingInput,
  type EndingResult,
  signals,
  taskQueues,
  workflowIds,
  workflowTypes,
} from '../contract.js';
import { changeActivities, scheduleToStartSeconds } from '../incident/activities.js';

const keepSignal = defineSignal<[Control]>(signals.keep);

/**
 * The end of a change that was made for a time (added capacity): at that time it is taken back through its undo,
 * with the preconditions that every undo has, unless somebody says that it is to be kept. What can't be taken back
 * is told to people.
 */
export async function ending(input: EndingInput): Promise<EndingResult> {
  let kept: Control | undefined;
  setHandler(keepSignal, (control) => {
    kept ??= control;
  });
  const left = Date.parse(input.at) - Date.now();
  if (left > 0) await condition(() => kept !== undefined, left);
  if (kept)
    return { end: 'kept', note: `kept by ${kept.by}${kept.reason === undefined ? '' : `: ${kept.reason}`}` };
  const result = await takenBack(input);
  if (result.end === 'failed') await tell(input, result.note);
  return result;
}

async function takenBack({ target, runbook, back, severity }: EndingInput): Promise<EndingResult> {
  const now = new Date().toISOString();
  try {
    const { effect, refused } = await changeActivities(target.scope, back).carryOut({
      target,
      runbook,
      why: `its time is over: ${back.sentence}`,
      since: now,
      change: back,
      mode: 'undo',
      decided: false,
      observeOnly: false,
      severity,
      level: 'normal',
      notAfter: new Date(Date.now() + scheduleToStartSeconds * 1000).toISOString(),
    });
    return effect
      ? { end: 'takenBack', note: effect.note }
      : { end: 'failed', note: refused ?? 'no reason given' };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { end: 'failed', note: cause instanceof Error ? cause.message : String(cause) };
  }
}

/** Through notifications of its own: the incident's are long over. */
async function tell({ target, runbook, back, shortId, severity }: EndingInput, why: string): Promise<void> {
  const notification: Notification = {
    id: back.id,
    incident: workflowIds.incident(target.key),
    shortId,
    target: target.key,
    runbook,
    what: 'escalation',
    severity,
    title: `${target.key}: what was added for a time is still there`,
    text: `${back.sentence}: ${why}\n\nBy hand: \`${back.command}\``,
    at: new Date().toISOString(),
  };
  const { workflowId } = await startChild(workflowTypes.notifications, {
    workflowId: workflowIds.notifications(back.id),
    taskQueue: taskQueues.workflows,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    args: [{ incident: notification.incident }],
  });
  await getExternalWorkflowHandle(workflowId).signal(signals.send, notification);
}
