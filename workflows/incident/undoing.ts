import { CancellationScope } from '@temporalio/workflow';
import { type ChangeKind, completeChange, wentWrong } from '../../model/change.js';
import type { JsonObject } from '../../model/json.js';
import type { AnyLook } from '../../model/look.js';
import { changeActivities, scheduleToStartSeconds } from './activities.js';
import type { Compensation, Incident } from './incident.js';
import { since } from './looking.js';
import { runbookNamed } from './runbooks.js';

/** Undoes one change: preconditions only, no decision, budget, cooldown or freeze. */
export async function undo(incident: Incident, compensation: Compensation): Promise<void> {
  const { change, undo: draft } = compensation;
  if (!('kind' in draft)) return;
  const { target } = incident.input;
  const back = completeChange(kindOfUndo(compensation), draft, incident.look as AnyLook, {
    id: `${change.id}/undo`,
    remedy: change.remedy,
  });
  const about = {
    type: 'rolledBack',
    changeId: change.id,
    sentence: back.sentence,
    command: back.command,
  } as const;
  try {
    const { effect, refused } = await changeActivities(target.scope, back).carryOut({
      target,
      runbook: compensation.runbook,
      why: `undo: ${change.sentence}`,
      since: since(incident),
      change: back,
      mode: 'undo',
      decided: false,
      observeOnly: incident.observeOnly,
      severity: incident.severity,
      level: incident.level,
      notAfter: incident.iso(scheduleToStartSeconds),
    });
    // An undo that went wrong itself leaves the change standing: people are told, with the command by hand.
    const error = refused ?? (effect && wentWrong(effect));
    if (effect && error === undefined) compensation.state = 'undone';
    incident.append({ ...about, ...(effect && { effect }), ...(error !== undefined && { error }) });
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    incident.append({ ...about, error: cause });
  }
}

/** A restart that went wrong is taken back by another kind of change than its own. */
export function kindOfUndo({ undo: draft, kind, runbook }: Compensation): ChangeKind<JsonObject, AnyLook> {
  if (!('kind' in draft) || draft.kind === kind.kind) return kind;
  return runbookNamed(runbook)?.changeKinds.find((each) => each.kind === draft.kind) ?? kind;
}

/**
 * Takes back a change that was applied and went wrong, at once and whatever is cancelled meanwhile: why, or undefined
 * where it did not go wrong. What has no undo stays, and is reported as such.
 */
export async function undoneWhereWrong(
  incident: Incident,
  compensation: Compensation,
  effect: Parameters<typeof wentWrong>[0],
): Promise<string | undefined> {
  const why = wentWrong(effect);
  if (why === undefined) return undefined;
  await CancellationScope.nonCancellable(() => undo(incident, compensation));
  return why;
}
