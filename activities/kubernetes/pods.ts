import type { CoreV1Event, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import type { OomKill } from '../../model/container.js';
import type { PodReading } from '../../model/kubernetes/details.js';
import { quantityOf } from './quantity.js';

/** What the metrics API says of one pod: bytes by container. */
export interface PodMetrics {
  readonly metadata?: { readonly name?: string };
  readonly timestamp?: string;
  readonly containers?: readonly { readonly name: string; readonly usage?: { readonly memory?: string } }[];
}

/** Figures older than this are of another time, seconds. The metrics server reads every 15 to 60 s. */
const staleSeconds = 180;

/** Working sets by pod name. Stale ones and those that are no number are left out: they say nothing about now. */
export function workingSets(
  items: readonly PodMetrics[],
  container: string,
  now: Date,
): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { metadata, timestamp, containers = [] } of items) {
    const old = timestamp !== undefined && now.getTime() - Date.parse(timestamp) > staleSeconds * 1000;
    const bytes = quantityOf(containers.find(({ name }) => name === container)?.usage?.memory);
    if (metadata?.name !== undefined && bytes !== undefined && bytes > 0 && !old)
      found.set(metadata.name, bytes);
  }
  return found;
}

/** One pod, as the look tells of it. `targetKey` begins its key. */
export function podReading(
  pod: V1Pod,
  container: string,
  targetKey: string,
  workingSetBytes: number | undefined,
): PodReading {
  const { metadata, spec, status } = pod;
  const state = statusOf(pod, container);
  const resources = state?.resources ?? spec?.containers.find(({ name }) => name === container)?.resources;
  const limitBytes = quantityOf(resources?.limits?.memory);
  const requestBytes = quantityOf(resources?.requests?.memory);
  const startedAt = iso(state?.state?.running?.startedAt);
  const waiting = state?.state?.waiting?.reason;
  const templateHash =
    metadata?.labels?.['pod-template-hash'] ?? metadata?.labels?.['controller-revision-hash'];
  const policy = spec?.containers
    .find(({ name }) => name === container)
    ?.resizePolicy?.find(({ resourceName }) => resourceName === 'memory');
  return {
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    key: `${targetKey}/pod/${metadata?.name}`,
    ...(spec?.nodeName !== undefined && { node: spec.nodeName }),
    ...(status?.podIP !== undefined && { ip: status.podIP }),
    phase: status?.phase ?? 'Unknown',
    ready: state?.ready ?? false,
    deleting: metadata?.deletionTimestamp !== undefined,
    createdAt: iso(metadata?.creationTimestamp) ?? '',
    ...(startedAt !== undefined && { startedAt }),
    restarts: state?.restartCount ?? 0,
    ...lastEnd(state),
    ...(waiting !== undefined && { waiting }),
    ...(workingSetBytes !== undefined && { workingSetBytes }),
    ...(limitBytes !== undefined && { limitBytes }),
    ...(requestBytes !== undefined && { requestBytes }),
    qosClass: status?.qosClass ?? 'unknown',
    resizePolicy: policy?.restartPolicy ?? 'NotRequired',
    ...(templateHash !== undefined && { templateHash }),
    app: {},
  };
}

export function statusOf({ status }: V1Pod, container: string): V1ContainerStatus | undefined {
  return status?.containerStatuses?.find(({ name }) => name === container);
}

function lastEnd(state: V1ContainerStatus | undefined): Pick<PodReading, 'lastEnd'> {
  const end = state?.lastState?.terminated ?? state?.state?.terminated;
  if (!end) return {};
  const at = iso(end.finishedAt);
  return {
    lastEnd: { reason: end.reason ?? 'Unknown', exitCode: end.exitCode, ...(at !== undefined && { at }) },
  };
}

/** Times are texts on the wire, whatever the client's types say. */
export function iso(value: Date | string | undefined): string | undefined {
  return value === undefined ? undefined : new Date(value).toISOString();
}

/** Kills for want of memory of this container: its last end, reconciled with events, each once. */
export function oomKills(
  pods: readonly PodReading[],
  events: readonly CoreV1Event[],
  since: string,
): readonly OomKill[] {
  const names = new Set(pods.map(({ name }) => name));
  const ended = pods
    .filter(({ lastEnd: end }) => end?.reason === 'OOMKilled')
    .map((pod): OomKill => {
      const at = pod.lastEnd?.at;
      const witnesses = ['lastState OOMKilled', ...(pod.lastEnd?.exitCode === 137 ? ['exit code 137'] : [])];
      return {
        ...(at !== undefined && { at }),
        containerName: pod.name,
        witnesses: [...witnesses, ...(pod.restarts > 0 ? ['restart count'] : [])],
        recent: at === undefined || at >= since,
      };
    });
  const told = events
    .filter(({ reason = '', involvedObject }) => /oom/i.test(reason) && names.has(involvedObject.name ?? ''))
    .filter(({ involvedObject }) => !ended.some(({ containerName }) => containerName === involvedObject.name))
    .map((event): OomKill => {
      const at = iso(event.lastTimestamp ?? event.eventTime ?? undefined);
      return {
        ...(at !== undefined && { at }),
        ...(event.involvedObject.name !== undefined && { containerName: event.involvedObject.name }),
        witnesses: ['event'],
        recent: at === undefined || at >= since,
      };
    });
  return [...ended, ...told];
}

/** Evictions for want of memory of the node: not of this limit. */
export function nodeKills(events: readonly CoreV1Event[], pods: readonly V1Pod[]): readonly string[] {
  const names = new Set(pods.map(({ metadata }) => metadata?.name));
  const told = events
    .filter(
      ({ reason, message = '', involvedObject }) =>
        reason === 'Evicted' && /memory/i.test(message) && names.has(involvedObject.name),
    )
    .map(({ involvedObject, message }) => `pod ${involvedObject.name} was evicted: ${message}`);
  const failed = pods
    .filter(({ status }) => status?.reason === 'Evicted' && /memory/i.test(status.message ?? ''))
    .map(({ metadata, status }) => `pod ${metadata?.name} was evicted: ${status?.message}`);
  return [...new Set([...told, ...failed])];
}
