import { allow, type Guardrail, refuse } from './guardrail.js';

/** A remedy that the configuration switches off stays off, also where it was planned before that. */
export const remedyOff: Guardrail = {
  name: 'remedy-off',
  rule: 'A remedy that the configuration switches off stays off.',
  judge({ remedy }, { policy }) {
    return policy.remediesOff.includes(remedy)
      ? refuse(`the configuration switches the remedy '${remedy}' off for this target`)
      : allow(`the remedy '${remedy}' is not switched off`);
  },
};
