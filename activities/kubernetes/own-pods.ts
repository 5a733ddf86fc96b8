import type { V1Pod } from '@kubernetes/client-node';
import type { PodReading } from '../../model/kubernetes/details.js';
import type { WorkloadSettings } from '../../model/kubernetes/settings.js';
import type { Cluster } from './client.js';
import { lastWorkingSets } from './history.js';
import { paths } from './paths.js';
import { isLive, type PodMetrics, podReading, statusOf, type Use, workingSets } from './pods.js';
import { containerOf, isAlone, selectorOf, type Workload } from './workload.js';

/** What Prometheus last said of a running container is of now for so long, seconds. */
const freshSeconds = 90;
/** A container that does not run is taken for as full as it was when it was last seen, for so long. Seconds. */
const lastSeenSeconds = 300;

export interface AskPods {
  readonly cluster: Cluster;
  readonly settings: WorkloadSettings;
  readonly workload: Workload;
  readonly targetKey: string;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** For the workload's pods; without them there is no reading, so a failure is thrown. Milliseconds. */
  readonly limitMs: number;
  secret(name: string): string;
  /** Reads a source that can be done without; undefined where it could not be had, and that was noted. */
  read<T>(source: string, name: string, work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined>;
}

export interface OwnPods {
  /** As the API server tells of them, those that have ended for good among them. */
  readonly all: readonly V1Pod[];
  readonly metrics: readonly PodMetrics[];
  readonly readings: readonly PodReading[];
}

/** The pods with their working sets: from the metrics API, and for those of which it says nothing from Prometheus. */
export async function readOwnPods(asked: AskPods): Promise<OwnPods> {
  const { cluster, settings, workload, signal, limitMs } = asked;
  const container = containerOf(workload, settings).name;
  const selector = selectorOf(workload);
  const [{ items: all = [] }, metrics] = await Promise.all([
    cluster.get<{ readonly items?: readonly V1Pod[] }>(paths.pods(settings.namespace, selector), {
      signal,
      timeoutMs: limitMs,
    }),
    asked.read('kubectl top pods', 'pods.workingSet', (limited) =>
      cluster.get<{ readonly items?: readonly PodMetrics[] }>(
        paths.podMetrics(settings.namespace, selector),
        { signal: limited },
      ),
    ),
  ]);
  const items = metrics?.items ?? [];
  const used = workingSets(items, container, asked.now());
  const first = all
    .filter(isLive)
    .map((pod) => ({ pod, reading: readingOf(asked, pod, container, used.get(nameOf(pod))) }));
  const unknown = first.filter(({ reading }) => reading.workingSetBytes === undefined);
  const last = await lastSeen(asked, unknown, container);
  return {
    all,
    metrics: items,
    readings: first.map(({ pod, reading }) => {
      const use = reading.workingSetBytes === undefined ? last.get(nameOf(pod)) : undefined;
      return use === undefined ? reading : readingOf(asked, pod, container, use);
    }),
  };
}

function nameOf({ metadata }: V1Pod): string {
  return metadata?.name ?? '';
}

function readingOf({ targetKey }: AskPods, pod: V1Pod, container: string, use: Use | undefined): PodReading {
  return podReading(pod, container, targetKey, use);
}

/** What Prometheus last said of them, where it is configured and it is not too long ago. */
async function lastSeen(
  asked: AskPods,
  unknown: readonly { readonly pod: V1Pod }[],
  container: string,
): Promise<ReadonlyMap<string, Use>> {
  const { settings, now } = asked;
  const { prometheus: at } = settings;
  if (at === undefined || unknown.length === 0) return new Map();
  const pods = unknown.map(({ pod }) => nameOf(pod));
  const found = await asked.read('Prometheus', 'pods.workingSet', (signal) => {
    const token = at.bearerSecret === undefined ? undefined : asked.secret(at.bearerSecret).trim();
    const prometheus = { url: at.url, ...(token !== undefined && { token }) };
    const alone = isAlone(asked.workload);
    return lastWorkingSets(
      { prometheus, settings, container, alone, pods, now: now(), signal },
      lastSeenSeconds,
    );
  });
  return new Map(
    unknown.flatMap(({ pod }) => {
      const use = found?.get(nameOf(pod));
      const runs = statusOf(pod, container)?.state?.running !== undefined;
      if (use === undefined) return [];
      const age = Math.max(0, Math.round((now().getTime() - Date.parse(use.at)) / 1000));
      if (runs && age > freshSeconds) return [];
      const from = `Prometheus, ${age} s ago${runs ? '' : ', before it ended'}`;
      return [[nameOf(pod), { ...use, from }] as const];
    }),
  );
}
