import { planSetEnv, setEnv } from '../../../../model/changes/kubernetes/set-env.js';
import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Recommendation, Seen } from '../../../../model/runbook.js';
import { causes } from '../names.js';

const against = {
  sessions: causes.sessions,
  pools: causes.pools,
  contexts: causes.contexts,
} as const;

/** Variables that would keep the cause from coming back, where a gentler rung was enough this time. */
export function settingAdvice({ first, latest, diagnosis }: Seen<WorkloadLook>): readonly Recommendation[] {
  const lead = diagnosis.causes[0]?.name;
  const { env } = latest.details.workload;
  return first.settings.env
    .filter((rule) => against[rule.against] === lead)
    .flatMap((rule) => {
      const now = env.find(({ name }) => name === rule.name)?.value;
      if (now === undefined || !(Number(now) > Number(rule.to))) return [];
      const plan = planSetEnv(latest, rule);
      if ('skip' in plan) return [];
      return [
        {
          title: `Set ${rule.name} to ${rule.to}`,
          why: `It is ${now}, and so the cause comes back. Then ${rule.harm}.`,
          snippet: { language: 'sh', text: setEnv.describe(plan).command },
        },
      ];
    });
}
