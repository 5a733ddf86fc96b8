import type { ChangeDraft } from '../../../model/change.js';
import { planHpaMin } from '../../../model/changes/kubernetes/hpa-min.js';
import { planPodClearCache, planPodGc } from '../../../model/changes/kubernetes/pod-calls.js';
import { planPodEvict } from '../../../model/changes/kubernetes/pod-evict.js';
import { planPodResize } from '../../../model/changes/kubernetes/pod-resize.js';
import { planSetEnv } from '../../../model/changes/kubernetes/set-env.js';
import { planShortenTtl } from '../../../model/changes/kubernetes/shorten-ttl.js';
import { planUndoRollout } from '../../../model/changes/kubernetes/undo-rollout.js';
import { planWorkloadMemory } from '../../../model/changes/kubernetes/workload-memory.js';
import { planWorkloadRestart } from '../../../model/changes/kubernetes/workload-restart.js';
import { planWorkloadScale } from '../../../model/changes/kubernetes/workload-scale.js';
import type { PodReading, WorkloadLook } from '../../../model/kubernetes/details.js';
import type { WorkloadKind } from '../../../model/kubernetes/settings.js';
import { brunoImage, redisImage, type TestNamespace } from '../../support/cluster.js';
import { aWorkload, brunoWorkload, type Manifest, pathFor } from '../../support/manifests.js';

const MiB = 1024 ** 2;

/** One change, planned on a real look, whose request is held while its worker dies. */
export interface Mortal {
  readonly what: string;
  /** The workload's name; no other's name begins with it. */
  readonly name: string;
  readonly kind?: WorkloadKind;
  /** Besides the workload itself. */
  readonly manifests?: readonly Manifest[];
  readonly workload: Manifest;
  /** What the configuration says of it. */
  readonly settings?: object;
  /** The mutating request that is held; absent: it is none of the API server's. */
  readonly request?: RegExp;
  /** In round 1 and in round 2, so that each is a change. */
  plan(look: WorkloadLook, round: number): ChangeDraft | { readonly skip: string };
  /** What the API server's audit log must hold of it after each round, each once. */
  readonly effects: readonly string[];
  /** What a request is answered that comes after all is over. */
  readonly tooLate?: readonly number[];
}

const image = redisImage ?? '';
const plain = (name: string, more: Partial<Parameters<typeof aWorkload>[0]> = {}): Manifest =>
  aWorkload({ name, image, ...more });
const patchOf = (resource: string, name: string): RegExp => new RegExp(`^PATCH .*/${resource}/${name}\\?`);

/** A variable from a ConfigMap of the same name. */
const mapped = (name: string): Pick<Mortal, 'workload' | 'manifests' | 'settings'> => ({
  manifests: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { TTL: '0' } }],
  workload: plain(name, {
    container: { env: [{ name: 'TTL', valueFrom: { configMapKeyRef: { name, key: 'TTL' } } }] },
  }),
  settings: { env: [variable('TTL')] },
});

const variable = (name: string) => ({ name, to: '3600', against: 'sessions', harm: 'none' }) as const;
const set = (name: string) => (look: WorkloadLook, round: number) =>
  planSetEnv(look, { ...variable(name), to: String(round) });

const endpoint = (path: string) => ({ port: 8080, path, method: 'POST', timeout: '30s' });
const inPod = (look: WorkloadLook): PodReading => {
  const pod = look.details.pods.find(({ deleting }) => !deleting);
  if (!pod) throw new Error(`${look.target.key} has no pod`);
  return pod;
};

/** Calls to the app go to the same pod. */
const bruno = brunoWorkload({ name: 'called', image: brunoImage ?? '' });
const called = {
  name: 'called',
  workload: bruno,
  settings: {
    gc: endpoint('/admin/gc'),
    caches: [
      { name: 'responses', endpoint: endpoint('/admin/clear-cache'), disruption: 'none', harm: 'none' },
    ],
  },
  effects: [],
  tooLate: [200],
} as const;

