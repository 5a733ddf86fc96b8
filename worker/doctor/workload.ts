import { callPod } from '../../activities/kubernetes/app.js';
import { readHpa } from '../../activities/kubernetes/autoscaling.js';
import type { CallOptions, Cluster } from '../../activities/kubernetes/client.js';
import { paths } from '../../activities/kubernetes/paths.js';
import { configMapsOf, containerOf, readWorkload, selectorOf } from '../../activities/kubernetes/workload.js';
import { queryRange } from '../../activities/prometheus/client.js';
import type { PodEndpoint, WorkloadSettings } from '../../model/kubernetes/settings.js';
import { createOutside } from '../outside.js';
import { type Finding, tried } from './finding.js';
import { type Found, type Right, rightsFor, wordsOf } from './rights.js';

interface Examined {
  readonly key: string;
  readonly settings: WorkloadSettings;
  /** Whether any of its remedies may change something. */
  readonly changes: boolean;
  readonly cluster: Cluster;
  readonly secret: (name: string) => string;
  readonly signal: AbortSignal;
}

interface PodList {
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly status?: { readonly podIP?: string; readonly phase?: string };
  }[];
}

/** Asks for everything that this workload's incidents would need, all at once. Changes nothing. */
export async function examineWorkload(asked: Examined): Promise<readonly Finding[]> {
  const { key, cluster, signal } = asked;
  const reached = await tried(key, 'API server', signal, async (limited) => {
    const { gitVersion = 'of no known version' } = await cluster.get<{ gitVersion?: string }>(paths.version, {
      signal: limited,
    });
    return `${cluster.server}, ${gitVersion}`;
  });
  if (reached.state !== 'ok') return [reached];
  const found = await findAround(asked);
  const rights = rightsFor(asked.settings, found, asked.changes);
  const sources = [...outsideOf(asked), ...insideOf(asked)];
  return [reached, ...(await Promise.all([...rights.map((one) => ask(asked, one)), ...sources]))];
}

/** Autoscaler and ConfigMaps by name; where they can't be read, the right to read them is told as missing. */
async function findAround({ cluster, settings, signal }: Examined): Promise<Found> {
  const options: CallOptions = { signal };
  const [autoscaler, configMaps] = await Promise.all([
    readHpa(cluster, settings, options).catch(() => undefined),
    readWorkload(cluster, settings, options)
      .then((workload) => configMapsOf(workload, containerOf(workload, settings)))
      .catch(() => []),
  ]);
  signal.throwIfAborted();
  return { ...(autoscaler && { autoscaler: autoscaler.name }), configMaps };
}

/** By SelfSubjectAccessReview: the API server's own answer, authorizers other than RBAC included. */
async function ask({ key, cluster, settings, signal }: Examined, right: Right): Promise<Finding> {
  const [resource, subresource] = right.resource.split('/');
  const spec = {
    resourceAttributes: {
      verb: right.verb,
      group: right.group,
      resource,
      ...(subresource !== undefined && { subresource }),
      ...(right.name !== undefined && { name: right.name }),
      ...(right.cluster !== true && { namespace: right.namespace ?? settings.namespace }),
    },
  };
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec };
  const what = wordsOf(right);
  const asked = await tried(key, what, signal, async (limited) => {
    const { status } = await cluster.post<{ readonly status?: { readonly allowed?: boolean } }>(
      paths.accessReview,
      body,
      { signal: limited },
    );
    return status?.allowed === true ? right.gives : '';
  });
  if (asked.state !== 'ok' || asked.note !== '') return { ...asked, remedies: right.remedies };
  return {
    ...asked,
    state: right.needed ? 'missing' : 'without',
    note: `${right.gives}: role ${right.role}`,
    remedies: right.remedies,
  };
}

/** Prometheus, Redis, MongoDB: what of them is configured. */
function outsideOf({ key, settings, secret, signal }: Examined): readonly Promise<Finding>[] {
  const { prometheus, sessions, mongo, namespace } = settings;
  const outside = createOutside(secret);
  return [
    ...(prometheus
      ? [
          tried(key, 'Prometheus', signal, async (limited) => {
            const token =
              prometheus.bearerSecret === undefined ? {} : { token: secret(prometheus.bearerSecret) };
            const query = `container_memory_working_set_bytes{namespace="${namespace}",container!=""}`;
            const to = Date.now();
            const range = { from: to - 300_000, to, stepSeconds: 60 };
            const series = await queryRange({ url: prometheus.url, ...token }, query, range, limited);
            if (series.length > 0) return `${series.length} series of memory in ${namespace}`;
            throw new Error(
              `it has no container_memory_working_set_bytes of ${namespace}: scrape the kubelet`,
            );
          }),
        ]
      : []),
    ...(sessions
      ? [
          tried(key, 'Redis', signal, async (limited) => {
            await outside.sessions(sessions, limited);
            return new URL(sessions.url).host;
          }),
        ]
      : []),
    ...(mongo
      ? [
          tried(key, 'MongoDB', signal, async (limited) => {
            await outside.mongo(mongo, limited);
            return new URL(mongo.url).host;
          }),
        ]
      : []),
  ];
}

/** The metrics API, and those of the pods' endpoints that only read. What would change something is not called. */
function insideOf(asked: Examined): readonly Promise<Finding>[] {
  const { key, settings, signal } = asked;
  const named: readonly (readonly [string, PodEndpoint | undefined])[] = [
    ['metrics', settings.metrics],
    ['probe', settings.probe],
  ];
  return [
    tried(key, 'metrics API', signal, (limited) => metricsApi(asked, limited)),
    ...named.flatMap(([what, endpoint]) =>
      endpoint === undefined
        ? []
        : [
            tried(
              key,
              `${what} ${endpoint.path}`,
              signal,
              (limited) => call(asked, endpoint, limited),
              15_000,
            ),
          ],
    ),
  ];
}

async function podsOf({ cluster, settings }: Examined, signal: AbortSignal) {
  const workload = await readWorkload(cluster, settings, { signal });
  const selector = selectorOf(workload);
  const { items = [] } = await cluster.get<PodList>(paths.pods(settings.namespace, selector), { signal });
  return { selector, running: items.filter(({ status }) => status?.phase === 'Running') };
}

async function metricsApi(asked: Examined, signal: AbortSignal): Promise<string> {
  const { cluster, settings } = asked;
  const { selector, running } = await podsOf(asked, signal);
  const { items = [] } = await cluster.get<PodList>(paths.podMetrics(settings.namespace, selector), {
    signal,
  });
  if (items.length === 0 && running.length > 0)
    throw new Error(`it has no figures of the ${running.length} pods that run`);
  return `figures of ${items.length} of ${running.length} running pods`;
}

async function call(asked: Examined, endpoint: PodEndpoint, signal: AbortSignal): Promise<string> {
  const { cluster, settings, secret } = asked;
  const { running } = await podsOf(asked, signal);
  const [pod] = running;
  if (pod === undefined) throw new Error('no pod runs that could be called');
  const name = pod.metadata?.name ?? '';
  const ip = pod.status?.podIP;
  const caller = { cluster, namespace: settings.namespace, signal, secret };
  const { status } = await callPod(caller, { name, ...(ip !== undefined && { ip }) }, endpoint);
  const expected = endpoint.expect?.status;
  if (expected === undefined ? status < 200 || status > 299 : status !== expected)
    throw new Error(`pod ${name} answers ${status}`);
  return `pod ${name} answers ${status}`;
}
