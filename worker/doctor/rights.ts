import type { WorkloadKind, WorkloadSettings } from '../../model/kubernetes/settings.js';

/** Roles of the chart in deploy/helm that have it. */
export type RoleWord = 'observe' | 'cluster' | 'change' | 'app' | 'inspect';

/** One right, as the API server is asked after it. */
export interface Right {
  readonly verb: string;
  readonly group: string;
  /** `pods/log`: with its subresource. */
  readonly resource: string;
  readonly name?: string;
  /** True: of the whole cluster, not of the target's namespace. */
  readonly cluster?: boolean;
  /** Where it is not the target's. */
  readonly namespace?: string;
  readonly role: RoleWord;
  /** What it is for, in words. */
  readonly gives: string;
  /** Remedies that can't be carried out without it. */
  readonly remedies: readonly string[];
  /** False: Nightshift works without it, and knows less. */
  readonly needed: boolean;
}

/** What of the cluster the rights depend on. */
export interface Found {
  readonly autoscaler?: string;
  /** That an allow-listed variable may be defined in. */
  readonly configMaps: readonly string[];
}

const plurals: Readonly<Record<WorkloadKind, string>> = {
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
};

/** Every remedy takes a look before it changes anything. */
const all: readonly string[] = ['all'];

/** All rights that this target makes use of. `changes`: some remedy may change something, with a decision or without. */
export function rightsFor(settings: WorkloadSettings, found: Found, changes: boolean): readonly Right[] {
  return [
    ...lookRights(settings),
    ...(changes ? changeRights(settings, found) : []),
    ...(callsPods(settings) ? appRights(settings, changes) : []),
    ...(settings.inspect
      ? [right('inspect', 'get', '', 'pods/exec', 'the live process read from within', { needed: true })]
      : []),
  ];
}

function lookRights({ kind, name }: WorkloadSettings): readonly Right[] {
  const look = (verb: string, group: string, resource: string, gives: string, more: Partial<Right> = {}) =>
    right('observe', verb, group, resource, gives, more);
  const must = { needed: true, remedies: all };
  return [
    look('get', 'apps', plurals[kind], 'the workload', { ...must, name }),
    look('list', '', 'pods', 'its pods, limits and OOM kills', must),
    look('list', 'metrics.k8s.io', 'pods', 'memory in use', must),
    kind === 'Deployment'
      ? look('list', 'apps', 'replicasets', 'what was rolled out lately', { remedies: ['undo-release'] })
      : look('list', 'apps', 'controllerrevisions', 'what was rolled out lately', {
          remedies: ['undo-release'],
        }),
    look('get', '', 'pods', 'a pod as it is now'),
    look('get', '', 'pods/log', 'lines about memory, leak and cache'),
    look('list', '', 'events', 'OOM kills and evictions that the pods no longer show'),
    look('get', '', 'configmaps', 'variables that ConfigMaps define', { remedies: ['set-environment'] }),
    look('list', 'autoscaling', 'horizontalpodautoscalers', 'who owns the number of replicas', {
      remedies: ['scale-out'],
    }),
    look('list', 'autoscaling.k8s.io', 'verticalpodautoscalers', 'whether an autoscaler owns the limits'),
    look('list', 'policy', 'poddisruptionbudgets', 'how many pods may be away at once'),
    look('list', '', 'resourcequotas', 'room for a larger limit'),
    look('list', '', 'limitranges', 'the largest limit that is allowed'),
    right('cluster', 'get', '', 'nodes', 'room on the node', { cluster: true, remedies: ['resize-pods'] }),
    right('cluster', 'get', 'metrics.k8s.io', 'nodes', 'whether the node itself is short of memory', {
      cluster: true,
      remedies: ['resize-pods'],
    }),
    right('cluster', 'list', '', 'events', 'kills and evictions for want of memory of the node itself', {
      namespace: 'default',
    }),
    right('cluster', 'list', '', 'pods', 'what else a node has promised', { cluster: true }),
  ];
}

function changeRights(settings: WorkloadSettings, { autoscaler, configMaps }: Found): readonly Right[] {
  const { kind, name } = settings;
  const change = (verb: string, group: string, resource: string, remedies: readonly string[], of?: string) =>
    right('change', verb, group, resource, 'its changes', {
      needed: true,
      remedies,
      ...(of !== undefined && { name: of }),
    });
  const template = ['restart-workload', 'raise-limit', 'undo-release', 'set-environment'];
  return [
    change('patch', 'apps', plurals[kind], template, name),
    ...(kind === 'DaemonSet' || autoscaler !== undefined || settings.maxReplicas === undefined
      ? []
      : ['get', 'patch'].map((verb) => change(verb, 'apps', `${plurals[kind]}/scale`, ['scale-out'], name))),
    ...(settings.maxMemoryBytes === undefined ? [] : [change('patch', '', 'pods/resize', ['resize-pods'])]),
    { ...change('create', '', 'pods/eviction', ['evict-pod']), gives: evictionGives(kind) },
    ...(autoscaler === undefined || settings.maxReplicas === undefined
      ? []
      : [change('patch', 'autoscaling', 'horizontalpodautoscalers', ['scale-out'], autoscaler)]),
    ...(settings.env.length === 0
      ? []
      : configMaps.map((map) => change('patch', '', 'configmaps', ['set-environment'], map))),
  ];
}

/** The controller of a StatefulSet waits for a broken pod for ever, also when its rollout is taken back. */
function evictionGives(kind: WorkloadKind): string {
  return kind === 'StatefulSet'
    ? 'its changes, and taking back a rollout whose pod is broken'
    : 'its changes';
}

function callsPods(settings: WorkloadSettings): boolean {
  const { metrics, gc, probe, caches } = settings;
  return [metrics, gc, probe, ...caches.map(({ endpoint }) => endpoint)].some((one) => one?.via === 'proxy');
}

function appRights(settings: WorkloadSettings, changes: boolean): readonly Right[] {
  const { metrics, gc, probe, caches } = settings;
  const reads = [metrics, probe].some((one) => one?.via === 'proxy' && one.method === 'GET');
  const posts = probe?.via === 'proxy' && probe.method !== 'GET';
  const remedies = [
    ...(gc?.via === 'proxy' ? ['collect-garbage'] : []),
    ...(caches.some(({ endpoint }) => endpoint.via === 'proxy') ? ['clear-caches'] : []),
  ];
  const app = (verb: string, gives: string, lost: readonly string[]) =>
    right('app', verb, '', 'pods/proxy', gives, { needed: true, remedies: lost });
  return [
    ...(reads ? [app('get', "the app's own metrics", [])] : []),
    ...(posts || (changes && remedies.length > 0)
      ? [app('create', 'calls to the app', changes ? remedies : [])]
      : []),
  ];
}

function right(
  role: RoleWord,
  verb: string,
  group: string,
  resource: string,
  gives: string,
  more: Partial<Right> = {},
): Right {
  return { role, verb, group, resource, gives, remedies: [], needed: false, ...more };
}

/** As `kubectl auth can-i` takes it: `patch deployments.apps/agent-bruno`, `list pods --all-namespaces`. */
export function wordsOf({ verb, group, resource, name, cluster, namespace }: Right): string {
  const [plural, sub] = resource.split('/');
  const full = `${plural}${group === '' ? '' : `.${group}`}${name === undefined ? '' : `/${name}`}`;
  const elsewhere = namespace === undefined ? '' : ` -n ${namespace}`;
  const where = cluster && resource === 'pods' ? ' --all-namespaces' : elsewhere;
  return `${verb} ${full}${sub === undefined ? '' : ` --subresource=${sub}`}${where}`;
}
