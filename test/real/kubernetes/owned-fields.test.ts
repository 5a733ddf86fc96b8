/** What others set again by themselves: read from a real cluster, left alone, and handed over as patches that apply. */
import type { V1Container } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createKubernetesAdapter } from '../../../activities/kubernetes/adapter.js';
import { type Cluster, connectCluster } from '../../../activities/kubernetes/client.js';
import type { WorkloadLook } from '../../../model/kubernetes/details.js';
import type { WorkloadKind, WorkloadSettings } from '../../../model/kubernetes/settings.js';
import { type CauseName, causes } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/names.js';
import { ownedFields } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/prevention/owned-fields.js';
import { because, drafts, refusal, skip } from '../../support/bruno-rungs.js';
import { hasCluster, needsCluster, redisImage, TestNamespace, until } from '../../support/cluster.js';
import { aWorkload, type Manifest, pathFor } from '../../support/manifests.js';
import { atSecond, history, MiB, workloadLook } from '../../support/workload-looks.js';

const signal = new AbortController().signal;
const image = redisImage ?? '';

/** Kinds that a bare cluster does not know, as far as they are read: without their controllers. */
const crds = [
  ['autoscaling.k8s.io', 'v1', 'VerticalPodAutoscaler', 'verticalpodautoscalers'],
  ['keda.sh', 'v1alpha1', 'ScaledObject', 'scaledobjects'],
] as const;
const crdPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

const crd = ([group, version, kind, plural]: (typeof crds)[number]) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: `${plural}.${group}`,
    // Groups of Kubernetes itself are refused without it.
    annotations: { 'api-approved.kubernetes.io': 'unapproved, for tests' },
  },
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind, plural, singular: kind.toLowerCase() },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
});

const autoscaler = (name: string, kind: string, of: string, metadata: object = {}): Manifest => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name, ...metadata },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind, name: of },
    maxReplicas: 3,
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 5000 } },
      },
    ],
  },
});

/** Made from a ScaledObject, as KEDA does it. */
const ofKeda = (uid: string): object => ({
  ownerReferences: [
    { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'of-queue', uid, controller: true },
  ],
});

const fixtures: readonly Manifest[] = [
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', labels: { 'argocd.argoproj.io/instance': 'settings' } },
    data: { SESSION_TTL: '7200' },
  },
  aWorkload({
    name: 'under-flux',
    image,
    container: { envFrom: [{ configMapRef: { name: 'settings' } }] },
    metadata: { labels: { app: 'under-flux', 'kustomize.toolkit.fluxcd.io/name': 'apps' } },
  }),
  aWorkload({ name: 'scaled', image }),
  autoscaler('scaled-hpa', 'Deployment', 'scaled', {
    annotations: { 'argocd.argoproj.io/tracking-id': 'apps:scaled' },
  }),
  {
    apiVersion: 'autoscaling.k8s.io/v1',
    kind: 'VerticalPodAutoscaler',
    metadata: { name: 'of-scaled' },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'scaled' },
      updatePolicy: { updateMode: 'Recreate' },
      resourcePolicy: { containerPolicies: [{ containerName: '*', controlledResources: ['memory'] }] },
    },
  },
  aWorkload({ kind: 'StatefulSet', name: 'queue', image }),
  aWorkload({ name: 'free', image }),
  autoscaler('free-hpa', 'Deployment', 'free'),
];

/** What the API server makes of a patch, as far as it is looked at. */
interface Applied {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: {
    readonly template?: { readonly spec?: { readonly containers?: readonly V1Container[] } };
  };
}

