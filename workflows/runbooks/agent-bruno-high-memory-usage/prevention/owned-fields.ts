import { vpaIdle } from '../../../../model/changes/kubernetes/memory-fields.js';
import { planSetEnv } from '../../../../model/changes/kubernetes/set-env.js';
import type { Diagnosis } from '../../../../model/diagnosis.js';
import type { FieldOwner, WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Recommendation, Seen } from '../../../../model/runbook.js';
import { isSkip, rightSizeOf } from '../ladder/figures-for-limits.js';
import { isGitOps, leading, ownerOfVariable, reconciler } from '../ladder/pieces.js';
import { wantedMin, wantedReplicas } from '../ladder/scale-out.js';
import { causes } from '../names.js';
import { releaseHandedOver } from './owned-release.js';
import { vpaPatch } from './owned-vpa.js';
import { inContainer, type Patched, patchOf, resourcesOf } from './patches.js';
import { fittingRules } from './settings.js';

/** What a reconciler owns is not changed but handed over as a patch, to apply where the reconciler reads it. */
export function ownedFields({ latest, first, diagnosis }: Seen<WorkloadLook>): readonly Recommendation[] {
  // As it was before anything was changed, where that could be read.
  const look = first.measure === undefined ? latest : first;
  return [
    ...limits(look, diagnosis),
    ...replicas(look, diagnosis),
    ...variables(look, diagnosis),
    ...releaseHandedOver(look, diagnosis),
  ];
}

function limits(look: WorkloadLook, diagnosis: Diagnosis): readonly Recommendation[] {
  const lead = leading(diagnosis);
  const owner = reconciler(look, /resources/);
  // Running pods would have been given more against traffic, too, had no operator owned them.
  const operator = owner !== undefined && !isGitOps(owner);
  if (lead !== causes.limit && !(lead === causes.traffic && operator)) return [];
  const { vpa } = look.details.autoscaling;
  const byVpa = vpa !== undefined && !vpaIdle.newPods.includes(vpa.mode);
  const figures = owner !== undefined || byVpa ? rightSizeOf(look, diagnosis) : { skip: '' };
  if (isSkip(figures)) return [];
  const { container } = look.details.workload;
  const memory = inContainer(container, resourcesOf(figures.limitBytes, figures.requestBytes));
  return [
    ...(owner === undefined
      ? []
      : [handedOver(`Raise the limit through ${owner.owner}`, owner, workloadOf(look), memory)]),
    ...(byVpa ? [vpaPatch(look, vpa, figures)] : []),
  ];
}

function replicas(look: WorkloadLook, diagnosis: Diagnosis): readonly Recommendation[] {
  const lead = leading(diagnosis);
  if (lead !== causes.traffic && lead !== causes.sessions) return [];
  const { hpa } = look.details.autoscaling;
  if (hpa !== undefined) return leastReplicas(look, hpa);
  const owner = reconciler(look, /^spec\.replicas$/);
  const wanted = wantedReplicas(look);
  if (owner === undefined || wanted === undefined) return [];
  const title = `Scale out through ${owner.owner}`;
  return [handedOver(title, owner, workloadOf(look), { spec: { replicas: wanted } })];
}

function leastReplicas(
  look: WorkloadLook,
  hpa: NonNullable<WorkloadLook['details']['autoscaling']['hpa']>,
): readonly Recommendation[] {
  const wanted = wantedMin(look, hpa);
  if (wanted === undefined) return [];
  const { namespace } = look.details.workload;
  if (hpa.keda && hpa.scaledObject !== undefined) {
    const owner = { owner: 'KEDA', field: 'spec.minReplicas', reconciles: true, by: `of ${hpa.name}` };
    const scaled = { kind: 'ScaledObject', name: hpa.scaledObject, namespace };
    return [handedOver('Scale out through KEDA', owner, scaled, { spec: { minReplicaCount: wanted } })];
  }
  const owner = hpa.owners?.find(({ reconciles }) => reconciles);
  if (owner === undefined) return [];
  const patched = { kind: 'HorizontalPodAutoscaler', name: hpa.name, namespace };
  const title = `Scale out through ${owner.owner}`;
  return [handedOver(title, owner, patched, { spec: { minReplicas: wanted } })];
}

function variables(look: WorkloadLook, diagnosis: Diagnosis): readonly Recommendation[] {
  return fittingRules(look, look.settings.env, diagnosis).flatMap((rule) => {
    const owner = ownerOfVariable(look, rule.name);
    const plan = owner && planSetEnv(look, rule);
    if (owner === undefined || plan === undefined || 'skip' in plan) return [];
    const { ref, configMapKey, container } = plan.params;
    const body =
      configMapKey === undefined
        ? inContainer(container, { env: [{ name: rule.name, value: rule.to }] })
        : { data: { [configMapKey]: rule.to } };
    return [handedOver(`Set ${rule.name} to ${rule.to} through ${owner.owner}`, owner, ref, body)];
  });
}

function handedOver(
  title: string,
  { owner, field, by }: FieldOwner,
  patched: Patched,
  body: Parameters<typeof patchOf>[1],
): Recommendation {
  const restart =
    patched.kind === 'ConfigMap' ? ' Variables are read at start only: restart the pods afterwards.' : '';
  return {
    title,
    why: `${owner} owns ${field} (${by}), so Nightshift leaves it alone. Apply this to ${patched.kind} ${patched.namespace}/${patched.name}, where ${owner} reads it.${restart}`,
    snippet: patchOf(patched, body),
  };
}

function workloadOf({ details: { workload } }: WorkloadLook): Patched {
  const { kind, name, namespace } = workload;
  return { kind, name, namespace };
}
