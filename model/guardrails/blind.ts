import { allow, type Guardrail, refuse } from './guardrail.js';

/** Never act blind: without the measure itself nothing is changed. */
export const blind: Guardrail = {
  name: 'blind',
  rule: 'Without the measure itself nothing is changed.',
  judge(_change, { measure, blind: why }) {
    if (measure === undefined || measure === null)
      return refuse(`the measure could not be read: ${why ?? 'no reason given'}`);
    if (!Number.isFinite(measure.percent)) return refuse('the measure is not a number');
    return allow(`measured: ${measure.percent.toFixed(1)} % of ${measure.against}`);
  },
};
