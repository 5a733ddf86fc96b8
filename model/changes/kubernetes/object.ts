import type { Change } from '../../change.js';
import type { PodReading, WorkloadLook, WorkloadReading } from '../../kubernetes/details.js';
import type { ChangeObject } from '../object.js';
import type { ObjectRef } from './params.js';
import { undoes } from './undoes.js';

/** The workload that the incident is about, as a change names it. */
export function workloadObject({ target, details }: WorkloadLook): ChangeObject {
  const { uid, name } = details.workload;
  return { key: target.key, uid, name };
}

export function podObject(pod: PodReading): ChangeObject {
  return { key: pod.key, uid: pod.uid, name: pod.name };
}

export function workloadRef({ settings, details }: WorkloadLook): ObjectRef {
  const { kind, name, namespace } = details.workload;
  return { cluster: settings.cluster, namespace, kind, name };
}

export function podRef({ settings, details }: WorkloadLook, pod: PodReading): ObjectRef {
  return {
    cluster: settings.cluster,
    namespace: details.workload.namespace,
    kind: 'Pod',
    name: pod.name,
  };
}

/** Why the workload can't be changed as planned, or null. A rollout of somebody else goes first. */
export function workloadRefusal(change: Change, look: WorkloadLook): string | null {
  const { workload } = look.details;
  if (workload.uid !== change.object.uid)
    return `${workload.kind} ${workload.name} was deleted and made anew since this was planned.`;
  if (workload.paused)
    return `${workload.kind} ${workload.name} is paused: somebody stopped its rollouts on purpose. To go on: kubectl rollout resume`;
  if (workload.replicas === 0)
    return `${workload.kind} ${workload.name} is scaled to 0: somebody stopped it on purpose.`;
  return null;
}

/** The same, no rollout is under way, and a new template would be rolled out. */
export function settledRefusal(change: Change, look: WorkloadLook): string | null {
  const refusal = workloadRefusal(change, look);
  if (refusal !== null) return refusal;
  const { rollout, name, strategy } = look.details.workload;
  if (strategy === 'OnDelete')
    return `The update strategy of ${name} is OnDelete: a new template replaces no pod.`;
  return rollout === undefined ? null : `A rollout of ${name} is under way: ${rollout}.`;
}

/**
 * Why the template can't be changed as planned, or null. What takes back a rollout that went wrong (`fresh.undoes`:
 * the change's id) is not stopped by that rollout.
 */
export function templateRefusal(change: Change, look: WorkloadLook): string | null {
  return undoes(change) === undefined ? settledRefusal(change, look) : workloadRefusal(change, look);
}

/** Why this pod can't be acted upon, or null. */
export function podRefusal(change: Change, look: WorkloadLook): string | null {
  const { key, uid, name } = change.object;
  const pod = look.details.pods.find((one) => one.key === key);
  if (pod === undefined) return `Pod ${name} is not there any more.`;
  if (pod.uid !== uid) return `Pod ${name} was replaced by another one of the same name.`;
  return pod.deleting ? `Pod ${name} is being deleted already.` : null;
}

export function findPod(look: WorkloadLook, key: string): PodReading | undefined {
  return look.details.pods.find((pod) => pod.key === key);
}

/** `deployment/agent-bruno`, as kubectl takes it. */
export function kubectlName({ kind, name }: Pick<WorkloadReading, 'kind' | 'name'> | ObjectRef): string {
  return `${kind.toLowerCase()}/${name}`;
}

/** The flags that say where: `--context prod -n bruno`. The cluster's name is that of the configuration. */
export function kubectlWhere({ cluster, namespace }: ObjectRef): readonly string[] {
  return ['--context', cluster, '-n', namespace];
}
