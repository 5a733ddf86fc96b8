import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubernetesAdapter } from '../../../activities/kubernetes/adapter.js';
import type { Cluster } from '../../../activities/kubernetes/client.js';
import { isGap } from '../../../model/evidence.js';
import type { WorkloadKind, WorkloadSettings } from '../../../model/kubernetes/settings.js';
import { ApiProxy } from '../../support/api-proxy.js';
import {
  brunoImage,
  hasCluster,
  needsCluster,
  redisImage,
  TestNamespace,
  until,
} from '../../support/cluster.js';
import { aWorkload, brunoWorkload } from '../../support/manifests.js';
import { clusterBy } from './applier-kit.js';

/** What the API server may answer to one read, or a way that is lost in the middle of its answer. */
const faults = ['401', '403', '429', 'cut off'] as const;
type Fault = (typeof faults)[number];
const reasons = { 401: 'Unauthorized', 403: 'Forbidden', 429: 'TooManyRequests' } as const;
/** What is then said of that one source. */
const told: Readonly<Record<Fault, RegExp>> = {
  401: /answered 401.*[Rr]enew the token or certificate/,
  403: /answered 403.*nightshift doctor|may not use pods\/proxy\. nightshift doctor/,
  429: /answered 429/,
  'cut off': /aborted|ECONNRESET|hang up/,
};

interface Read {
  readonly what: string;
  readonly line: RegExp;
  /** The gap that is left by it; absent: without it there is no look. */
  readonly gap?: string;
  /** Gaps that follow from it. */
  readonly besides?: readonly string[];
  readonly of?: WorkloadKind;
}

