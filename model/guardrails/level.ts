import { allow, disruptsNothing, type Guardrail, refuse } from './guardrail.js';

/**
 * At normal nothing is changed; at warning only what disrupts nothing; at critical all. What a person approved at
 * critical may still go when the level has fallen to warning meanwhile.
 */
export const level: Guardrail = {
  name: 'level',
  rule: 'At warning only what disrupts nothing is done; at critical all.',
  judge(change, _look, { level: now, decided }) {
    if (now === 'critical') return allow('the level is critical');
    if (now !== 'warning') return refuse(`the level is ${now}: there is nothing to remedy`);
    if (disruptsNothing(change)) return allow('the level is warning, and it disrupts nothing');
    return decided === true
      ? allow('the level is warning; a person approved this exact change')
      : refuse(
          `the level is only warning, and it would disrupt (${change.disruption}: ${change.disruptionWhy})`,
        );
  },
};
