import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Cluster } from '../../../activities/kubernetes/client.js';
import type { Change } from '../../../model/change.js';
import { ApiProxy, type HoldAt } from '../../support/api-proxy.js';
import { brunoImage, hasCluster, needsCluster, redisImage, TestNamespace } from '../../support/cluster.js';
import { aWorkload, brunoWorkload } from '../../support/manifests.js';
import { clusterBy, MiB, Subject } from './applier-kit.js';

const skipped = !hasCluster && !process.env.CI;

/** As the API server itself says it. */
const refusals = {
  401: { kind: 'Status', status: 'Failure', reason: 'Unauthorized', message: 'Unauthorized', code: 401 },
  403: { kind: 'Status', status: 'Failure', reason: 'Forbidden', message: 'it is forbidden', code: 403 },
} as const;

/** Which call it was, what it was answered, and what mends it. */
function refusalWords(request: RegExp, status: 401 | 403): RegExp {
  const verb = /^\^([A-Z]+) /.exec(request.source)?.[1];
  const mend = { 401: 'renew the token or certificate', 403: 'nightshift doctor' }[status];
  return new RegExp(`^${verb} /api\\S* on .* answered ${status}: .*${mend}`);
}

interface Case {
  readonly what: string;
  /** The one mutating request. */
  readonly request: RegExp;
  plan(): Promise<Change>;
  /** What the API server's audit log must hold, each once. */
  readonly effects: readonly string[];
  /** Parts that come after the held one. */
  readonly parts?: number;
  /** What is done where the held one is refused for good: what came before it, and what takes that back. */
  readonly refused?: readonly string[];
  /** What a request that comes too late is answered. */
  readonly tooLate: readonly number[];
}

/**
 * A worker that dies with a change on its way: before the API server has it, and after it was done. The next attempt
 * finds out which, and the late request finds that it is late.
 */
