import type {
  PodEndpoint,
  SessionSettings,
  WorkloadKind,
  WorkloadSettings,
} from '../model/kubernetes/settings.js';
import { defaultSeconds } from './defaults.js';
import { defined } from './resolve-settings.js';
import type { ClusterInput, PodEndpointInput, WorkloadInput } from './schema/workload.js';
import type { ClusterSettings } from './types.js';

/** Which workload it is, as its key says. */
export interface NamedWorkload {
  readonly cluster: string;
  readonly namespace: string;
  readonly kind: WorkloadKind;
  readonly name: string;
}

/** A workload's settings as the product uses them. */
export function workloadSettings(named: NamedWorkload, said: WorkloadInput = {}): WorkloadSettings {
  const { prometheus, sessions, mongo } = said;
  const read = (endpoint: PodEndpointInput | undefined) => endpoint && endpointOf(endpoint, 'GET');
  const call = (endpoint: PodEndpointInput | undefined) => endpoint && endpointOf(endpoint, 'POST');
  return defined({
    ...named,
    container: said.container,
    prometheus: prometheus && defined({ url: prometheus.url, bearerSecret: prometheus.bearer }),
    sessions: sessions && sessionsOf(sessions),
    mongo:
      mongo &&
      defined({
        url: mongo.url,
        username: mongo.username,
        passwordSecret: mongo.password,
        appName: mongo.appName,
      }),
    metrics: read(said.metrics),
    gc: call(said.gc),
    caches: (said.caches ?? []).map((cache) => ({ ...cache, endpoint: endpointOf(cache.endpoint, 'POST') })),
    probe: read(said.probe),
    env: said.env ?? [],
    maxMemoryBytes: said.maxMemory,
    maxReplicas: said.maxReplicas,
    capacitySeconds: said.capacity ?? defaultSeconds.capacity,
    inspect: said.inspect ?? false,
  });
}

function sessionsOf(said: NonNullable<WorkloadInput['sessions']>): SessionSettings {
  return defined({
    url: said.redis,
    username: said.username,
    passwordSecret: said.password,
    match: said.match,
    heldBy: said.heldBy === 'process' ? 'inProcess' : 'unknown',
    shortenToSeconds: said.shortenTo ?? defaultSeconds.shortenTo,
  });
}

function endpointOf(said: PodEndpointInput, method: PodEndpoint['method']): PodEndpoint {
  const { expect } = said;
  return defined({
    method: said.method ?? method,
    port: said.port,
    path: said.path,
    body: said.body,
    via: said.via ?? 'proxy',
    bearerSecret: said.bearer,
    timeoutSeconds: said.timeout ?? defaultSeconds.endpoint,
    expect: expect && defined({ status: expect.status, bodyContains: expect.contains }),
  });
}

/** How a cluster is reached, with its path made absolute. */
export function clusterOf(name: string, said: ClusterInput, path: (text: string) => string): ClusterSettings {
  if ('inCluster' in said) return { name };
  return defined({ name, kubeconfig: path(said.kubeconfig), context: said.context });
}
