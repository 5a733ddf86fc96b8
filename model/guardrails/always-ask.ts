import { allow, ask, type Guardrail } from './guardrail.js';

/** What never goes without a person, whatever the autonomy: by its kind, or because its remedy says so. */
export const alwaysAsk: Guardrail = {
  name: 'always-ask',
  rule: 'Some kinds never go without a person, whatever the autonomy.',
  judge(change, _look, circumstances) {
    return change.alwaysAsk === false
      ? allow(`${change.kind} may go without a person`)
      : ask(`${change.kind} always needs a person`, circumstances);
  },
};
