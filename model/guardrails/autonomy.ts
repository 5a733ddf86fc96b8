import type { Change } from '../change.js';
import type { Autonomy, Policy } from '../policy.js';
import { allow, ask, type Guardrail, refuse } from './guardrail.js';

/**
 * How far Nightshift goes by itself: `observe` looks, `plan` plans, `approve` asks for every change, `auto` goes.
 * Loss of data is never automatic.
 */
export const autonomy: Guardrail = {
  name: 'autonomy',
  rule: 'How far Nightshift goes by itself is configured by target, kind and disruption; loss of data is never automatic.',
  judge(change, { policy }, circumstances) {
    const { autonomy: granted, by } = autonomyFor(policy, change);
    const rule = `autonomy is ${granted} (${by})`;
    switch (granted) {
      case 'auto':
        return change.disruption === 'dataLoss'
          ? ask(`${rule}, but it would lose data: ${change.disruptionWhy}`, circumstances)
          : allow(rule);
      case 'approve':
        return ask(rule, circumstances);
      case 'plan':
        return refuse(`${rule}; would have been: ${change.sentence}`);
      default:
        return refuse(rule);
    }
  },
};

/** The autonomy that holds for a change, and the rule that says so: its kind's, else its disruption's, else the target's. */
export function autonomyFor(
  { autonomy: rules }: Pick<Policy, 'autonomy'>,
  { kind, disruption }: Pick<Change, 'kind' | 'disruption'>,
): { readonly autonomy: Autonomy; readonly by: string } {
  const ofKind = Object.hasOwn(rules.byKind, kind) ? rules.byKind[kind] : undefined;
  if (ofKind !== undefined) return { autonomy: ofKind, by: `for ${kind}` };
  const ofDisruption = rules.byDisruption[disruption];
  if (ofDisruption !== undefined) return { autonomy: ofDisruption, by: `for disruption ${disruption}` };
  return { autonomy: rules.target, by: 'for this target' };
}
