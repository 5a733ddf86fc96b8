import type { Change } from '../change.js';
import type { AnyLook } from '../look.js';
import { alwaysAsk } from './always-ask.js';
import { autonomy } from './autonomy.js';
import { blind } from './blind.js';
import { freeze } from './freeze.js';
import { goingOn } from './going-on.js';
import { type Circumstances, type Guardrail, refuse, type Saying } from './guardrail.js';
import { hold } from './hold.js';
import { identity } from './identity.js';
import { level } from './level.js';
import { protectedTargets } from './protected.js';
import { rehearsal } from './rehearsal.js';
import { remedyOff } from './remedy-off.js';
import type { Verdict } from './verdict.js';

export type { Circumstances, Guardrail } from './guardrail.js';

/** All of them, in the order in which people read them. */
export const guardrails: readonly Guardrail[] = [
  rehearsal,
  hold,
  blind,
  identity,
  protectedTargets,
  freeze,
  remedyOff,
  level,
  autonomy,
  alwaysAsk,
  goingOn,
];

/** Asks every guardrail. One that can't tell, for want of a fact, refuses. */
export function judge(change: Change, look: AnyLook, circumstances: Circumstances): readonly Verdict[] {
  return guardrails.map((guardrail) => ({
    guardrail: guardrail.name,
    ...sayingOf(guardrail, change, look, circumstances),
  }));
}

function sayingOf(guardrail: Guardrail, change: Change, look: AnyLook, circumstances: Circumstances): Saying {
  try {
    return guardrail.judge(change, look, circumstances);
  } catch (error) {
    return refuse(`it can't be judged: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What all verdicts together come to: refuse beats ask beats allow, and nothing said is a refusal. */
export function ruling(verdicts: readonly Verdict[]): Verdict['says'] {
  if (verdicts.length === 0 || verdicts.some(({ says }) => says === 'refuse')) return 'refuse';
  return verdicts.every(({ says }) => says === 'allow') ? 'allow' : 'ask';
}
