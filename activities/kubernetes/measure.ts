import type { Measure } from '../../model/evidence.js';
import type { NodeReading, PodReading } from '../../model/kubernetes/details.js';

type Allocatable = Pick<NodeReading, 'name' | 'allocatableBytes'>;

/**
 * Whether it does not run because it was killed at its limit. Nobody measures it then, but the kernel has: it used all
 * that it may have. Without this a crash loop would blind the incident that is there to end it.
 */
export function killedAtLimit(pod: PodReading): boolean {
  return (
    pod.workingSetBytes === undefined &&
    pod.startedAt === undefined &&
    pod.lastEnd?.reason === 'OOMKilled' &&
    pod.limitBytes !== undefined
  );
}

/** A pod's share of what it may have; undefined where its use is not known. */
export function shareOf(pod: PodReading, nodes: readonly Allocatable[]): Measure | undefined {
  const { limitBytes } = pod;
  const killed = killedAtLimit(pod);
  const used = killed ? limitBytes : pod.workingSetBytes;
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
        : `the limit of pod ${pod.name}${killed ? ', at which it was killed' : ''}`,
  };
}

/** The fullest pod's measure: a mean over the replicas would hide the one that is killed next. */
export function worstOf(pods: readonly PodReading[], nodes: readonly Allocatable[]): Measure | undefined {
  return pods
    .filter(({ deleting }) => !deleting)
    .map((pod) => shareOf(pod, nodes))
    .filter((measure) => measure !== undefined)
    .toSorted((a, b) => b.percent - a.percent)[0];
}

/** The fullest first, those that are being deleted after them; those whose use is not known last. */
export function byFullness(
  pods: readonly PodReading[],
  nodes: readonly Allocatable[],
): readonly PodReading[] {
  const share = (pod: PodReading): number =>
    (shareOf(pod, nodes)?.percent ?? -1) - (pod.deleting ? 1_000_000 : 0);
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

/** What is known of why nothing is measured. */
interface Unmeasured {
  readonly hasPrometheus: boolean;
  /** Why the figures could not be read. */
  readonly gap?: string;
  /** A rollout that is under way, in words. */
  readonly rollout?: string;
}

/** Why there is no measure. */
export function blindness(
  replicas: number,
  pods: readonly PodReading[],
  { rollout, ...known }: Unmeasured,
): string {
  if (replicas === 0) return 'it is scaled to 0';
  const under = rollout === undefined ? '' : `; a rollout is under way: ${rollout}`;
  return `${pods.length === 0 ? 'it has no pods' : withoutFigure(pods, known)}${under}`;
}

function withoutFigure(
  pods: readonly PodReading[],
  { hasPrometheus, gap }: Omit<Unmeasured, 'rollout'>,
): string {
  if (pods.some((pod) => pod.workingSetBytes !== undefined && pod.limitBytes === undefined))
    return 'its pods have no memory limit, and the memory of their node could not be read';
  const waiting = pods.find((pod) => pod.waiting !== undefined && pod.startedAt === undefined);
  const others = hasPrometheus ? 'Prometheus has none either' : 'no Prometheus is configured';
  if (gap !== undefined) return `the memory of its pods could not be read: ${gap}; ${others}`;
  return waiting === undefined
    ? `the metrics API has no fresh figure of any of its pods, and ${others}`
    : `none of its pods runs (${waiting.name}: ${waiting.waiting}), so the metrics API has no figure, and ${others}`;
}
