import type {
  V1ControllerRevision,
  V1DaemonSet,
  V1Pod,
  V1ReplicaSet,
  V1StatefulSet,
} from '@kubernetes/client-node';
import { paths } from '../paths.js';
import { isLive } from '../pods.js';
import { selectorOf, type Workload } from '../workload.js';
import type { Tools } from './tools.js';
import type { WorkloadRef } from './workload-object.js';

interface List<T> {
  readonly items?: readonly T[];
}

/** Pods that the workload selects and that live: those that were evicted linger as failed ones, and are no replicas. */
export async function podsOf(
  { cluster, context }: Tools,
  ref: WorkloadRef,
  workload: Workload,
): Promise<readonly V1Pod[]> {
  const { items = [] } = await cluster.get<List<V1Pod>>(paths.pods(ref.namespace, selectorOf(workload)), {
    signal: context.signal,
  });
  return items.filter(isLive);
}

/** Pods of the template that the workload has now: what a rollout makes, not what it replaces. */
export async function newPodsOf(
  tools: Tools,
  ref: WorkloadRef,
  workload: Workload,
): Promise<readonly V1Pod[]> {
  const hash = await newestHash(tools, ref, workload);
  const label = ref.kind === 'Deployment' ? 'pod-template-hash' : 'controller-revision-hash';
  const pods = await podsOf(tools, ref, workload);
  return pods.filter(({ metadata }) => hash !== undefined && metadata?.labels?.[label] === hash);
}

async function newestHash(tools: Tools, ref: WorkloadRef, workload: Workload): Promise<string | undefined> {
  if (ref.kind === 'StatefulSet') return (workload as V1StatefulSet).status?.updateRevision;
  if (ref.kind === 'Deployment') {
    const revision = revisionOf(workload);
    const found = (await replicaSetsOf(tools, ref, workload)).find((one) => revisionOf(one) === revision);
    return found?.metadata?.labels?.['pod-template-hash'];
  }
  const newest = (await controllerRevisionsOf(tools, ref, workload as V1DaemonSet)).at(-1);
  return newest?.metadata?.labels?.['controller-revision-hash'];
}

/** The revision that a Deployment or ReplicaSet is at, as its controller marks it. */
export function revisionOf({ metadata }: Pick<V1ReplicaSet, 'metadata'>): string | undefined {
  return metadata?.annotations?.['deployment.kubernetes.io/revision'];
}

/** ReplicaSets of a Deployment. */
export async function replicaSetsOf(
  { cluster, context }: Tools,
  { namespace }: WorkloadRef,
  workload: Workload,
): Promise<readonly V1ReplicaSet[]> {
  const path = paths.replicaSets(namespace, selectorOf(workload));
  const { items = [] } = await cluster.get<List<V1ReplicaSet>>(path, { signal: context.signal });
  return items.filter(({ metadata }) => owns(workload, metadata));
}

/** Revisions of a StatefulSet or DaemonSet, oldest first. */
export async function controllerRevisionsOf(
  { cluster, context }: Tools,
  { namespace }: WorkloadRef,
  workload: Workload,
): Promise<readonly V1ControllerRevision[]> {
  const path = paths.controllerRevisions(namespace, selectorOf(workload));
  const { items = [] } = await cluster.get<List<V1ControllerRevision>>(path, { signal: context.signal });
  return items.filter(({ metadata }) => owns(workload, metadata)).toSorted((a, b) => a.revision - b.revision);
}

function owns(workload: Workload, metadata: V1ReplicaSet['metadata']): boolean {
  return metadata?.ownerReferences?.some(({ uid }) => uid === workload.metadata?.uid) ?? false;
}

/** The revision that the workload is at now: where an undo of a failed rollout goes back to. */
export async function currentRevision(
  tools: Tools,
  ref: WorkloadRef,
  workload: Workload,
): Promise<string | undefined> {
  if (ref.kind === 'Deployment') return revisionOf(workload);
  const newest = (await controllerRevisionsOf(tools, ref, workload)).at(-1);
  return newest === undefined ? undefined : String(newest.revision);
}