/** Every kind of change, at each request that it sends. */
export const mortals: readonly Mortal[] = [
  {
    what: 'workload.restart',
    name: 'restarted',
    workload: plain('restarted'),
    request: patchOf('deployments', 'restarted'),
    plan: planWorkloadRestart,
    effects: ['patch deployments'],
    tooLate: [409],
  },
  {
    what: 'workload.restart of a StatefulSet',
    name: 'ordered',
    kind: 'StatefulSet',
    workload: plain('ordered', { kind: 'StatefulSet' }),
    request: patchOf('statefulsets', 'ordered'),
    plan: planWorkloadRestart,
    effects: ['patch statefulsets'],
    tooLate: [409],
  },
  {
    what: 'workload.restart of a DaemonSet',
    name: 'everywhere',
    kind: 'DaemonSet',
    workload: plain('everywhere', { kind: 'DaemonSet' }),
    request: patchOf('daemonsets', 'everywhere'),
    plan: planWorkloadRestart,
    effects: ['patch daemonsets'],
    tooLate: [409],
  },
  {
    what: 'workload.memory',
    name: 'limited',
    workload: plain('limited'),
    request: patchOf('deployments', 'limited'),
    plan: (look, round) =>
      planWorkloadMemory(look, { limitBytes: (64 + round) * MiB, requestBytes: 16 * MiB }),
    effects: ['patch deployments'],
    tooLate: [409],
  },
  {
    what: 'workload.setEnv in the template',
    name: 'variable',
    workload: plain('variable', { env: { SESSION_TTL: '0' } }),
    settings: { env: [variable('SESSION_TTL')] },
    request: patchOf('deployments', 'variable'),
    plan: set('SESSION_TTL'),
    effects: ['patch deployments'],
    tooLate: [409],
  },
  {
    what: 'workload.setEnv in a ConfigMap, at the ConfigMap',
    name: 'mapped',
    ...mapped('mapped'),
    request: patchOf('configmaps', 'mapped'),
    plan: set('TTL'),
    effects: ['patch configmaps', 'patch deployments'],
    tooLate: [409],
  },
  {
    what: 'workload.setEnv in a ConfigMap, at its reader',
    name: 'reader',
    ...mapped('reader'),
    request: patchOf('deployments', 'reader'),
    plan: set('TTL'),
    effects: ['patch configmaps', 'patch deployments'],
    tooLate: [409],
  },
  {
    what: 'workload.undoRollout',
    name: 'undone',
    workload: plain('undone', { env: { RELEASE: '1' } }),
    request: patchOf('deployments', 'undone'),
    // Of the two revisions that there are, the one that is not the current one.
    plan: (look) => planUndoRollout(look, String(Number(look.details.workload.revision) - 1), []),
    effects: ['patch deployments'],
    tooLate: [409],
  },
  {
    what: 'workload.scale',
    name: 'scaled',
    workload: plain('scaled'),
    request: patchOf('deployments', 'scaled/scale'),
    plan: (look, round) => planWorkloadScale(look, round === 1 ? 2 : 1),
    effects: ['patch deployments/scale'],
    tooLate: [409],
  },
  {
    what: 'hpa.minReplicas',
    name: 'autoscaled',
    workload: plain('autoscaled'),
    manifests: [
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'autoscaled' },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'autoscaled' },
          minReplicas: 1,
          maxReplicas: 3,
        },
      },
    ],
    request: patchOf('horizontalpodautoscalers', 'autoscaled'),
    plan(look, round) {
      const { hpa } = look.details.autoscaling;
      return hpa === undefined ? { skip: 'its autoscaler was not read' } : planHpaMin(look, hpa, round + 1);
    },
    effects: ['patch horizontalpodautoscalers'],
    tooLate: [409],
  },
  {
    what: 'pod.resize',
    name: 'resized',
    workload: plain('resized'),
    request: /^PATCH .*\/pods\/resized-[^/]+\/resize\?/,
    plan: (look, round) =>
      planPodResize(look, inPod(look), { limitBytes: (64 + round) * MiB, requestBytes: 16 * MiB }),
    effects: ['patch pods/resize'],
    tooLate: [409],
  },
  {
    what: 'pod.evict',
    name: 'evicted',
    workload: plain('evicted'),
    request: /^POST .*\/pods\/evicted-[^/]+\/eviction\?/,
    plan: (look) => planPodEvict(look, inPod(look), 5),
    effects: ['create pods/eviction'],
    tooLate: [404, 409],
  },
  {
    ...called,
    what: 'pod.gc',
    request: /^POST .*\/proxy\/admin\/gc/,
    plan(look) {
      const { gc } = look.settings;
      return gc === undefined ? { skip: 'no collection is configured' } : planPodGc(look, inPod(look), gc);
    },
  },
  {
    ...called,
    what: 'pod.clearCache',
    request: /^POST .*\/proxy\/admin\/clear-cache/,
    plan(look) {
      const [cache] = look.settings.caches;
      return cache === undefined
        ? { skip: 'no cache is configured' }
        : planPodClearCache(look, inPod(look), cache);
    },
  },
];

/** Sessions in a Redis that is a workload itself. */
export const sessionsMortal = {
  what: 'sessions.shortenTtl',
  name: 'sessions',
  workload: plain('sessions'),
  effects: [],
  plan(look: WorkloadLook) {
    const { sessions: settings } = look.settings;
    const { sessions } = look.details;
    if (settings === undefined || sessions === undefined) return { skip: 'its sessions were not read' };
    const draft = planShortenTtl(look, settings, sessions);
    // Nobody has to wait for a quarter of an hour until they are idle.
    return { ...draft, params: { ...draft.params, idleSeconds: 0 } };
  },
} satisfies Mortal;

/** Puts all of them into a namespace, each ready; of `undone` there are two revisions then. */
export async function deployMortals(ns: TestNamespace): Promise<void> {
  const all: readonly Mortal[] = [...mortals, sessionsMortal];
  const unique = new Map(all.map((one) => [one.name, one]));
  await Promise.all(
    [...unique.values()].map(async ({ workload, manifests = [], kind = 'Deployment', name }) => {
      for (const manifest of [...manifests, workload]) await ns.create(manifest);
      await ns.whenReady(kind, name);
    }),
  );
  const containers = [{ name: 'undone', env: [{ name: 'RELEASE', value: '2' }] }];
  await ns.cluster.patch(
    pathFor('Deployment', ns.name, 'undone'),
    { spec: { template: { spec: { containers } } } },
    'application/strategic-merge-patch+json',
    ns,
  );
  await ns.whenReady('Deployment', 'undone');
}
