import type { Measure } from '../../model/evidence.js';
import type { NodeReading, PodReading } from '../../model/kubernetes/details.js';

/** A pod's share of what it may have; undefined where its use is not known. */
export function shareOf(pod: PodReading, nodes: readonly NodeReading[]): Measure | undefined {
  const { workingSetBytes: used, limitBytes } = pod;
  if (used === undefined) return undefined;
  const node = nodes.find(({ name }) => name === pod.node);
  const limit = limitBytes ?? node?.allocatableBytes;
  if (limit === undefined || limit <= 0) return undefined;
  return {
    used,
    limit,
    unit: 'bytes',
    percent: (used / limit) * 100,
    against:
      limitBytes === undefined
        ? `its node ${node?.name} (no limit of its own)`
        : `the limit of pod ${pod.name}`,
  };
}

/** The fullest pod's measure: a mean over the replicas would hide the one that is killed next. */
export function worstOf(pods: readonly PodReading[], nodes: readonly NodeReading[]): Measure | undefined {
  return pods
    .filter(({ deleting }) => !deleting)
    .map((pod) => shareOf(pod, nodes))
    .filter((measure) => measure !== undefined)
    .toSorted((a, b) => b.percent - a.percent)[0];
}

/** The fullest first; those whose use is not known last. */
export function byFullness(
  pods: readonly PodReading[],
  nodes: readonly NodeReading[],
): readonly PodReading[] {
  const share = (pod: PodReading): number => shareOf(pod, nodes)?.percent ?? -1;
  return pods.toSorted((a, b) => share(b) - share(a) || a.name.localeCompare(b.name));
}

/** Sudden ends so far, of all pods: restarts of those whose last end was a kill for want of memory. */
export function killsOf(pods: readonly PodReading[]): number {
  return pods.reduce(
    (sum, { lastEnd, restarts }) => sum + (lastEnd?.reason === 'OOMKilled' ? Math.max(1, restarts) : 0),
    0,
  );
}

export function healthOf(
  replicas: number,
  pods: readonly PodReading[],
): { readonly healthy: boolean; readonly healthNote: string } {
  const ready = pods.filter((pod) => pod.ready && !pod.deleting).length;
  const waiting = pods.filter((pod) => pod.waiting !== undefined).map((pod) => `${pod.name}: ${pod.waiting}`);
  const note = `${ready} of ${replicas} replicas are ready`;
  return {
    healthy: replicas > 0 && ready >= replicas,
    healthNote: waiting.length === 0 ? note : `${note}; ${waiting.slice(0, 3).join(', ')}`,
  };
}

/**
 * When a pod of it was last started: it changes when one is, and only then. The fullest pod's own start would change
 * whenever another pod becomes the fullest.
 */
export function latestStart(pods: readonly PodReading[]): { readonly startedAt?: string } {
  const starts = pods.filter(({ deleting }) => !deleting).flatMap(({ startedAt }) => startedAt ?? []);
  const latest = starts.toSorted().at(-1);
  return latest === undefined ? {} : { startedAt: latest };
}
