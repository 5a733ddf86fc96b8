import type { CoreV1Event, V1Pod } from '@kubernetes/client-node';
import type { OomKill } from '../../model/container.js';
import type { PodReading } from '../../model/kubernetes/details.js';
import { iso } from './pods.js';

/** A container killed within so long of its node's own want of memory was killed for that, milliseconds. */
const sameMoment = 15_000;

/** What a node's events say of its own memory: the kernel killed something outside of any limit. */
const nodeOom = /^(SystemOOM|OOMKilling)$/;

/**
 * Kills for want of memory at this container's limit: its last end, reconciled with the pods' events and the node's,
 * each once. Kills for want of memory of the node are told by `nodeKills`.
 */
export function oomKills(
  pods: readonly PodReading[],
  events: readonly CoreV1Event[],
  nodeEvents: readonly CoreV1Event[],
  since: string,
): readonly OomKill[] {
  const names = new Set(pods.map(({ name }) => name));
  const ended = pods
    .filter((pod) => pod.lastEnd?.reason === 'OOMKilled' && nodeOomAt(pod, nodeEvents) === undefined)
    .map((pod): OomKill => {
      const at = pod.lastEnd?.at;
      const spoken = events.some((event) => isOom(event) && event.involvedObject.name === pod.name);
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
    .filter((event) => isOom(event) && names.has(event.involvedObject.name ?? ''))
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

/** Evictions and kills for want of memory of the node: not of this limit. */
export function nodeKills(
  pods: readonly V1Pod[],
  readings: readonly PodReading[],
  events: readonly CoreV1Event[],
  nodeEvents: readonly CoreV1Event[],
): readonly string[] {
  const names = new Set(pods.map(({ metadata }) => metadata?.name));
  const evicted = events
    .filter(
      ({ reason, message = '', involvedObject }) =>
        reason === 'Evicted' && /memory/i.test(message) && names.has(involvedObject.name),
    )
    .map(({ involvedObject, message }) => `pod ${involvedObject.name} was evicted: ${message}`);
  const failed = pods
    .filter(({ status }) => status?.reason === 'Evicted' && /memory/i.test(status.message ?? ''))
    .map(({ metadata, status }) => `pod ${metadata?.name} was evicted: ${status?.message}`);
  const killed = readings.flatMap((pod) => {
    const said = nodeOomAt(pod, nodeEvents);
    return said === undefined
      ? []
      : [`pod ${pod.name} was killed when its node had no memory left: ${said.message ?? said.reason}`];
  });
  return [...new Set([...evicted, ...failed, ...killed])];
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
