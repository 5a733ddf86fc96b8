import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasCluster, needsCluster, redisImage, TestNamespace, until } from '../../support/cluster.js';
import { aWorkload } from '../../support/manifests.js';
import { MiB, Subject } from './applier-kit.js';

const image = redisImage ?? '';
/** Its controller calls a rollout stuck after this, seconds: longer than a good one takes beside the others. */
const spec = { progressDeadlineSeconds: 10 };
/** Serves only with the value that it was made with. */
const picky = {
  image,
  env: { MODE: 'well' },
  spec,
  container: {
    command: ['sh', '-c', 'case $MODE in crash) exit 3;; esac; exec redis-server --save ""'],
    readinessProbe: { exec: { command: ['sh', '-c', 'test $MODE = well'] }, periodSeconds: 1 },
  },
};

describe.skipIf(!hasCluster && !process.env.CI)(`rollouts that go wrong (${needsCluster})`, () => {
  let ns: TestNamespace;
  beforeAll(async () => {
    ns = await TestNamespace.open('wrong');
  });
  afterAll(() => ns?.close());

  /** What Nightshift did to a workload and its pods: the tests run side by side in one namespace. */
  const effectsOf = (workload: string): readonly string[] =>
    ns.audit
      .effects(ns.name)
      .filter(({ name }) => name === workload || name.startsWith(`${workload}-`))
      .map(({ verb, resource }) => `${verb} ${resource}`);

  async function made(
    name: string,
    options: Partial<Parameters<typeof aWorkload>[0]> = picky,
  ): Promise<Subject> {
    const subject = new Subject(ns, 'Deployment', name);
    await ns.create(aWorkload({ image, name, ...options }));
    await subject.ready();
    return subject;
  }

  test.concurrent('a crash loop is told from a pod that never gets ready; both are taken back', async () => {
    const web = await made('picky');
    const before = await web.pod();
    const crash = await web.env('MODE', 'well', 'crash');
    const crashed = await web.apply(crash);
    expect(crashed).toMatchObject({
      status: 'applied',
      details: { failed: true, why: 'crashLoop', previousRevision: '1' },
    });
    expect(crashed.note).toMatch(/its rollout went wrong: pod picky-.*exit code 3/);
    expect(await web.undone(crash, crashed)).toMatchObject({ status: 'applied' });

    const ill = await web.env('MODE', 'well', 'ill');
    const never = await web.apply(ill);
    expect(never).toMatchObject({ details: { failed: true, why: 'neverReady', deadline: true } });
    expect(never.note).toMatch(/runs and does not become ready.*progress deadline has passed/);
    const back = await web.undone(ill, never);
    expect(back).toMatchObject({ status: 'applied' });
    expect(back.details).not.toHaveProperty('failed');
    // With a surge, the old pod has served all the time.
    expect((await web.pods()).map(({ metadata }) => metadata?.uid)).toEqual([before.metadata?.uid]);
  });

  test.concurrent('a StatefulSet whose pods crash or never get ready is freed: it would wait for them for ever', async () => {
    const db = new Subject(ns, 'StatefulSet', 'ordered');
    const { container, env } = picky;
    await ns.create(aWorkload({ kind: 'StatefulSet', name: 'ordered', image, replicas: 2, container, env }));
    await db.ready();
    const [first] = await db.pods();
    for (const [value, why] of [
      ['crash', 'crashLoop'],
      ['ill', 'neverReady'],
    ] as const) {
      const before = effectsOf('ordered').length;
      // Its controller calls nothing stuck: what is waited for is said by the change.
      const change = await db.env('MODE', 'well', value, { progressSeconds: 10 });
      const effect = await db.apply(change);
      expect(effect).toMatchObject({ details: { failed: true, why } });
      const [bad] = (await db.pods()).filter(({ metadata }) => metadata?.name === 'ordered-1');
      const back = await db.undone(change, effect);
      expect(back).toMatchObject({ status: 'applied', details: { evicted: [bad?.metadata?.uid] } });
      expect(back.details).not.toHaveProperty('failed');
      expect(back.note).toMatch(/2 of 2 pods are replaced and ready, of which 1 had to be evicted for it/);
      await db.ready();
      expect(effectsOf('ordered').slice(before)).toEqual([
        'patch statefulsets',
        'patch statefulsets',
        'create pods/eviction',
      ]);
    }
    // The pod that served all the time was left alone.
    expect((await db.pods()).map(({ metadata }) => metadata?.uid)).toContain(first?.metadata?.uid);
    await ns.remove('StatefulSet', 'ordered');
  });

  test.concurrent('an eviction that frees a StatefulSet waits for its disruption budget, and says so', async () => {
    const db = new Subject(ns, 'StatefulSet', 'budgeted');
    const { container, env } = picky;
    await ns.create(aWorkload({ kind: 'StatefulSet', name: 'budgeted', image, replicas: 2, container, env }));
    await db.ready();
    const change = await db.env('MODE', 'well', 'ill', { progressSeconds: 10 });
    const effect = await db.apply(change);
    const budget = { minAvailable: 2, selector: { matchLabels: { app: 'budgeted' } } };
    const metadata = { name: 'both-stay' };
    await ns.create({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec: budget });
    const attempt = db.attempt();
    const going = db.undone(
      { ...change, params: { ...change.params, progressSeconds: 120 } },
      effect,
      attempt,
    );
    const waits = /pod budgeted-1 is to be evicted: a disruption budget says wait/;
    await until('it waits for the budget', async () => waits.test(JSON.stringify(attempt.left())), 60_000);
    await ns.remove('PodDisruptionBudget', 'both-stay');
    expect(await going).toMatchObject({
      status: 'applied',
      note: expect.stringContaining('1 had to be evicted'),
    });
    await ns.remove('StatefulSet', 'budgeted');
  });

  test.concurrent('a DaemonSet frees itself: its controller replaces what is not ready first', async () => {
    const agent = new Subject(ns, 'DaemonSet', 'daemon');
    const { container, env } = picky;
    await ns.create(aWorkload({ kind: 'DaemonSet', name: 'daemon', image, container, env }));
    await agent.ready();
    const change = await agent.env('MODE', 'well', 'ill', { progressSeconds: 10 });
    const effect = await agent.apply(change);
    expect(effect).toMatchObject({ details: { failed: true, why: 'neverReady' } });
    const back = await agent.undone(change, effect);
    expect(back.details).not.toHaveProperty('failed');
    await agent.ready();
    expect(effectsOf('daemon')).toEqual(['patch daemonsets', 'patch daemonsets']);
    await ns.remove('DaemonSet', 'daemon');
  });

  /** Its pods take their mode from a ConfigMap when they start: what runs goes on. */
  async function fromConfigMap(name: string): Promise<Subject> {
    await ns.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { MODE: 'well' } });
    const { container } = picky;
    const env = [{ name: 'MODE', valueFrom: { configMapKeyRef: { name, key: 'MODE' } } }];
    return made(name, { spec, container: { ...container, env } });
  }

  test.concurrent('a restart that ends in a crash loop goes back to the pods that still serve', async () => {
    const web = await fromConfigMap('restarted');
    const before = await web.pod();
    await ns.patch('ConfigMap', 'restarted', { data: { MODE: 'crash' } });
    const change = await web.restart();
    const effect = await web.apply(change);
    expect(effect).toMatchObject({ details: { failed: true, why: 'crashLoop', previousRevision: '1' } });
    expect(await web.undone(change, effect)).toMatchObject({ status: 'applied' });
    expect((await web.pods()).map(({ metadata }) => metadata?.uid)).toEqual([before.metadata?.uid]);
  });

  test.concurrent('what somebody else rolls out meanwhile is theirs', async () => {
    const web = await fromConfigMap('theirs');
    await ns.patch('ConfigMap', 'theirs', { data: { MODE: 'ill' } });
    const attempt = web.attempt();
    const going = web.apply(await web.restart(), attempt);
    await until('it rolls out', async () => JSON.stringify(attempt.left()).includes('rolling out'), 30_000);
    const annotations = {
      'nightshift.dev/restarted-by': 'somebody',
      'kubectl.kubernetes.io/restartedAt': 'now',
    };
    await ns.patch('Deployment', 'theirs', { spec: { template: { metadata: { annotations } } } });
    expect(await going).toMatchObject({ status: 'superseded' });
    await ns.remove('Deployment', 'theirs');
  });

  test.concurrent('a revision whose image is gone is told as that', async () => {
    const web = new Subject(ns, 'Deployment', 'imageless');
    await ns.create(aWorkload({ name: 'imageless', image: 'nightshift/gone:1', spec }));
    await ns.patch('Deployment', 'imageless', {
      spec: { template: { spec: { containers: [{ name: 'imageless', image, imagePullPolicy: 'Never' }] } } },
    });
    await web.ready();
    const effect = await web.apply(await web.change('workload.undoRollout', { params: { toRevision: '1' } }));
    expect(effect).toMatchObject({ details: { failed: true, why: 'imagePull', deadline: false } });
    expect(effect.note).toMatch(/container imageless: ErrImageNeverPull/);
    await ns.remove('Deployment', 'imageless');
  });

  test.concurrent('a request that no node can hold is told, and taken back', async () => {
    const web = await made('huge', { spec });
    const change = await web.change('workload.memory', {
      fields: [
        { name: 'limits.memory', before: 64 * MiB, after: 4 * 1024 * 1024 * MiB },
        { name: 'requests.memory', before: 16 * MiB, after: 2 * 1024 * 1024 * MiB },
      ],
    });
    const effect = await web.apply(change);
    expect(effect).toMatchObject({ details: { failed: true, why: 'unschedulable', deadline: true } });
    expect(effect.note).toMatch(/no node takes it: .*Insufficient memory/);
    expect(await web.undone(change, effect)).toMatchObject({ status: 'applied' });
    expect((await web.read()).spec?.template.spec?.containers[0]?.resources).toMatchObject({
      limits: { memory: '64Mi' },
      requests: { memory: '16Mi' },
    });
  });
});
