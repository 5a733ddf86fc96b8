import type { V1Container, V1ContainerStatus, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import type { PodReading, UseAt } from '../../model/kubernetes/details.js';
import { quantityOf } from './quantity.js';

/** What the metrics API says of one pod: bytes by container. */
export interface PodMetrics {
  readonly metadata?: { readonly name?: string };
  readonly timestamp?: string;
  readonly containers?: readonly { readonly name: string; readonly usage?: { readonly memory?: string } }[];
}

/** A working set, and who told it where it was not the metrics API. */
export interface Use extends UseAt {
  readonly from?: string;
}

/** Figures older than this are of another time, seconds. The metrics server reads every 15 to 60 s. */
const staleSeconds = 180;

/**
 * Working sets by pod name, the newest of each. Stale ones and those that are no number, or none above zero, are left
 * out: they say nothing about now.
 */
export function workingSets(
  items: readonly PodMetrics[],
  container: string,
  now: Date,
): ReadonlyMap<string, Use> {
  const found = new Map<string, Use>();
  for (const { metadata, timestamp, containers = [] } of items) {
    const name = metadata?.name;
    const taken = timestamp === undefined ? now.getTime() : Date.parse(timestamp);
    const bytes = quantityOf(containers.find((one) => one.name === container)?.usage?.memory);
    if (name === undefined || bytes === undefined || bytes <= 0) continue;
    if (Number.isNaN(taken) || now.getTime() - taken > staleSeconds * 1000) continue;
    const at = new Date(taken).toISOString();
    const known = found.get(name);
    if (known === undefined || known.at < at) found.set(name, { at, bytes });
  }
  return found;
}

/** One pod, as the look tells of it. `targetKey` begins its key. */
export function podReading(
  pod: V1Pod,
  container: string,
  targetKey: string,
  use: Use | undefined,
): PodReading {
  const { metadata, spec, status } = pod;
  const state = statusOf(pod, container);
  const own = spec?.containers.find(({ name }) => name === container);
  const resources = state?.resources ?? own?.resources;
  const ownLimit = quantityOf(resources?.limits?.memory);
  // What the pod may have as a whole bounds what has no limit of its own.
  const limitBytes = ownLimit ?? quantityOf(spec?.resources?.limits?.memory);
  const requestBytes = quantityOf(resources?.requests?.memory);
  const startedAt = iso(state?.state?.running?.startedAt);
  const waiting = state?.state?.waiting?.reason;
  const ended = lastEnd(state);
  const templateHash =
    metadata?.labels?.['pod-template-hash'] ?? metadata?.labels?.['controller-revision-hash'];
  const policy = own?.resizePolicy?.find(({ resourceName }) => resourceName === 'memory');
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
    ...ended,
    ...(waiting !== undefined && { waiting }),
    // What it was last seen to use is less than what it then asked for: its measure is the limit.
    ...(startedAt === undefined && ended.lastEnd?.reason === 'OOMKilled' ? {} : usedNow(use, startedAt)),
    ...(limitBytes !== undefined && { limitBytes }),
    ...(ownLimit === undefined && limitBytes !== undefined && { limitOf: 'pod' as const }),
    ...(requestBytes !== undefined && { requestBytes }),
    qosClass: status?.qosClass ?? 'unknown',
    resizePolicy: policy?.restartPolicy ?? 'NotRequired',
    ...(templateHash !== undefined && { templateHash }),
    app: {},
  };
}

/** A figure that was taken before this life of the container began is of the life before. */
function usedNow(
  use: Use | undefined,
  startedAt: string | undefined,
): Pick<PodReading, 'workingSetBytes' | 'workingSetFrom'> {
  if (use === undefined || (startedAt !== undefined && use.at < startedAt)) return {};
  return { workingSetBytes: use.bytes, ...(use.from !== undefined && { workingSetFrom: use.from }) };
}

/** Those that have ended for good (evicted, completed) are no replicas any more. */
export function isLive({ status }: V1Pod): boolean {
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}

/** Containers that run beside one another: init containers that go on running among them. */
export function runningIn(spec: V1PodSpec | undefined): readonly V1Container[] {
  const { containers = [], initContainers = [] } = spec ?? {};
  return [...containers, ...initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')];
}

export function statusOf({ status }: V1Pod, container: string): V1ContainerStatus | undefined {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return all.find(({ name }) => name === container);
}

function lastEnd(state: V1ContainerStatus | undefined): Pick<PodReading, 'lastEnd'> {
  // Between its end and the next start, or the back-off, its last end is its present state.
  const end = state?.state?.terminated ?? state?.lastState?.terminated;
  if (!end) return {};
  const at = iso(end.finishedAt);
  return {
    lastEnd: { reason: end.reason ?? 'Unknown', exitCode: end.exitCode, ...(at !== undefined && { at }) },
  };
}

/** Times are texts on the wire, whatever the client's types say. */
export function iso(value: Date | string | undefined | null): string | undefined {
  return value === undefined || value === null ? undefined : new Date(value).toISOString();
}
