import { planSetEnv, setEnv } from '../../../../model/changes/kubernetes/set-env.js';
import type { Diagnosis } from '../../../../model/diagnosis.js';
import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { EnvRule } from '../../../../model/kubernetes/settings.js';
import type { Recommendation, Seen } from '../../../../model/runbook.js';
import { leading, ownerOfVariable } from '../ladder/pieces.js';
import { causes } from '../names.js';

const against = {
  sessions: causes.sessions,
  pools: causes.pools,
  contexts: causes.contexts,
} as const;

/** Rules against what leads the diagnosis, whose variable is not as wanted yet. */
export function fittingRules(
  look: WorkloadLook,
  rules: readonly EnvRule[],
  diagnosis: Diagnosis,
): readonly (EnvRule & { readonly now: string })[] {
  const lead = leading(diagnosis);
  return rules.flatMap((rule) => {
    const now = look.details.workload.env.find(({ name }) => name === rule.name)?.value;
    const fits = against[rule.against] === lead && now !== undefined && Number(now) > Number(rule.to);
    return fits ? [{ ...rule, now }] : [];
  });
}

/** Variables that would keep the cause from coming back, where a gentler rung was enough this time. */
export function settingAdvice({ first, latest, diagnosis }: Seen<WorkloadLook>): readonly Recommendation[] {
  return fittingRules(latest, first.settings.env, diagnosis).flatMap((rule) => {
    const plan = planSetEnv(latest, rule);
    // What somebody else sets again is handed over as a patch.
    if ('skip' in plan || ownerOfVariable(first, rule.name) !== undefined) return [];
    return [
      {
        title: `Set ${rule.name} to ${rule.to}`,
        why: `It is ${rule.now}, and so the cause comes back. Then ${rule.harm}.`,
        snippet: { language: 'sh', text: setEnv.describe(plan).command },
      },
    ];
  });
}
