import type { V1Pod, V1StatefulSet } from '@kubernetes/client-node';
import { failureType, messageOf } from '../../failure.js';
import type { Workload } from '../workload.js';
import { askEviction } from './eviction.js';
import { podsOf } from './pods-of.js';
import type { Tools } from './tools.js';
import { readyOf } from './trouble.js';
import { readObject, type WorkloadRef } from './workload-object.js';

const firstPauseMs = 1_000;
const longestPauseMs = 10_000;

/** A pass over the pods that keep a rollback from its end: what keeps them, or undefined. */
export type Unstick = () => Promise<string | undefined>;

/**
 * Frees the rollback of a rollout that went wrong. A StatefulSet that makes its pods in order waits for one to become
 * ready before it touches another, also where that one is of the template that was just taken back: for ever
 * (kubernetes#67250). Each such pod is evicted, by its uid, so that budgets hold. Deployments and DaemonSets replace
 * what is not ready by themselves, as do StatefulSets whose pods are managed in parallel.
 */
export function unstick(
  tools: Tools,
  ref: WorkloadRef,
  mine: (workload: Workload) => boolean,
): Unstick | undefined {
  if (ref.kind !== 'StatefulSet') return undefined;
  let [next, pause] = [0, firstPauseMs];
  let kept: string | undefined;
  return async () => {
    const now = tools.context.now().getTime();
    if (now < next) return kept;
    const workload = (await readObject(tools, ref)) as V1StatefulSet;
    if (!mine(workload) || !inOrder(workload)) return undefined;
    kept = await firstKept(tools, ref, stuckOf(workload, await podsOf(tools, ref, workload)));
    [next, pause] =
      kept === undefined ? [0, firstPauseMs] : [now + pause, Math.min(pause * 2, longestPauseMs)];
    return kept;
  };
}

function inOrder({ spec }: V1StatefulSet): boolean {
  return spec?.podManagementPolicy !== 'Parallel';
}

/** Neither ready nor of the wanted template; none before the controller has seen what that is. */
function stuckOf({ metadata, status }: V1StatefulSet, pods: readonly V1Pod[]): readonly V1Pod[] {
  const seen = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
  const wanted = status?.updateRevision;
  if (!seen || wanted === undefined) return [];
  const ready = new Set(readyOf(pods));
  return pods.filter(
    (pod) =>
      !ready.has(pod) &&
      pod.metadata?.deletionTimestamp === undefined &&
      pod.metadata?.labels?.['controller-revision-hash'] !== wanted,
  );
}

/** Evicts them, and tells what kept the first one that stays. */
async function firstKept(
  tools: Tools,
  ref: WorkloadRef,
  pods: readonly V1Pod[],
): Promise<string | undefined> {
  for (const { metadata } of pods) {
    const [name, uid] = [metadata?.name ?? '', metadata?.uid ?? ''];
    // The template was sent before: what follows from it is seen through.
    await tools.journal.confirm({ begun: true });
    try {
      const answer = await askEviction(tools, { namespace: ref.namespace, name, uid });
      if (answer === 'sent') noteEvicted(tools, uid);
      else if (answer !== 'gone') return `pod ${name} is to be evicted: ${answer.notNow}`;
    } catch (error) {
      if (failureType(error) === 'Unreachable') throw error;
      return `pod ${name} keeps it from going on, and may not be evicted: ${messageOf(error)}`;
    }
  }
  return undefined;
}

function noteEvicted(tools: Tools, uid: string): void {
  tools.journal.note({ evicted: [...evictedOf(tools), uid] });
}

/** Uids of the pods that were evicted for it, over all attempts. */
export function evictedOf({ journal }: Tools): readonly string[] {
  const { evicted } = journal.notes;
  return Array.isArray(evicted) ? evicted.filter((one): one is string => typeof one === 'string') : [];
}
