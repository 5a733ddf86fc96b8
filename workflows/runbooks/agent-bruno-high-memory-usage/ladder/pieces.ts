import type { ChangeDraft } from '../../../../model/change.js';
import type { Diagnosis } from '../../../../model/diagnosis.js';
import type { FieldOwner, PodReading, WorkloadLook } from '../../../../model/kubernetes/details.js';
import { type CauseName, causes } from '../names.js';

/** The most likely cause, or undefined where nothing is wrong that is known. */
export function leading(diagnosis: Diagnosis): string | undefined {
  return diagnosis.causes[0]?.name;
}

/** Why a remedy for these causes does not fit, or null where one of them leads. */
export function notFor(diagnosis: Diagnosis, wanted: readonly CauseName[]): string | null {
  const lead = diagnosis.causes[0];
  if (lead === undefined) return 'nothing says what fills the memory';
  return wanted.some((name) => name === lead.name)
    ? null
    : `it is not against what is likely: ${lead.summary}`;
}

/** Pods at or above the warning threshold that run, the fullest first. */
export function fullPods({ details, policy }: WorkloadLook): readonly PodReading[] {
  return details.pods.filter(
    (pod) =>
      !pod.deleting &&
      pod.waiting === undefined &&
      pod.workingSetBytes !== undefined &&
      pod.limitBytes !== undefined &&
      (pod.workingSetBytes / pod.limitBytes) * 100 >= policy.thresholds.warningPercent,
  );
}

/** Who sets this field again by itself, if anybody does: then a change would be a fight. */
export function reconciler({ details }: WorkloadLook, field: RegExp): FieldOwner | undefined {
  return details.workload.owners.find((owner) => owner.reconciles && field.test(owner.field));
}

/** GitOps controllers set the template again, and no pod that runs; an operator may set both. */
export function isGitOps({ owner }: FieldOwner): boolean {
  return owner === 'argocd' || owner === 'flux';
}

/** Who sets a variable, or all of them, again by itself: in the template or in the ConfigMap that holds it. */
export function ownerOfVariable({ details }: WorkloadLook, name: string): FieldOwner | undefined {
  return details.workload.owners.find(
    ({ reconciles, field }) => reconciles && (field.endsWith(`env.${name}`) || /\benv$/.test(field)),
  );
}

/** Why a field is not ours to set, for people; the report has the patch. */
export function ownedBy({ owner, field, by }: FieldOwner): string {
  return `${owner} owns ${field} (${by}) and would set it back: the report has the patch to apply there`;
}

/** The same change, for a person to decide on where the cause can't be told: what it is against is a guess then. */
export function askedIfUnclear(draft: ChangeDraft, diagnosis: Diagnosis): ChangeDraft {
  return leading(diagnosis) === causes.unclear ? { ...draft, alwaysAsk: true } : draft;
}

/**
 * Why a remedy that only buys time does not fit where the cause can't be told, or null: what neither grows nor was
 * killed may be honest use, which would be back at once.
 */
export function unclearAndCalm({ details }: WorkloadLook, diagnosis: Diagnosis): string | null {
  if (leading(diagnosis) === causes.unclear && diagnosis.causes[1]?.name === causes.pageCache)
    return 'most of it may be page cache, which the kernel takes back by itself: nothing is to be restarted for that';
  const calm =
    diagnosis.growth?.secondsToLimit === undefined && !details.oomKills.some(({ recent }) => recent);
  return leading(diagnosis) === causes.unclear && calm
    ? 'what fills it can not be told, and it neither grows nor was it killed: it may be honest use'
    : null;
}

/** Why the template can't be rolled out now, or null. */
export function noRollout(look: WorkloadLook): string | null {
  const { rollout } = look.details.workload;
  return rollout === undefined ? noTemplate(look) : `a rollout is under way: ${rollout}`;
}

/** Why another template would not be rolled out at all, or null. */
export function noTemplate({ details: { workload } }: WorkloadLook): string | null {
  if (workload.paused) return 'its rollouts are paused';
  return workload.strategy === 'OnDelete'
    ? 'its update strategy is OnDelete: a new template replaces no pod'
    : null;
}
