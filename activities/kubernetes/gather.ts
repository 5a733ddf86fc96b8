import type { CoreV1Event, V1ConfigMap, V1LimitRange, V1ResourceQuota } from '@kubernetes/client-node';
import type {
  Autoscaling,
  LatelyChanged,
  MongoReading,
  NodeReading,
  SessionReading,
} from '../../model/kubernetes/details.js';
import {
  type Asked,
  type FromOutside,
  ownLimit,
  type ReadSource,
  sourceLimit,
  sourceReader,
} from './asked.js';
import { readBudget, readHpa, readVpa } from './autoscaling.js';
import { type CloseUp, closeUp } from './close-up.js';
import { readEvents } from './events.js';
import { configChanges, readRollouts } from './lately.js';
import { byFullness } from './measure.js';
import { readGiving, readNodes } from './node-readings.js';
import { type OwnPods, readOwnPods } from './own-pods.js';
import { paths } from './paths.js';
import { readLimitRanges, readQuotas } from './room.js';
import {
  configMapsOf,
  containerOf,
  isAlone,
  readWorkload,
  selectorOf,
  templateOf,
  type Workload,
} from './workload.js';

/** Everything that was read, as it came. What is absent is a gap in the notebook. */
export interface Gathered {
  readonly workload: Workload;
  readonly container: string;
  readonly configMaps: ReadonlyMap<string, V1ConfigMap>;
  readonly own: OwnPods;
  readonly close: CloseUp;
  readonly events: readonly CoreV1Event[];
  readonly nodeEvents: readonly CoreV1Event[];
  readonly autoscaling: Autoscaling;
  readonly nodes: readonly NodeReading[];
  readonly lately: readonly LatelyChanged[];
  readonly quotas?: readonly V1ResourceQuota[];
  readonly limitRanges?: readonly V1LimitRange[];
  readonly sessions?: FromOutside<SessionReading>;
  readonly mongo?: FromOutside<MongoReading>;
  readonly version: string;
}

/**
 * Reads all sources at once, each as soon as what it needs is there: the workload is needed for its pods, and they and
 * their figures for a closer look at the fullest. Nothing else waits for anything.
 */
export async function gather(asked: Asked): Promise<Gathered> {
  const read = sourceReader(asked);
  const early = readEarly(asked, read);
  // Where the workload can't be read, nobody waits for these any more.
  early.catch(() => undefined);
  const workload = await readWorkload(asked.cluster, asked.settings, {
    signal: asked.context.signal,
    timeoutMs: ownLimit,
  });
  const [ofPods, ofWorkload, { hpa, vpa, ...rest }] = await Promise.all([
    gatherPods(asked, workload, read),
    gatherPast(asked, workload, read),
    early,
  ]);
  const { budget, ...past } = ofWorkload;
  return {
    workload,
    container: containerOf(workload, asked.settings).name,
    ...ofPods,
    ...past,
    ...rest,
    autoscaling: { ...(hpa && { hpa }), ...(vpa && { vpa }), ...(budget && { budget }) },
  };
}

/** What needs the configuration only. */
async function readEarly(asked: Asked, read: ReadSource) {
  const { settings, cluster, notebook } = asked;
  const { namespace } = settings;
  const [warnings, nodeEvents, hpa, vpa, quotas, limitRanges, version, sessions, mongo] = await Promise.all([
    read('kubectl get events', 'events', (options) =>
      readEvents(cluster, paths.warnings(namespace), options),
    ),
    read('kubectl get events -n default', 'node.events', (options) =>
      readEvents(cluster, paths.nodeEvents, options),
    ),
    read('kubectl get hpa', 'hpa', (options) => readHpa(cluster, settings, options)),
    read('kubectl get vpa', 'vpa', (options) => readVpa(cluster, settings, options)),
    read('kubectl get resourcequota', 'quota', (options) => readQuotas(cluster, namespace, options)),
    read('kubectl get limitrange', 'limitRange', (options) => readLimitRanges(cluster, namespace, options)),
    read('kubectl version', 'cluster.version', (options) =>
      cluster.get<{ gitVersion?: string }>(paths.version, options),
    ),
    fromRedis(asked),
    fromMongo(asked),
  ]);
  const more = (count: number): string => `there are more than the ${count} warnings that were read`;
  if (warnings?.cutOff) notebook.gap('kubectl get events', 'events', more(warnings.events.length));
  if (nodeEvents?.cutOff)
    notebook.gap('kubectl get events -n default', 'node.events', more(nodeEvents.events.length));
  return {
    events: warnings?.events ?? [],
    nodeEvents: nodeEvents?.events ?? [],
    hpa,
    vpa,
    version: version?.gitVersion ?? 'unknown',
    ...(quotas && { quotas }),
    ...(limitRanges && { limitRanges }),
    ...(sessions && { sessions }),
    ...(mongo && { mongo }),
  };
}

