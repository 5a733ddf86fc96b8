import type { CoreV1Event, V1Pod } from '@kubernetes/client-node';
import type { OomKill } from '../../model/container.js';
import type { PodReading } from '../../model/kubernetes/details.js';
import { iso } from './pods.js';

/** A container killed within so long of its node's own want of memory was killed for that, milliseconds. */
const sameMoment = 15_000;

/** What a node's events say of its own memory: the kernel killed something outside of any limit. */
const nodeOom = /^(SystemOOM|OOMKilling)$/;

/** Whose kills are counted: a side-car's are not this container's. */
interface Meant {
  readonly container: string;
  /** The pods have no other container. */
  readonly alone: boolean;
  /** Kills before this are of an older story. */
  readonly since: string;
}

/**
 * Kills for want of memory at this container's limit: its last end, reconciled with the pods' events and the node's,
 * each once. Kills for want of memory of the node are told by `nodeKills`.
 */
export function oomKills(
  pods: readonly PodReading[],
  podEvents: readonly CoreV1Event[],
  nodeEvents: readonly CoreV1Event[],
  { since, ...meant }: Meant,
): readonly OomKill[] {
  const names = new Set(pods.map(({ name }) => name));
  const events = podEvents.filter((event) => isOom(event) && isAbout(event, meant));
  const ended = pods
    .filter((pod) => pod.lastEnd?.reason === 'OOMKilled' && nodeOomAt(pod, nodeEvents) === undefined)
    .map((pod): OomKill => {
      const at = pod.lastEnd?.at;
      const spoken = events.some(({ involvedObject }) => involvedObject.name === pod.name);
      return {
        ...(at !== undefined && { at }),
        containerName: pod.name,
        witnesses: [
          'lastState OOMKilled',
          ...(pod.lastEnd?.exitCode === 137 ? ['exit code 137'] : []),
          ...(pod.restarts > 0 ? ['restart count'] : []),
          ...(spoken ? ['event'] : []),
        ],
        recent: at === undefined || at >= since,
      };
    });
  const told = events
    .filter(({ involvedObject }) => names.has(involvedObject.name ?? ''))
    .filter(({ involvedObject }) => !ended.some(({ containerName }) => containerName === involvedObject.name))
    .map((event): OomKill => {
      const at = timeOf(event);
      return {
        ...(at !== undefined && { at }),
        ...(event.involvedObject.name !== undefined && { containerName: event.involvedObject.name }),
        witnesses: ['event'],
        recent: at === undefined || at >= since,
      };
    });
  return [...ended, ...told].toSorted((a, b) => (a.at ?? '').localeCompare(b.at ?? ''));
}

/** By the event's field path, `spec.containers{agent}`; one without it is of the only container there is. */
function isAbout({ involvedObject: { fieldPath } }: CoreV1Event, { container, alone }: Omit<Meant, 'since'>) {
  return fieldPath === undefined ? alone : fieldPath.endsWith(`{${container}}`);
}

/**
 * Evictions and kills since then for want of memory of the node: not of this limit. Pods that were evicted long ago
 * are kept by the cluster, often for days, and say nothing of now.
 */
export function nodeKills(
  pods: readonly V1Pod[],
  readings: readonly PodReading[],
  events: readonly CoreV1Event[],
  nodeEvents: readonly CoreV1Event[],
  since: string,
): readonly string[] {
  const names = new Set(pods.map(({ metadata }) => metadata?.name));
  const isRecent = (at: string | undefined): boolean => at === undefined || at >= since;
  const evicted = events
    .filter(
      ({ reason, message = '', involvedObject }) =>
        reason === 'Evicted' && /memory/i.test(message) && names.has(involvedObject.name),
    )
    .filter((event) => isRecent(timeOf(event)))
    .map(({ involvedObject, message }) => `pod ${involvedObject.name} was evicted: ${message}`);
  const failed = pods
    .filter(({ status }) => status?.reason === 'Evicted' && /memory/i.test(status.message ?? ''))
    .filter((pod) => isRecent(evictedAt(pod)))
    .map(({ metadata, status }) => `pod ${metadata?.name} was evicted: ${status?.message}`);
  const killed = readings.flatMap((pod) => {
    const said = isRecent(pod.lastEnd?.at) ? nodeOomAt(pod, nodeEvents) : undefined;
    return said === undefined
      ? []
      : [`pod ${pod.name} was killed when its node had no memory left: ${said.message ?? said.reason}`];
  });
  return [...new Set([...evicted, ...failed, ...killed])];
}

/** When a pod was evicted: as its conditions say, or when the last of its containers ended. */
function evictedAt({ status }: V1Pod): string | undefined {
  const disrupted = status?.conditions?.find(({ type }) => type === 'DisruptionTarget')?.lastTransitionTime;
  const ends = (status?.containerStatuses ?? []).flatMap(
    ({ state }) => iso(state?.terminated?.finishedAt) ?? [],
  );
  const unready = status?.conditions?.find(
    (condition) => condition.type === 'Ready' && condition.status === 'False',
  )?.lastTransitionTime;
  return iso(disrupted) ?? ends.toSorted().at(-1) ?? iso(unready);
}

/** The node's event at the moment of a kill, which says that it was not the container's limit. */
function nodeOomAt(
  { node, lastEnd }: PodReading,
  nodeEvents: readonly CoreV1Event[],
): CoreV1Event | undefined {
  const at = lastEnd?.at;
  if (at === undefined || node === undefined || lastEnd?.exitCode !== 137) return undefined;
  return nodeEvents.find((event) => {
    const told = timeOf(event);
    return (
      nodeOom.test(event.reason ?? '') &&
      // node-problem-detector tells of kills inside a container's limit, too: the kernel calls them "Memory cgroup".
      !/memory cgroup/i.test(event.message ?? '') &&
      event.involvedObject.name === node &&
      told !== undefined &&
      Math.abs(Date.parse(told) - Date.parse(at)) <= sameMoment
    );
  });
}

function isOom({ reason = '' }: CoreV1Event): boolean {
  return /oom/i.test(reason);
}

export function timeOf({ lastTimestamp, eventTime, firstTimestamp }: CoreV1Event): string | undefined {
  return iso(lastTimestamp ?? eventTime ?? firstTimestamp);
}
