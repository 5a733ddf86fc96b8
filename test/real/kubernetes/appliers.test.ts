import type { V1Deployment } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hasCluster, needsCluster, redisImage, TestNamespace } from '../../support/cluster.js';
import { aWorkload } from '../../support/manifests.js';
import { clusterBy, MiB, Subject } from './applier-kit.js';

const image = redisImage ?? '';
/** A rollout that is stuck is called so after this, seconds. */
const deadline = { progressDeadlineSeconds: 5 };

describe.skipIf(!hasCluster && !process.env.CI)(`changing a real workload (${needsCluster})`, () => {
  let ns: TestNamespace;
  let web: Subject;

  beforeAll(async () => {
    ns = await TestNamespace.open('appliers');
    web = new Subject(ns, 'Deployment', 'web');
    await ns.create(aWorkload({ name: 'web', image, env: { SESSION_TTL: '86400' }, spec: deadline }));
    await web.ready();
  });
  beforeEach(() => ns.audit.mark());
  afterAll(() => ns?.close());

  const effects = () => ns.audit.effects(ns.name).map(({ verb, resource }) => `${verb} ${resource}`);
  type Value = { readonly variable: string; readonly before: string | null; readonly after: string };
  /** Variables of the ConfigMap `web`, whose keys are called as they are. */
  const inConfigMap = (of: Subject, [first, ...more]: readonly [Value, ...Value[]]) =>
    of.change('workload.setEnv', {
      ref: { ...web.ref, kind: 'ConfigMap', name: 'web' },
      fields: [first, ...more].map(({ variable, before, after }) => ({
        name: `env.${variable}`,
        before,
        after,
      })),
      params: {
        workload: { ...of.ref },
        variable: first.variable,
        configMapKey: first.variable,
        ...(more.length > 0 && { more: more.map(({ variable }) => ({ variable, configMapKey: variable })) }),
      },
    });
  const container = async () => (await web.read()).spec?.template.spec?.containers[0];

  test('a restart replaces the pods, and a later attempt finds its own', async () => {
    const [before, change] = [await web.pod(), await web.restart()];
    const first = web.attempt();
    const effect = await web.apply(change, first);
    expect(effect).toMatchObject({ status: 'applied', details: { previousRevision: '1' } });
    expect(effect.note).toMatch(/^restarted; 1 of 1 pods are replaced and ready after \d+ s$/);
    expect((await web.pod()).metadata?.uid).not.toBe(before.metadata?.uid);
    const second = web.attempt({ attempt: 2, previous: first.left() });
    expect(await web.apply(change, second)).toMatchObject({ status: 'applied' });
    expect([first.confirmed, second.confirmed]).toEqual([1, 0]);
    expect(effects()).toEqual(['patch deployments']);
  });

  test('another template than the planned one stops a restart; another generation alone does not', async () => {
    const change = await web.restart();
    const { template: _, ...params } = change.params;
    // As an autoscaler does it, whatever it scales.
    await ns.patch('Deployment', 'web', { spec: { minReadySeconds: 1 } });
    await ns.patch('Deployment', 'web', { spec: { minReadySeconds: 0 } });
    // Before looks told the template, the generation was all there was to go by.
    await expect(web.apply({ ...change, params })).rejects.toMatchObject({ type: 'PreconditionChanged' });
    expect(await web.apply(change)).toMatchObject({ status: 'applied' });
    const late = await web.restart();
    const annotations = { somebody: 'was here' };
    await ns.patch('Deployment', 'web', { spec: { template: { metadata: { annotations } } } });
    await expect(web.apply(late)).rejects.toMatchObject({
      type: 'PreconditionChanged',
      message: 'web was changed since this was planned: its template is another one.',
    });
    expect(effects()).toEqual(['patch deployments']);
    await web.ready();
  });

  test('writes by others on the way are looked at again, and don’t stop it', async () => {
    const change = await web.restart();
    let storms = 0;
    // Each takes away the version that was read, directly before the write.
    const onConfirm = async () => {
      storms += 1;
      if (storms <= 3) await ns.patch('Deployment', 'web', { metadata: { labels: { storm: `${storms}` } } });
    };
    expect(await web.apply(change, web.attempt({ onConfirm }))).toMatchObject({ status: 'applied' });
    expect(storms).toBe(4);
    expect(effects()).toEqual(['patch deployments']);
  });

  test('memory is set in the template; what somebody else has set is left alone', async () => {
    const change = await web.memory(64, 80);
    expect(await web.apply(change)).toMatchObject({ status: 'applied' });
    expect((await container())?.resources).toMatchObject({
      limits: { memory: '80Mi' },
      requests: { memory: '16Mi' },
    });
    expect(await web.apply(change)).toMatchObject({ status: 'alreadyDone' });
    await expect(web.apply(await web.memory(64, 96))).rejects.toMatchObject({
      type: 'PreconditionChanged',
      message: 'limits.memory of container web is 80Mi now, not 64Mi: somebody else has set it.',
    });
    expect(effects()).toEqual(['patch deployments']);
  });

  test('a variable is set where it is defined: in the template', async () => {
    expect(await web.apply(await web.env('SESSION_TTL', '86400', '3600'))).toMatchObject({
      status: 'applied',
    });
    expect((await container())?.env).toEqual([{ name: 'SESSION_TTL', value: '3600' }]);
    expect(effects()).toEqual(['patch deployments']);
  });

  test('a variable is set where it is defined: in a ConfigMap, and then its reader is restarted', async () => {
    await ns.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'web' },
      data: { TTL: '86400' },
    });
    const before = await web.pod();
    const change = await inConfigMap(web, [{ variable: 'TTL', before: '86400', after: '3600' }]);
    expect(await web.apply(change)).toMatchObject({ status: 'applied' });
    expect(await ns.get('ConfigMap', 'web')).toMatchObject({ data: { TTL: '3600' } });
    expect((await web.pod()).metadata?.uid).not.toBe(before.metadata?.uid);
    expect(effects()).toEqual(['patch configmaps', 'patch deployments']);
  });

  test('several variables of one ConfigMap are one write, and one rollout', async () => {
    const change = await inConfigMap(web, [
      { variable: 'TTL', before: '3600', after: '1800' },
      { variable: 'POOL', before: null, after: '20' },
    ]);
    expect(await web.apply(change)).toMatchObject({ status: 'applied' });
    expect(await ns.get('ConfigMap', 'web')).toMatchObject({ data: { TTL: '1800', POOL: '20' } });
    expect(effects()).toEqual(['patch configmaps', 'patch deployments']);
  });

  test('a ConfigMap is not left half-done where the restart after it is not allowed', async () => {
    const rules = [
      {
        apiGroups: ['apps', ''],
        resources: ['deployments', 'replicasets', 'configmaps'],
        verbs: ['get', 'list'],
      },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['patch'] },
    ];
    const cluster = clusterBy(await ns.kubeconfigFor('half', rules));
    const change = await inConfigMap(web, [{ variable: 'TTL', before: '1800', after: '900' }]);
    await expect(web.apply(change, web.attempt(), cluster)).rejects.toMatchObject({
      type: 'PermissionDenied',
      message: expect.stringMatching(
        /cannot patch resource "deployments".*Nothing was changed: TTL 900 → 1800/,
      ),
    });
    cluster.close();
    expect(await ns.get('ConfigMap', 'web')).toMatchObject({ data: { TTL: '1800', POOL: '20' } });
    expect(effects()).toEqual(['patch configmaps', 'patch configmaps']);
  });

  test('a ConfigMap is not written where no rollout would take it up', async () => {
    const manual = new Subject(ns, 'StatefulSet', 'manual');
    const spec = { updateStrategy: { type: 'OnDelete' } };
    await ns.create(aWorkload({ kind: 'StatefulSet', name: 'manual', image, replicas: 0, spec }));
    ns.audit.mark();
    const change = await inConfigMap(manual, [{ variable: 'TTL', before: '1800', after: '900' }]);
    await expect(manual.apply(change)).rejects.toThrow(/update strategy OnDelete/);
    expect(effects()).toEqual([]);
    await ns.remove('StatefulSet', 'manual');
  });

  test('back to an earlier revision: its template as a whole, by its own ReplicaSet', async () => {
    const change = await web.change('workload.undoRollout', { params: { toRevision: '1' } });
    const effect = await web.apply(change);
    expect(effect).toMatchObject({ status: 'applied' });
    const { spec } = await ns.get<V1Deployment>('Deployment', 'web');
    expect(spec?.template.metadata).toEqual({ labels: { app: 'web' } });
    expect(spec?.template.spec?.containers[0]).toMatchObject({
      env: [{ name: 'SESSION_TTL', value: '86400' }],
      resources: { limits: { memory: '64Mi' } },
    });
    expect(effects()).toEqual(['patch deployments']);
    await expect(
      web.apply(await web.change('workload.undoRollout', { params: { toRevision: '1000' } })),
    ).rejects.toMatchObject({ type: 'PreconditionChanged' });
  });

  test('the number of replicas is absolute, and the new pods are waited for', async () => {
    expect(await web.apply(await web.scale(1, 2))).toMatchObject({
      status: 'applied',
      note: 'replicas 1 → 2; 2 pods are ready',
    });
    await expect(web.apply(await web.scale(5, 6))).rejects.toMatchObject({ type: 'PreconditionChanged' });
    expect(await web.apply(await web.scale(2, 1))).toMatchObject({ status: 'applied' });
    expect((await web.read()).spec).toMatchObject({ replicas: 1 });
    expect(effects()).toEqual(['patch deployments/scale', 'patch deployments/scale']);
  });

  test('an autoscaler’s least number is set, and the autoscaler brings the pods', async () => {
    await ns.create({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 1,
        maxReplicas: 3,
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '60Mi' } },
          },
        ],
      },
    });
    const { metadata } = await ns.get<{ metadata: { uid: string } }>('HorizontalPodAutoscaler', 'web');
    const change = await web.change('hpa.minReplicas', {
      object: { uid: metadata.uid, name: 'web' },
      ref: { ...web.ref, kind: 'HorizontalPodAutoscaler' },
      fields: [{ name: 'minReplicas', before: 1, after: 2 }],
      params: { workload: { ...web.ref }, staysSeconds: 60, progressSeconds: 60 },
    });
    expect(await web.apply(change)).toMatchObject({
      status: 'applied',
      note: 'minReplicas 1 → 2; 2 pods are ready',
    });
    expect(effects()).toEqual(['patch horizontalpodautoscalers']);
    await ns.remove('HorizontalPodAutoscaler', 'web');
  });

  test('a pod is resized in place; what its node refuses is told, and taken out of its spec again', async () => {
    const resize = async (to: number) =>
      web.ofPod('pod.resize', {
        fields: [
          { name: 'limits.memory', before: to === 72 ? 64 * MiB : 72 * MiB, after: to * MiB },
          {
            name: 'requests.memory',
            before: to === 72 ? 16 * MiB : 24 * MiB,
            after: to === 72 ? 24 * MiB : to * MiB,
          },
        ],
      });
    const before = await web.pod();
    const effect = await web.apply(await resize(72));
    expect(effect).toMatchObject({
      status: 'applied',
      details: { podUid: before.metadata?.uid, 'limits.memory': 72 * MiB, restarted: false },
    });
    const pod = await web.pod();
    expect(pod.status?.containerStatuses?.[0]).toMatchObject({
      restartCount: 0,
      resources: { limits: { memory: '72Mi' } },
    });
    const change = await resize(1024 * 1024);
    const refused = await web.apply(change);
    expect(refused).toMatchObject({ status: 'applied', details: { failed: true, why: 'notResized' } });
    expect(refused.note).toMatch(/its node can not do that: .*capacity/i);
    expect(await web.undone(change, refused)).toMatchObject({
      status: 'applied',
      note: expect.stringContaining('its node had never raised it'),
    });
    const after = await web.pod();
    expect(after.spec?.containers[0]?.resources).toMatchObject(pod.spec?.containers[0]?.resources ?? {});
    expect(after.status?.containerStatuses?.[0]).toMatchObject({
      restartCount: 0,
      resources: { limits: { memory: '72Mi' } },
    });
    expect(after.status?.conditions?.filter(({ type }) => type.startsWith('PodResize'))).toEqual([]);
    // Another figure is no longer taken for somebody else's change.
    expect(await web.apply(await resize(96))).toMatchObject({ status: 'applied' });
    expect(effects()).toEqual(Array(4).fill('patch pods/resize'));
  });

  test('a pod is evicted by its uid, and its successor is waited for', async () => {
    const change = await web.evict();
    const effect = await web.apply(change);
    expect(effect).toMatchObject({ status: 'applied', details: { podUid: change.object.uid } });
    const pods = await web.pods();
    expect(pods.map(({ metadata }) => metadata?.uid)).not.toContain(change.object.uid);
    expect(await web.apply(change)).toMatchObject({ status: 'superseded' });
    expect(effects()).toEqual(['create pods/eviction']);
  });

  test('a disruption budget makes an eviction wait, and is named', async () => {
    await ns.create({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'web-stays' },
      spec: { minAvailable: 5, selector: { matchLabels: { app: 'web' } } },
    });
    const attempt = web.attempt();
    const going = web.apply(await web.evict(), attempt);
    await expect
      .poll(() => JSON.stringify(attempt.left()), { timeout: 30_000 })
      .toMatch(/web-stays needs 5 healthy pods/);
    await ns.remove('PodDisruptionBudget', 'web-stays');
    expect(await going).toMatchObject({ status: 'applied' });
    expect(attempt.confirmed).toBeGreaterThan(1);
    expect(effects()).toEqual(['create pods/eviction']);
  });

  test.each([
    ['StatefulSet', 'statefulsets'],
    ['DaemonSet', 'daemonsets'],
  ] as const)('a %s is restarted, and goes back to an earlier revision', async (kind, resource) => {
    const name = kind.toLowerCase();
    const subject = new Subject(ns, kind, name);
    await ns.create(aWorkload({ kind, name, image, env: { A: '1' } }));
    await subject.ready();
    ns.audit.mark();
    expect(await subject.apply(await subject.restart())).toMatchObject({
      status: 'applied',
      details: { previousRevision: '1' },
    });
    const change = await subject.change('workload.undoRollout', { params: { toRevision: '1' } });
    expect(await subject.apply(change)).toMatchObject({ status: 'applied' });
    expect((await subject.read()).spec?.template.metadata?.annotations ?? {}).toEqual({});
    expect(effects()).toEqual([`patch ${resource}`, `patch ${resource}`]);
    await ns.remove(kind, name);
  });

  test('what the account may not do is told with the right that it lacks', async () => {
    const read = {
      apiGroups: ['apps', ''],
      resources: ['deployments', 'replicasets', 'pods'],
      verbs: ['get', 'list'],
    };
    const cluster = clusterBy(await ns.kubeconfigFor('reader', [read]));
    await expect(web.apply(await web.restart(), web.attempt(), cluster)).rejects.toMatchObject({
      type: 'PermissionDenied',
      message: expect.stringMatching(/cannot patch resource "deployments".*nightshift doctor/),
    });
    cluster.close();
    expect(effects()).toEqual([]);
  });

  test('a workload that is gone, or was made anew, is not touched', async () => {
    const gone = new Subject(ns, 'Deployment', 'gone');
    await ns.create(aWorkload({ name: 'gone', image, replicas: 0 }));
    const change = await gone.restart();
    await ns.remove('Deployment', 'gone');
    await expect(gone.apply(change)).rejects.toMatchObject({ type: 'TargetGone' });
    await ns.create(aWorkload({ name: 'gone', image, replicas: 0 }));
    await expect(gone.apply(change)).rejects.toMatchObject({ type: 'PreconditionChanged' });
    expect(effects()).toEqual([]);
  });
});
