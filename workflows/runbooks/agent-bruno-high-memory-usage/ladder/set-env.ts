import type { ChangeDraft } from '../../../../model/change.js';
import type { SetEnvParams } from '../../../../model/changes/kubernetes/params.js';
import { planSetEnv, setTogether } from '../../../../model/changes/kubernetes/set-env.js';
import { leastTtlSeconds } from '../../../../model/changes/kubernetes/shorten-ttl.js';
import type { Diagnosis } from '../../../../model/diagnosis.js';
import { duration } from '../../../../model/format.js';
import type { FieldOwner, WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { EnvRule } from '../../../../model/kubernetes/settings.js';
import type { Proposal, Remedy } from '../../../../model/runbook.js';
import { causes } from '../names.js';
import { isBounded, notTakenUp, rulesAgainst } from './env-rules.js';
import { noRollout, notFor, ownedBy } from './pieces.js';

/** SESSION_TTL, pool sizes, the context window: what makes the cause come back, set where it is defined. */
export const setEnvironment: Remedy<WorkloadLook> = {
  name: 'set-environment',
  title: 'Set an allowed environment variable',
  usually: 'brief',
  propose(look, diagnosis) {
    if (look.settings.env.length === 0) return { skip: 'no variable may be set (env: in nightshift.yaml)' };
    const unfit = notFor(diagnosis, [causes.sessions, causes.pools, causes.contexts]);
    if (unfit !== null) return { skip: unfit };
    const unready = noRollout(look);
    if (unready !== null) return { skip: unready };
    return planned(look, diagnosis);
  },
};

/**
 * All that are against the cause and defined in one place, as one change: one decision, one rollout. What is defined
 * elsewhere would be a rollout of its own: in the next pass, if it is still needed.
 */
function planned(look: WorkloadLook, diagnosis: Diagnosis): Proposal {
  const plans = rulesAgainst(look, diagnosis).map((rule) => plannedOne(look, rule));
  const [first, ...more] = plans.filter((plan): plan is ChangeDraft<SetEnvParams> => !('skip' in plan));
  if (first !== undefined) return { changes: [setTogether([first, ...more])] };
  const why = plans.flatMap((plan) => ('skip' in plan ? [plan.skip] : []));
  return { skip: why.length > 0 ? why.join('; ') : 'no variable that may be set is against this cause' };
}

function plannedOne(look: WorkloadLook, rule: EnvRule): ReturnType<typeof planSetEnv> {
  const owner = ownerOf(look, rule);
  if (owner !== undefined) return { skip: ownedBy(owner) };
  const value = look.details.workload.env.find(({ name }) => name === rule.name)?.value;
  if (rule.against === 'sessions' && Number(rule.to) < leastTtlSeconds)
    return {
      skip: `${rule.name} would be ${rule.to}: no session may live less than ${duration(leastTtlSeconds)}`,
    };
  if (isBounded(look, rule)) {
    const map = notTakenUp(look, rule);
    const late =
      map === undefined
        ? ''
        : `: ConfigMap ${map} was written after full pods had started, so a restart takes it up`;
    return { skip: `${rule.name} is ${value} already${late}` };
  }
  return planSetEnv(look, rule);
}

/** Who sets this variable, or all of them, again by itself; in a ConfigMap nobody is known to. */
function ownerOf(look: WorkloadLook, { name }: EnvRule): FieldOwner | undefined {
  return look.details.workload.owners.find(
    ({ reconciles, field }) => reconciles && (field.endsWith(`env.${name}`) || /\benv$/.test(field)),
  );
}
