import type { CarryOutRequest } from './activities.js';
import { judge, ruling } from './guardrails/index.js';
import type { Verdict } from './guardrails/verdict.js';
import type { AnyLook } from './look.js';
import type { Runbook } from './runbook.js';

/** What is said to a change directly before it is carried out. */
export interface FreshJudgement {
  readonly verdicts: readonly Verdict[];
  /** Absent: it may be applied. */
  readonly refused?: string;
}

/**
 * Judges a change on a fresh look: the same guardrails as when it was planned, then the precondition of its kind.
 * An undo is asked for its precondition only. Asked by the activity that carries out, and by a backtest.
 */
export function judgeFresh(
  request: CarryOutRequest,
  look: AnyLook,
  runbook: Runbook<AnyLook> | undefined,
  now: string,
): FreshJudgement {
  const verdicts = request.mode === 'undo' ? [] : freshVerdicts(request, look, runbook, now);
  const speaks = verdicts.find(({ says }) => says !== 'allow');
  if (speaks && ruling(verdicts) !== 'allow')
    return { verdicts, refused: `${speaks.guardrail}: ${speaks.why}` };
  const kind = runbook?.changeKinds.find((each) => each.kind === request.change.kind);
  const unmet = kind?.precondition(request.change, look) ?? null;
  return unmet === null ? { verdicts } : { verdicts, refused: unmet };
}

/** The level is that of the fresh look, which can only lower the planned one where it is no longer critical. */
function freshVerdicts(
  request: CarryOutRequest,
  look: AnyLook,
  runbook: Runbook<AnyLook> | undefined,
  now: string,
): readonly Verdict[] {
  const measured = look.measure ? runbook?.diagnose(look, []).level : undefined;
  const level = measured === undefined || measured === 'warning' ? request.level : measured;
  const { change, decided, observeOnly } = request;
  return judge(change, look, { now, level, decided, observeOnly });
}
