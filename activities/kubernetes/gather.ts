import type { CoreV1Event, V1ConfigMap, V1Pod } from '@kubernetes/client-node';
import type {
  Autoscaling,
  LatelyChanged,
  MongoReading,
  NodeReading,
  SessionReading,
  WorkloadDetails,
} from '../../model/kubernetes/details.js';
import type { MongoSettings, SessionSettings, WorkloadSettings } from '../../model/kubernetes/settings.js';
import type { ReadContext } from '../adapter.js';
import type { Notebook } from '../notebook.js';
import { readBudget, readHpa, readVpa } from './autoscaling.js';
import type { CallOptions, Cluster } from './client.js';
import { configChanges, readRollouts } from './lately.js';
import { paths } from './paths.js';
import type { PodMetrics } from './pods.js';
import { readLimitRange, readNode, readQuota } from './room.js';
import {
  configMapsOf,
  containerOf,
  readWorkload,
  selectorOf,
  templateOf,
  type Workload,
} from './workload.js';

/** Time limit of one source, milliseconds. */
export const sourceLimit = 5_000;
/** The workload and its pods are waited for longer: without them there is no look. */
const ownLimit = 15_000;
/** More nodes are not read: the fullest pods are on a few of them. */
const mostNodes = 5;

/** What is counted outside the cluster's API. Connections are by the client's address. */
export interface Outside {
  sessions(
    settings: SessionSettings,
    signal: AbortSignal,
  ): Promise<{
    readonly reading: SessionReading;
    readonly connections: ReadonlyMap<string, number>;
  }>;
  mongo(
    settings: MongoSettings,
    signal: AbortSignal,
  ): Promise<{
    readonly reading: MongoReading;
    readonly connections: ReadonlyMap<string, number>;
  }>;
}

export interface Asked {
  readonly settings: WorkloadSettings;
  readonly context: ReadContext;
  readonly cluster: Cluster;
  readonly outside: Outside;
  readonly notebook: Notebook;
  secret(name: string): string;
}

/** Everything that was read, as it came. What is absent is a gap in the notebook. */
export interface Gathered {
  readonly workload: Workload;
  readonly container: string;
  readonly configMaps: ReadonlyMap<string, V1ConfigMap>;
  readonly pods: readonly V1Pod[];
  readonly metrics?: readonly PodMetrics[];
  readonly events: readonly CoreV1Event[];
  readonly autoscaling: Autoscaling;
  readonly nodes: readonly NodeReading[];
  readonly lately: readonly LatelyChanged[];
  readonly quota?: WorkloadDetails['quota'];
  readonly limitRange?: WorkloadDetails['limitRange'];
  readonly sessions?: Awaited<ReturnType<Outside['sessions']>>;
  readonly mongo?: Awaited<ReturnType<Outside['mongo']>>;
  readonly version: string;
}

interface List<T> {
  readonly items?: readonly T[];
}