describe.skipIf(!hasCluster)(`what others own on a real cluster (${needsCluster})`, () => {
  let space: TestNamespace;

  const settings = (kind: WorkloadKind, name: string): WorkloadSettings =>
    space.settings(kind, name, {
      env: [{ name: 'SESSION_TTL', to: '3600', against: 'sessions', harm: 'sessions end sooner' }],
      maxReplicas: 5,
      maxMemoryBytes: 512 * MiB,
      inspect: false,
    });

  /** A look as the ladder gets it. */
  async function lookAt(kind: WorkloadKind, name: string, cluster: Cluster = space.cluster) {
    const given = settings(kind, name);
    const scope = 'kubernetes/test';
    const key = `${scope}/${space.name}/${kind.toLowerCase()}/${name}`;
    const target = { key, kind: 'workload', scope };
    const outside = {
      sessions: () => Promise.reject(new Error('no Redis here')),
      mongo: () => Promise.reject(new Error('no MongoDB here')),
    };
    const adapter = createKubernetesAdapter({
      cluster: () => cluster,
      secret: () => '',
      outside: () => outside,
    });
    const now = (): Date => new Date();
    const read = await adapter.read(target, given, { signal, since: now().toISOString(), now });
    // What was not measured here is not measured.
    const { measure: _, ...usual } = workloadLook();
    return { ...usual, ...read, target, settings: given } satisfies WorkloadLook;
  }

  /** What the report would hand over, each tried by the API server itself. */
  async function applied(at: WorkloadLook, cause: CauseName): Promise<readonly Applied[]> {
    const seen = { first: at, latest: at, samples: [], diagnosis: because(cause), applied: [] };
    return Promise.all(
      ownedFields(seen).map(({ snippet }) => {
        const patch = parse(snippet?.text ?? '') as Applied;
        const plain = crds.some(([, , kind]) => kind === patch.kind);
        return space.cluster.patch<Applied>(
          `${pathFor(patch.kind, space.name, patch.metadata.name)}?dryRun=All`,
          patch,
          plain ? 'application/merge-patch+json' : 'application/strategic-merge-patch+json',
          { signal },
        );
      }),
    );
  }

  beforeAll(async () => {
    space = await TestNamespace.open('owned');
    for (const one of crds) await space.cluster.post(crdPath, crd(one), { signal });
    await until('the kinds are known', async () => {
      const lists = crds.map(([group, version, , plural]) => `/apis/${group}/${version}/${plural}`);
      await Promise.all(lists.map((path) => space.cluster.get(path, { signal })));
      return true;
    });
    for (const manifest of fixtures) await space.create(manifest);
    const { metadata } = await space.create<{ metadata: { uid: string } }>({
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: { name: 'of-queue' },
      spec: { scaleTargetRef: { kind: 'StatefulSet', name: 'queue' }, minReplicaCount: 1 },
    });
    await space.create(autoscaler('keda-hpa-of-queue', 'StatefulSet', 'queue', ofKeda(metadata.uid)));
    await Promise.all([
      ...['under-flux', 'scaled', 'free'].map((name) => space.whenReady('Deployment', name)),
      space.whenReady('StatefulSet', 'queue'),
    ]);
  }, 150_000);

  afterAll(async () => {
    for (const one of crds)
      await space?.cluster.call('DELETE', `${crdPath}/${crd(one).metadata.name}`, { signal });
    await space?.close();
  });

  it('are a VerticalPodAutoscaler, an autoscaler under Argo CD, and one of KEDA', async () => {
    const scaled = await lookAt('Deployment', 'scaled');
    expect(scaled.details.autoscaling.vpa).toEqual({
      name: 'of-scaled',
      mode: 'Recreate',
      policies: [{ containerName: '*', controlledResources: ['memory'] }],
    });
    expect(scaled.details.autoscaling.hpa).toMatchObject({
      keda: false,
      owners: expect.arrayContaining([
        expect.objectContaining({ owner: 'argocd', field: 'spec.minReplicas', reconciles: true }),
      ]),
    });
    const { details } = await lookAt('StatefulSet', 'queue');
    expect(details.autoscaling.hpa).toMatchObject({ keda: true, scaledObject: 'of-queue' });
  });

  it('an autoscaler that somebody sets again is left alone, and its patch applies', async () => {
    const scaled = await lookAt('Deployment', 'scaled');
    expect(skip('scale-out', scaled, because(causes.traffic))).toContain('argocd owns spec.minReplicas');
    expect(await applied(scaled, causes.traffic)).toMatchObject([
      { kind: 'HorizontalPodAutoscaler', spec: { minReplicas: 2, maxReplicas: 3 } },
    ]);
    const queue = await lookAt('StatefulSet', 'queue');
    expect(skip('scale-out', queue, because(causes.traffic))).toContain('KEDA owns');
    expect(await applied(queue, causes.traffic)).toMatchObject([
      { kind: 'ScaledObject', spec: { minReplicaCount: 2, scaleTargetRef: { name: 'queue' } } },
    ]);
  });

  it('limits are handed over to a VerticalPodAutoscaler, and to a Deployment under Flux', async () => {
    const scaled = await lookAt('Deployment', 'scaled');
    expect(skip('resize-pods', scaled, because(causes.limit))).toContain('owns requests and limits');
    const containerPolicies = [
      { containerName: '*' },
      { containerName: 'scaled', minAllowed: { memory: '32Mi' } },
    ];
    expect(await applied(scaled, causes.limit)).toMatchObject([
      {
        kind: 'VerticalPodAutoscaler',
        spec: { targetRef: { name: 'scaled' }, resourcePolicy: { containerPolicies } },
      },
    ]);
    const [deployment] = await applied(await lookAt('Deployment', 'under-flux'), causes.limit);
    const [container] = deployment?.spec?.template?.spec?.containers ?? [];
    expect(container).toMatchObject({ image, resources: { limits: { memory: '128Mi' } } });
  });

  it('a variable is handed over to the ConfigMap that holds it, a release to who rolled it out', async () => {
    const at = await lookAt('Deployment', 'under-flux');
    expect(at.details.workload.owners).toContainEqual(
      expect.objectContaining({ owner: 'argocd', object: { kind: 'ConfigMap', name: 'settings' } }),
    );
    expect(skip('set-environment', at, because(causes.sessions))).toContain('argocd owns');
    expect(await applied(at, causes.sessions)).toContainEqual(
      expect.objectContaining({ kind: 'ConfigMap', data: { SESSION_TTL: '3600' } }),
    );
    const released = {
      at: atSecond(-29 * 15),
      what: 'revision 2',
      kind: 'rollout' as const,
      previous: '1',
      differs: [
        { name: 'containers.under-flux.image', before: 'redis:before', after: 'redis:after' },
        { name: 'containers.under-flux.env.ADDED', before: null, after: 'x' },
      ],
    };
    const flatThenUp = (share: number): number => Math.max(0, (share - 0.5) * 2);
    const grown = { history: history(30 * MiB, 60 * MiB, 60, flatThenUp), lately: [released] };
    const [back] = await applied({ ...at, details: { ...at.details, ...grown } }, causes.leak);
    expect(back?.spec?.template?.spec?.containers?.[0]?.image).toBe('redis:before');
  });

  it('an autoscaler that may not be seen is not scaled against', async () => {
    const rules = ['', 'apps', 'metrics.k8s.io', 'policy', 'autoscaling.k8s.io'].map((group) => ({
      apiGroups: [group],
      resources: ['*'],
      verbs: ['get', 'list'],
    }));
    const seeing = await lookAt('Deployment', 'free');
    expect(seeing.details.unread).toBeUndefined();
    const kubeconfig = await space.kubeconfigFor('no-hpa', rules);
    const blind = connectCluster({ name: 'no-hpa', kubeconfig });
    try {
      const at = await lookAt('Deployment', 'free', blind);
      expect(Object.keys(at.details.unread ?? {})).toEqual(['hpa']);
      expect(skip('scale-out', at, because(causes.traffic))).toMatch(
        /whether an autoscaler owns the number of replicas is not known: .*answered 403/,
      );
      // Planned where there was none, refused where it is seen, or can't be seen any more.
      const [draft] = drafts(
        'scale-out',
        { ...at, details: { ...at.details, unread: {} } },
        because(causes.traffic),
      );
      if (draft === undefined) throw new Error('nothing was proposed');
      expect(refusal(draft, at)).toMatch(/answered 403/);
      expect(refusal(draft, seeing)).toContain('free-hpa owns the number of replicas');
    } finally {
      blind.close();
    }
  });
});