/** Every read of a look, as activities/kubernetes/paths.ts has them. */
const reads: readonly Read[] = [
  { what: 'the workload', line: /^GET \/apis\/apps\/v1\/namespaces\/[^/]+\/deployments\// },
  { what: 'its pods', line: /^GET \/api\/v1\/namespaces\/[^/]+\/pods\?/ },
  {
    what: 'figures of pods',
    line: /^GET \/apis\/metrics.k8s.io\/v1beta1\/namespaces\//,
    gap: 'pods.workingSet',
    besides: ['pod.workingSet'],
  },
  { what: 'figures of nodes', line: /^GET \/apis\/metrics.k8s.io\/v1beta1\/nodes\//, gap: 'node.used' },
  { what: 'nodes', line: /^GET \/api\/v1\/nodes\//, gap: 'node' },
  { what: 'pods of a node', line: /^GET \/api\/v1\/pods\?fieldSelector/, gap: 'node.requested' },
  { what: 'events', line: /^GET \/api\/v1\/namespaces\/ns-[^/]+\/events\?/, gap: 'events' },
  { what: 'events of nodes', line: /^GET \/api\/v1\/namespaces\/default\/events\?/, gap: 'node.events' },
  { what: 'logs', line: /^GET .*\/pods\/[^/]+\/log\?/, gap: 'pod.log' },
  { what: 'autoscalers', line: /^GET .*\/horizontalpodautoscalers/, gap: 'hpa' },
  { what: 'vertical autoscalers', line: /^GET .*\/verticalpodautoscalers/, gap: 'vpa' },
  { what: 'disruption budgets', line: /^GET .*\/poddisruptionbudgets/, gap: 'budget' },
  { what: 'quotas', line: /^GET .*\/resourcequotas/, gap: 'quota' },
  { what: 'limit ranges', line: /^GET .*\/limitranges/, gap: 'limitRange' },
  { what: 'ConfigMaps', line: /^GET .*\/configmaps\//, gap: 'configMap' },
  { what: 'ReplicaSets', line: /^GET .*\/replicasets\?/, gap: 'rollouts' },
  {
    what: 'controller revisions',
    line: /^GET .*\/controllerrevisions\?/,
    gap: 'rollouts',
    of: 'StatefulSet',
  },
  { what: 'the version', line: /^GET \/version/, gap: 'cluster.version' },
  { what: 'the app’s metrics', line: /^GET .*\/proxy\/metrics/, gap: 'app.metrics' },
  { what: 'the probe', line: /^POST .*\/proxy\/chat/, gap: 'probe' },
];

describe.skipIf(!hasCluster && !process.env.CI)(`one read of a look that fails (${needsCluster})`, () => {
  let ns: TestNamespace;
  let usual: ReadonlyMap<WorkloadKind, readonly string[]>;

  beforeAll(async () => {
    ns = await TestNamespace.open('refused');
    await ns.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'agent' },
      data: { TTL: '7200' },
    });
    const container = { envFrom: [{ configMapRef: { name: 'agent' } }] };
    await ns.create(brunoWorkload({ image: brunoImage ?? '', container }));
    await ns.create(aWorkload({ kind: 'StatefulSet', name: 'web', image: redisImage ?? '' }));
    await Promise.all([ns.whenReady('Deployment', 'agent-bruno'), ns.whenReady('StatefulSet', 'web')]);
    const measured = async (kind: WorkloadKind): Promise<boolean> =>
      (await look(ns.cluster, kind)).measure !== undefined;
    await until('the metrics server knows them', async () => {
      return (await measured('Deployment')) && (await measured('StatefulSet'));
    });
    const kinds = ['Deployment', 'StatefulSet'] as const;
    usual = new Map(
      await Promise.all(
        kinds.map(
          async (kind) => [kind, gapsOf(await look(ns.cluster, kind)).map(({ name }) => name)] as const,
        ),
      ),
    );
  });
  afterAll(() => ns?.close());

  function settingsOf(kind: WorkloadKind): WorkloadSettings {
    if (kind !== 'Deployment') return ns.settings(kind, 'web', { inspect: false });
    const endpoint = { port: 8080, via: 'proxy', timeoutSeconds: 5 } as const;
    return ns.settings(kind, 'agent-bruno', {
      inspect: false,
      metrics: { ...endpoint, path: '/metrics', method: 'GET' },
      probe: { ...endpoint, path: '/chat', method: 'POST', body: '{"message":"Hello"}' },
    });
  }

  function look(cluster: Cluster, kind: WorkloadKind) {
    const outside = () => Promise.reject(new Error('it is not asked'));
    const adapter = createKubernetesAdapter({
      cluster: () => cluster,
      secret: () => '',
      outside: () => ({ sessions: outside, mongo: outside }),
    });
    const settings = settingsOf(kind);
    const scope = 'kubernetes/test';
    const key = `${scope}/${ns.name}/${kind.toLowerCase()}/${settings.name}`;
    const since = new Date(Date.now() - 600_000).toISOString();
    return adapter.read({ key, kind: 'workload', scope }, settings, {
      signal: ns.signal,
      since,
      now: () => new Date(),
    });
  }

  const gapsOf = ({ evidence }: Awaited<ReturnType<typeof look>>) => evidence.filter(isGap);

  /** A look on which that one read fails. */
  async function without({ line, of = 'Deployment' }: Read, fault: Fault) {
    const proxy = await ApiProxy.open(ns.cluster.config);
    const cluster = clusterBy(ns.writeKubeconfig(`way-${new URL(proxy.url).port}`, { server: proxy.url }));
    if (fault === 'cut off') proxy.cutOff(line, 100);
    else {
      const said = { kind: 'Status', status: 'Failure', reason: reasons[fault], message: reasons[fault] };
      proxy.answer(line, Number(fault), said, 100);
    }
    try {
      // A source that took too long on a busy machine is no fault of what is tried here.
      for (let more = 4; ; more -= 1) {
        const looked = await look(cluster, of);
        if (more === 0 || !gapsOf(looked).some(({ gap }) => /not read within/.test(gap))) return looked;
      }
    } finally {
      cluster.close();
      await proxy.close();
    }
  }

  const needed = reads.filter(({ gap }) => gap === undefined);
  const optional = reads.filter((read): read is Read & { gap: string } => read.gap !== undefined);

  it.each(needed)('$what: there is no look, and it is said why', async (read) => {
    for (const fault of faults) {
      const refused = fault === '401' || fault === '403';
      await expect(without(read, fault), fault).rejects.toMatchObject({
        type: refused ? 'PermissionDenied' : 'Unreachable',
        message: expect.stringMatching(told[fault]),
      });
    }
  });

  it.each(optional)('$what: exactly the gap $gap, with the reason', async (read) => {
    for (const fault of faults) {
      const looked = await without(read, fault);
      const gaps = gapsOf(looked);
      const before = usual.get(read.of ?? 'Deployment') ?? [];
      const added = gaps.filter(({ name }) => !before.includes(name));
      expect(
        added.map(({ name }) => name),
        `${fault}: ${JSON.stringify(added)}`,
      ).toEqual([read.gap, ...(read.besides ?? [])]);
      expect(added[0]?.gap, fault).toMatch(told[fault]);
      // A right that is missing is told as one; a busy server is not.
      const missing = looked.details.missingRights.filter((right) =>
        /answered 40[13]|may not use pods\/proxy/.test(right),
      );
      expect(missing.length, fault).toBe(fault === '401' || fault === '403' ? 1 : 0);
      // Without figures nothing is measured, and so nothing is changed; all else can be done without.
      if (read.gap === 'pods.workingSet') expect(looked.blind, fault).toMatch(told[fault]);
      else expect(looked.measure, fault).toBeDefined();
    }
  });
});
