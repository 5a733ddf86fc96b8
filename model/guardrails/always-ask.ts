import { allow, ask, type Guardrail } from './guardrail.js';

/** Kinds of change that never go without a person, whatever the autonomy. */
export const alwaysAsk: Guardrail = {
  name: 'always-ask',
  judge(change, _look, circumstances) {
    return change.alwaysAsk === false
      ? allow(`${change.kind} may go without a person`)
      : ask(`${change.kind} always needs a person`, circumstances);
  },
};