describe.skipIf(skipped)(`one effect, whatever is lost on the way (${needsCluster})`, () => {
  let ns: TestNamespace;
  let proxy: ApiProxy;
  let through: Cluster;
  let web: Subject;

  beforeAll(async () => {
    ns = await TestNamespace.open('lost');
    proxy = await ApiProxy.open(ns.cluster.config);
    through = clusterBy(ns.writeKubeconfig('proxy', { server: proxy.url }));
    web = new Subject(ns, 'Deployment', 'web');
    const env = { SESSION_TTL: '0' };
    await ns.create(aWorkload({ name: 'web', image: redisImage ?? '', env }));
    await ns.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web' }, data: { TTL: '0' } });
    await web.ready();
  });
  beforeEach(() => ns.audit.mark());
  afterAll(async () => {
    through?.close();
    await proxy?.close();
    await ns?.close();
  });

  /** Counts up, so that every change is one. */
  let number = 0;
  const next = (): { readonly before: string; readonly after: string } => {
    number += 1;
    return { before: String(number - 1), after: String(number) };
  };
  const limits = async () => {
    const text = (await web.pod()).spec?.containers[0]?.resources?.limits?.memory ?? '';
    return Number.parseInt(text, 10);
  };

  const cases: readonly Case[] = [
    {
      what: 'workload.restart',
      request: /^PATCH .*\/deployments\/web\?/,
      plan: () => web.restart(),
      effects: ['patch deployments'],
      tooLate: [409],
    },
    {
      what: 'workload.memory',
      request: /^PATCH .*\/deployments\/web\?/,
      plan: async () => {
        const now = await limits();
        return web.memory(now, now + 1);
      },
      effects: ['patch deployments'],
      tooLate: [409],
    },
    {
      what: 'workload.setEnv',
      request: /^PATCH .*\/deployments\/web\?/,
      plan: async () => {
        const { env = [] } = (await web.read()).spec?.template.spec?.containers[0] ?? {};
        return web.env('SESSION_TTL', env[0]?.value ?? null, next().after);
      },
      effects: ['patch deployments'],
      tooLate: [409],
    },
    ...(['configmaps', 'deployments'] as const).map(
      (resource): Case => ({
        what: `workload.setEnv in a ConfigMap, at its ${resource}`,
        request: new RegExp(`^PATCH .*/${resource}/web\\?`),
        plan: async () => {
          const { data } = await ns.get<{ data: { TTL: string } }>('ConfigMap', 'web');
          return web.change('workload.setEnv', {
            ref: { ...web.ref, kind: 'ConfigMap', name: 'web' },
            fields: [{ name: 'env.TTL', before: data.TTL, after: next().after }],
            params: { workload: { ...web.ref }, variable: 'TTL', configMapKey: 'TTL' },
          });
        },
        effects: ['patch configmaps', 'patch deployments'],
        parts: resource === 'configmaps' ? 1 : 0,
        // A value that nothing takes up is set back.
        refused: resource === 'configmaps' ? [] : ['patch configmaps', 'patch configmaps'],
        tooLate: [409],
      }),
    ),
    {
      what: 'workload.undoRollout',
      request: /^PATCH .*\/deployments\/web\?/,
      plan: async () => {
        const revision = (await web.read()).metadata?.annotations?.['deployment.kubernetes.io/revision'];
        return web.change('workload.undoRollout', { params: { toRevision: String(Number(revision) - 1) } });
      },
      effects: ['patch deployments'],
      tooLate: [409],
    },
    {
      what: 'workload.scale',
      request: /^PATCH .*\/scale\?/,
      plan: async () => {
        const replicas = (await web.pods()).length;
        return web.scale(replicas, replicas === 1 ? 2 : 1);
      },
      effects: ['patch deployments/scale'],
      tooLate: [409],
    },
    {
      what: 'pod.resize',
      request: /^PATCH .*\/resize\?/,
      plan: async () => {
        const now = await limits();
        return web.ofPod('pod.resize', {
          fields: [{ name: 'limits.memory', before: now * MiB, after: (now + 1) * MiB }],
        });
      },
      effects: ['patch pods/resize'],
      tooLate: [409],
    },
    {
      what: 'pod.evict',
      request: /^POST .*\/eviction\?/,
      plan: () => web.evict(),
      effects: ['create pods/eviction'],
      tooLate: [404, 409],
    },
    {
      what: 'hpa.minReplicas',
      request: /^PATCH .*\/horizontalpodautoscalers\/web\?/,
      plan: planHpa,
      effects: ['patch horizontalpodautoscalers'],
      tooLate: [409],
    },
  ];

  /** An autoscaler whose least number is lowered, for which nothing has to be waited. */
  async function planHpa(): Promise<Change> {
    await ns.remove('HorizontalPodAutoscaler', 'web');
    const { metadata } = await ns.create<{ metadata: { uid: string } }>({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 2,
        maxReplicas: 2,
      },
    });
    return web.change('hpa.minReplicas', {
      object: { uid: metadata.uid, name: 'web' },
      ref: { ...web.ref, kind: 'HorizontalPodAutoscaler' },
      fields: [{ name: 'minReplicas', before: 2, after: 1 }],
      params: { workload: { ...web.ref }, staysSeconds: 60 },
    });
  }

  const done = (): readonly string[] =>
    ns.audit.effects(ns.name).map(({ verb, resource }) => `${verb} ${resource}`);

  const both: readonly HoldAt[] = ['before', 'after'];
  test.each(cases.flatMap((one) => both.map((at) => [one.what, at, one] as const)))(
    '%s, held %s',
    async (_what, at, { plan, request, effects, parts = 0, tooLate }) => {
      await web.ready();
      const change = await plan();
      const held = proxy.hold(request, at);
      const first = web.attempt();
      const died = expect(web.apply(change, first, through)).rejects.toMatchObject({ type: 'Unreachable' });
      await held.waits;
      held.abandon();
      await died;
      const second = web.attempt({ attempt: 2, previous: first.left() });
      expect(await web.apply(change, second)).toMatchObject({ status: 'applied' });
      const late = await held.release();
      if (at === 'before') expect(tooLate).toContain(late);
      expect(second.confirmed).toBe(at === 'before' ? parts + 1 : parts);
      expect(done()).toEqual(effects);
    },
  );

  // After those above: the autoscaler that they leave behind owns the number of replicas.
  test.each(cases.flatMap((one) => ([401, 403] as const).map((status) => [one.what, status, one] as const)))(
    '%s, answered %i: what is missing is told, and nothing is changed',
    async (_what, status, one) => {
      const { plan, request, refused = [] } = one;
      await web.ready();
      const change = await plan();
      proxy.answer(request, status, refusals[status]);
      await expect(web.apply(change, web.attempt(), through)).rejects.toMatchObject({
        type: 'PermissionDenied',
        message: expect.stringMatching(refusalWords(request, status)),
      });
      expect(done()).toEqual(refused);
    },
  );

  test('an eviction that a busy API server does not take is asked for again: one effect', async () => {
    await web.ready();
    const change = await web.evict();
    const busy = { kind: 'Status', reason: 'TooManyRequests', message: 'too many requests' };
    proxy.answer(/^POST .*\/eviction\?/, 429, busy);
    const first = web.attempt();
    await expect(web.apply(change, first, through)).rejects.toMatchObject({
      type: 'Unreachable',
      message: expect.stringMatching(/^POST \/api\/v1\/\S+\/eviction\S* on \S+ answered 429/),
    });
    expect(done()).toEqual([]);
    const second = web.attempt({ attempt: 2, previous: first.left() });
    expect(await web.apply(change, second, through)).toMatchObject({ status: 'applied' });
    expect(done()).toEqual(['create pods/eviction']);
  });
});

