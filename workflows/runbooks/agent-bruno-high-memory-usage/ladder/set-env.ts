import type { ChangeDraft } from '../../../../model/change.js';
import type { SetEnvParams } from '../../../../model/changes/kubernetes/params.js';
import { planSetEnv } from '../../../../model/changes/kubernetes/set-env.js';
import type { Diagnosis } from '../../../../model/diagnosis.js';
import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { EnvRule } from '../../../../model/kubernetes/settings.js';
import type { Proposal, Remedy } from '../../../../model/runbook.js';
import { causes } from '../names.js';
import { leading, notFor, ownedBy, reconciler } from './pieces.js';

const against: Readonly<Record<EnvRule['against'], string>> = {
  sessions: causes.sessions,
  pools: causes.pools,
  contexts: causes.contexts,
};

/** SESSION_TTL, pool sizes, the context window: what makes the cause come back, set where it is defined. */
export const setEnvironment: Remedy<WorkloadLook> = {
  name: 'set-environment',
  title: 'Set an allowed environment variable',
  usually: 'brief',
  propose(look, diagnosis) {
    if (look.settings.env.length === 0) return { skip: 'no variable may be set (env: in nightshift.yaml)' };
    const unfit = notFor(diagnosis, [causes.sessions, causes.pools, causes.contexts]);
    if (unfit !== null) return { skip: unfit };
    const owner = reconciler(look, /\benv\b/);
    if (owner !== undefined) return { skip: ownedBy(owner) };
    return planned(look, diagnosis);
  },
};

function planned(look: WorkloadLook, diagnosis: Diagnosis): Proposal {
  const rules = look.settings.env.filter((rule) => against[rule.against] === leading(diagnosis));
  const plans = rules.map((rule) => planSetEnv(look, rule));
  const changes = plans.filter((plan): plan is ChangeDraft<SetEnvParams> => !('skip' in plan));
  if (changes.length > 0) return { changes };
  const why = plans.flatMap((plan) => ('skip' in plan ? [plan.skip] : []));
  return { skip: why.length > 0 ? why.join('; ') : 'no variable that may be set is against this cause' };
}
