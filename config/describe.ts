import { type Disruption, disruptions } from '../model/change.js';
import { autonomyFor } from '../model/guardrails/autonomy.js';
import type { Autonomy, Policy } from '../model/policy.js';
import type { Config } from './types.js';

/** What can happen to a target, by what it takes. Each entry is a phrase: `what disrupts nothing`. */
export interface AutonomyOfTarget {
  readonly target: string;
  readonly withoutAPerson: readonly string[];
  readonly withADecision: readonly string[];
  readonly onlyPlanned: readonly string[];
}

const phrases: Readonly<Record<Disruption, string>> = {
  none: 'what disrupts nothing',
  brief: 'what disrupts briefly',
  outage: 'what causes an outage',
  dataLoss: 'what loses data',
};

/** What can happen without a person, target by target: what `config check` prints. */
export function describeAutonomy(config: Pick<Config, 'targets'>): readonly AutonomyOfTarget[] {
  return config.targets.map(({ key, policy }) => {
    const rules = rulesOf(policy);
    const of = (wanted: Autonomy) =>
      rules.filter(({ autonomy }) => autonomy === wanted).map(({ what }) => what);
    return {
      target: key,
      withoutAPerson: of('auto'),
      withADecision: of('approve'),
      onlyPlanned: of('plan'),
    };
  });
}

function rulesOf(policy: Policy): readonly { readonly what: string; readonly autonomy: Autonomy }[] {
  const byDisruption = disruptions.map((disruption) => {
    const { autonomy } = autonomyFor(policy, { kind: '', disruption });
    // Loss of data is never automatic, whatever stands there.
    return {
      what: phrases[disruption],
      autonomy: disruption === 'dataLoss' && autonomy === 'auto' ? 'approve' : autonomy,
    } as const;
  });
  const byKind = Object.entries(policy.autonomy.byKind).map(([kind, autonomy]) => ({
    what: autonomy === 'auto' ? `${kind} (unless it loses data)` : kind,
    autonomy,
  }));
  return [...byDisruption, ...byKind];
}
