import { allow, ask, disruptsNothing, type Guardrail } from './guardrail.js';

/** What a disruptive change would cut into is for a person to weigh. */
export const goingOn: Guardrail = {
  name: 'going-on',
  rule: 'What a disruptive change would cut into (requests, sessions, rollouts) is for a person to weigh.',
  judge(change, { goingOn: found }, circumstances) {
    if (disruptsNothing(change)) return allow('disrupts nothing that goes on');
    return found.length === 0
      ? allow('nothing was seen that it would cut into')
      : ask(`it would cut into: ${found.join('; ')}`, circumstances);
  },
};