async function fromRedis({ settings: { sessions }, outside, notebook }: Asked) {
  return (
    sessions &&
    withGaps(
      notebook,
      await notebook.read('redis', 'sessions', sourceLimit, (signal) => outside.sessions(sessions, signal)),
    )
  );
}

async function fromMongo({ settings: { mongo }, outside, notebook }: Asked) {
  return (
    mongo &&
    withGaps(
      notebook,
      await notebook.read('mongodb', 'mongo', sourceLimit, (signal) => outside.mongo(mongo, signal)),
    )
  );
}

function withGaps<T>(
  notebook: Asked['notebook'],
  told: FromOutside<T> | undefined,
): FromOutside<T> | undefined {
  for (const { source, name, gap } of told?.gaps ?? []) notebook.gap(source, name, gap);
  return told;
}

/** The pods with their figures and nodes, and a closer look at the fullest. */
async function gatherPods(asked: Asked, workload: Workload, read: ReadSource) {
  const { settings, cluster, context, notebook, targetKey, secret } = asked;
  const own = await readOwnPods({
    cluster,
    settings,
    workload,
    targetKey,
    now: context.now,
    signal: context.signal,
    limitMs: ownLimit,
    secret: (name) => secret(name),
    read: (source, name, work) => notebook.read(source, name, sourceLimit, work),
  });
  const giving = await readGiving(asked, own.readings, read);
  const sorted = byFullness(own.readings, giving);
  const container = containerOf(workload, settings).name;
  const alone = isAlone(workload);
  const [close, nodes] = await Promise.all([
    closeUp(asked, sorted, container, alone),
    readNodes(asked, sorted, read),
  ]);
  return {
    own,
    close,
    nodes: [...nodes, ...giving.filter((one) => !nodes.some(({ name }) => name === one.name))],
  };
}

/** What was changed of it, and what guards its pods. */
async function gatherPast(asked: Asked, workload: Workload, read: ReadSource) {
  const { settings, cluster } = asked;
  const { namespace } = settings;
  const labels = templateOf(workload).metadata?.labels ?? {};
  const names = configMapsOf(workload, containerOf(workload, settings));
  const [budget, rollouts, maps] = await Promise.all([
    read('kubectl get pdb', 'budget', (options) => readBudget(cluster, namespace, labels, options)),
    read('kubectl rollout history', 'rollouts', (options) =>
      readRollouts(cluster, settings, workload.metadata?.uid ?? '', selectorOf(workload), options),
    ),
    Promise.all(
      names.map(async (name) => {
        const map = await read(
          'kubectl get configmap',
          'configMap',
          (options) => cluster.get<V1ConfigMap>(paths.configMap(namespace, name), options),
          name,
        );
        return map === undefined ? [] : [[name, map] as const];
      }),
    ),
  ]);
  const configMaps = new Map(maps.flat());
  const lately = [...(rollouts ?? []), ...configChanges(configMaps.values())];
  return {
    budget,
    configMaps,
    lately: lately.toSorted((a, b) => a.at.localeCompare(b.at)),
  };
}