describe.skipIf(skipped)(`calls to the app in a pod (${needsCluster})`, () => {
  let ns: TestNamespace;
  let proxy: ApiProxy;
  let through: Cluster;
  let bruno: Subject;

  beforeAll(async () => {
    ns = await TestNamespace.open('calls');
    proxy = await ApiProxy.open(ns.cluster.config);
    through = clusterBy(ns.writeKubeconfig('proxy', { server: proxy.url }));
    const metrics = { port: 8080, path: '/metrics', method: 'GET', via: 'proxy', timeoutSeconds: 5 } as const;
    bruno = new Subject(ns, 'Deployment', 'agent-bruno', { metrics });
    await ns.create(brunoWorkload({ image: brunoImage ?? '' }));
    await bruno.ready();
  });
  afterAll(async () => {
    through?.close();
    await proxy?.close();
    await ns?.close();
  });

  const call = (path: string) =>
    ({ port: 8080, path, method: 'POST', via: 'proxy', timeoutSeconds: 10 }) as const;
  const clear = async () => {
    const startedAt = (await bruno.pod()).status?.containerStatuses?.[0]?.state?.running?.startedAt;
    return bruno.ofPod('pod.clearCache', {
      fresh: { startedAt: new Date(String(startedAt)).toISOString() },
      params: { cache: 'responses', harm: 'none', disruption: 'none', call: call('/admin/clear-cache') },
    });
  };
  /** Every real effect is one line of the app's log. */
  const told = async (line: string): Promise<number> => {
    const name = (await bruno.pod()).metadata?.name ?? '';
    const log = await ns.cluster.text(`/api/v1/namespaces/${ns.name}/pods/${name}/log`, ns);
    return log.split('\n').filter((one) => one.includes(line)).length;
  };

  test('a collection tells what the process held before and after', async () => {
    const name = (await bruno.pod()).metadata?.name ?? '';
    await ns.call(name, 'POST', '/admin/faults', { kind: 'cycles', speed: 100, size: 40 });
    const effect = await bruno.apply(await bruno.ofPod('pod.gc', { params: { call: call('/admin/gc') } }));
    expect(effect).toMatchObject({
      status: 'applied',
      details: {
        rssBefore: expect.any(Number),
        rssAfter: expect.any(Number),
        answer: { collected: expect.any(Number) },
      },
    });
    expect(await told('garbage collected')).toBe(1);
  });

  test.each(['before', 'after'] as const)('a cleared cache is cleared once, held %s', async (at) => {
    const cleared = await told('cache cleared');
    const change = await clear();
    const held = proxy.hold(/^POST .*clear-cache/, at);
    const first = bruno.attempt();
    const died = expect(bruno.apply(change, first, through)).rejects.toMatchObject({ type: 'Unreachable' });
    await held.waits;
    held.abandon();
    await died;
    const second = bruno.attempt({ attempt: 2, previous: first.left() });
    // An empty cache: sent, and nothing was there to be cleared.
    expect(await bruno.apply(change, second)).toMatchObject({ status: 'nothing', details: { cleared: 0 } });
    expect(await held.release()).toBe(200);
    expect(await told('cache cleared')).toBe(cleared + 1);
  });

  test.each([
    ['pod.gc', 401],
    ['pod.gc', 403],
    ['pod.clearCache', 401],
    ['pod.clearCache', 403],
  ] as const)('%s, answered %i by the API server: what is missing is told', async (kind, status) => {
    const collect = () => bruno.ofPod('pod.gc', { params: { call: call('/admin/gc') } });
    const change = await (kind === 'pod.gc' ? collect() : clear());
    const effects = async () => [await told('garbage collected'), await told('cache cleared')];
    const before = await effects();
    proxy.answer(/^POST .*\/proxy\/admin\//, status, refusals[status]);
    await expect(bruno.apply(change, bruno.attempt(), through)).rejects.toMatchObject({
      type: 'PermissionDenied',
      message: expect.stringMatching(
        /^POST \/admin\/\S+ of pod agent-bruno-.*(Renew the token|nightshift doctor)/,
      ),
    });
    expect(await effects()).toEqual(before);
  });

  test('a process that was started since it was planned is left alone', async () => {
    const change = await bruno.ofPod('pod.gc', {
      fresh: { startedAt: '2026-01-01T00:00:00.000Z' },
      params: { call: call('/admin/gc') },
    });
    await expect(bruno.apply(change)).rejects.toMatchObject({ type: 'PreconditionChanged' });
  });

  test('an endpoint that is not there is told with what it answered', async () => {
    const change = await bruno.ofPod('pod.gc', { params: { call: call('/nothing') } });
    await expect(bruno.apply(change)).rejects.toMatchObject({
      type: 'EndpointRefused',
      message: expect.stringContaining('answered 404'),
    });
  });

  test('without the right to use the proxy it is told so', async () => {
    const read = { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] };
    const cluster = clusterBy(await ns.kubeconfigFor('reader', [read]));
    await expect(bruno.apply(await clear(), bruno.attempt(), cluster)).rejects.toMatchObject({
      type: 'PermissionDenied',
      message: expect.stringContaining('pods/proxy'),
    });
    cluster.close();
  });
});
