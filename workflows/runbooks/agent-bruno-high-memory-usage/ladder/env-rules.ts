import type { Diagnosis } from '../../../../model/diagnosis.js';
import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { EnvRule } from '../../../../model/kubernetes/settings.js';
import { causes } from '../names.js';
import { fullPods, leading } from './pieces.js';

const against: Readonly<Record<EnvRule['against'], string>> = {
  sessions: causes.sessions,
  pools: causes.pools,
  contexts: causes.contexts,
};

/** The variables that may be set against what leads. */
export function rulesAgainst(look: WorkloadLook, diagnosis: Diagnosis): readonly EnvRule[] {
  return look.settings.env.filter((rule) => against[rule.against] === leading(diagnosis));
}

/** Each of them is a bound: a larger one would hold more, not less. */
export function isBounded({ details }: WorkloadLook, rule: EnvRule): boolean {
  const value = details.workload.env.find(({ name }) => name === rule.name)?.value;
  return value !== undefined && Number(value) <= Number(rule.to);
}

/**
 * The ConfigMap that bounds it already, and was written after a full pod had started: that pod was told another value,
 * as far as anybody can see, and takes up this one when it is restarted. Undefined: there is no such thing.
 */
export function notTakenUp(look: WorkloadLook, rule: EnvRule): string | undefined {
  const { workload, lately } = look.details;
  const map = workload.env.find(({ name }) => name === rule.name)?.configMap?.name;
  if (map === undefined || !isBounded(look, rule)) return undefined;
  const written = lately.find(({ kind, what }) => kind === 'config' && what.startsWith(`ConfigMap ${map} `));
  const older = fullPods(look).some(
    ({ startedAt }) => written !== undefined && startedAt !== undefined && startedAt < written.at,
  );
  return older ? map : undefined;
}