/** Reads all sources at once: what needs only the configuration begins before the workload is there. */
export async function gather(asked: Asked): Promise<Gathered> {
  const { settings, cluster, notebook, outside } = asked;
  const { namespace } = settings;
  const read = <T>(
    source: string,
    name: string,
    work: (options: CallOptions) => Promise<T>,
  ): Promise<T | undefined> =>
    notebook.read(source, name, sourceLimit, (signal) => work({ signal, timeoutMs: sourceLimit }));
  const early = Promise.all([
    read('kubectl get events', 'events', (options) =>
      cluster.get<List<CoreV1Event>>(paths.events(namespace), options),
    ),
    read('kubectl get hpa', 'hpa', (options) => readHpa(cluster, settings, options)),
    read('kubectl get vpa', 'vpa', (options) => readVpa(cluster, settings, options)),
    read('kubectl get resourcequota', 'quota', (options) => readQuota(cluster, namespace, options)),
    read('kubectl get limitrange', 'limitRange', (options) => readLimitRange(cluster, namespace, options)),
    read('kubectl version', 'cluster.version', (options) =>
      cluster.get<{ gitVersion?: string }>(paths.version, options),
    ),
    settings.sessions &&
      notebook.read('redis', 'sessions', sourceLimit, (signal) =>
        outside.sessions(settings.sessions as SessionSettings, signal),
      ),
    settings.mongo &&
      notebook.read('mongodb', 'mongo', sourceLimit, (signal) =>
        outside.mongo(settings.mongo as MongoSettings, signal),
      ),
  ]);
  early.catch(() => undefined);
  const workload = await readWorkload(cluster, settings, {
    signal: asked.context.signal,
    timeoutMs: ownLimit,
  });
  const ofWorkload = await gatherFrom(asked, workload, read);
  const [events, hpa, vpa, quota, limitRange, version, sessions, mongo] = await early;
  const { budget, ...rest } = ofWorkload;
  return {
    ...rest,
    workload,
    events: events?.items ?? [],
    autoscaling: { ...(hpa && { hpa }), ...(vpa && { vpa }), ...(budget && { budget }) },
    ...(quota && { quota }),
    ...(limitRange && { limitRange }),
    ...(sessions && { sessions }),
    ...(mongo && { mongo }),
    version: version?.gitVersion ?? 'unknown',
  };
}

type Read = <T>(
  source: string,
  name: string,
  work: (options: CallOptions) => Promise<T>,
) => Promise<T | undefined>;

/** What needs the workload: its pods, their figures, its nodes, its past. */
async function gatherFrom(asked: Asked, workload: Workload, read: Read) {
  const { settings, cluster, context } = asked;
  const { namespace } = settings;
  const container = containerOf(workload, settings);
  const selector = selectorOf(workload);
  const labels = templateOf(workload).metadata?.labels ?? {};
  const pods = cluster.get<List<V1Pod>>(paths.pods(namespace, selector), {
    signal: context.signal,
    timeoutMs: ownLimit,
  });
  const [{ items = [] }, metrics, configMaps, budget, rollouts, nodes] = await Promise.all([
    pods,
    read('kubectl top pods', 'pods.workingSet', (options) =>
      cluster.get<List<PodMetrics>>(paths.podMetrics(namespace, selector), options),
    ),
    readConfigMaps(configMapsOf(container), (name) =>
      read('kubectl get configmap', `configMap.${name}`, (options) =>
        cluster.get<V1ConfigMap>(paths.configMap(namespace, name), options),
      ),
    ),
    read('kubectl get pdb', 'budget', (options) => readBudget(cluster, namespace, labels, options)),
    read('kubectl rollout history', 'rollouts', (options) =>
      readRollouts(cluster, settings, workload.metadata?.uid ?? '', selector, options),
    ),
    pods.then(({ items: all = [] }) => readNodes(cluster, all, read)),
  ]);
  const lately = [...(rollouts ?? []), ...configChanges(configMaps.values())];
  return {
    container: container.name,
    configMaps,
    pods: items,
    ...(metrics?.items && { metrics: metrics.items }),
    budget,
    nodes,
    lately: lately.toSorted((a, b) => a.at.localeCompare(b.at)).slice(-12),
  };
}

async function readConfigMaps(
  names: readonly string[],
  read: (name: string) => Promise<V1ConfigMap | undefined>,
): Promise<ReadonlyMap<string, V1ConfigMap>> {
  const found = await Promise.all(names.map(async (name) => [name, await read(name)] as const));
  return new Map(found.flatMap(([name, map]) => (map === undefined ? [] : [[name, map] as const])));
}

async function readNodes(
  cluster: Cluster,
  pods: readonly V1Pod[],
  read: Read,
): Promise<readonly NodeReading[]> {
  const names = [...new Set(pods.flatMap(({ spec }) => spec?.nodeName ?? []))].slice(0, mostNodes);
  const found = await Promise.all(
    names.map((name) =>
      read('kubectl describe node', `node.${name}`, (options) => readNode(cluster, name, options)),
    ),
  );
  return found.filter((node) => node !== undefined);
}
