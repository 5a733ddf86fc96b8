import { allow, type Guardrail, refuse } from './guardrail.js';

/** A rehearsal looks and plans, and changes nothing. */
export const rehearsal: Guardrail = {
  name: 'rehearsal',
  rule: 'A rehearsal looks and plans, and changes nothing.',
  judge(change, _look, { observeOnly }) {
    return observeOnly === false
      ? allow('this is no rehearsal')
      : refuse(`a rehearsal changes nothing; would have been: ${change.sentence}`);
  },
};
