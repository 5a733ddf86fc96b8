import { readFileSync } from 'node:fs';
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubernetesAdapter } from '../../../activities/kubernetes/adapter.js';
import type { Answer, Cluster } from '../../../activities/kubernetes/client.js';
import { execIn } from '../../../activities/kubernetes/exec.js';
import type { Change } from '../../../model/change.js';
import { createOutside } from '../../../worker/outside.js';
import { asAccount, helm, installed, needsHelm, rendered, rightsOf } from '../../support/chart.js';
import { hasCluster, needsCluster, redisImage, TestNamespace, until } from '../../support/cluster.js';
import { aWorkload, pathFor } from '../../support/manifests.js';
import { Subject } from './applier-kit.js';

/** The chart's roles and its admission policy, installed by Helm and tried verb by verb on the real API server. */

const release = `ns-rights-${process.pid}`;
const merge = 'application/strategic-merge-patch+json';
const plainMerge = 'application/merge-patch+json';

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
}

const container = (more: object): object => ({
  spec: { template: { spec: { containers: [{ name: 'app', ...more }] } } },
});

/** Each kind of workload there is, and all that a target may have: every role of the chart comes of it. */
const targetIn = (namespace: string) => ({
  namespace,
  level: 'approve',
  workloads: [
    { kind: 'deployments', name: 'app' },
    { kind: 'deployments', name: 'web' },
    { kind: 'statefulsets', name: 'db' },
    { kind: 'daemonsets', name: 'every' },
  ],
  autoscalers: ['app'],
  env: ['SESSION_TTL'],
  configMaps: [{ name: 'app', keys: ['SESSION_TTL'] }],
  maxMemory: '256Mi',
  maxReplicas: 3,
  undoRollout: false,
  appPorts: [6379],
  inspect: true,
});

/** Roles that only read, and nothing that is in a pod. */
const readers = ['observe', 'node-events', 'cluster'];

describe.skipIf((!hasCluster || helm === undefined) && !process.env.CI)(
  `rights in the cluster (${needsCluster}; ${needsHelm})`,
  () => {
    let space: TestNamespace;
    let uninstall = async (): Promise<void> => undefined;
    let pod = '';
    const accounts: Record<string, Cluster> = {};
    let worker: Cluster;
    let undoer: Cluster;

    beforeAll(async () => {
      space = await TestNamespace.open('rights');
      const env = { SESSION_TTL: '86400', OTHER: 'x' };
      await Promise.all([
        space.create(aWorkload({ name: 'app', image: redisImage ?? '', env })),
        space.create(
          aWorkload({ kind: 'StatefulSet', name: 'db', image: redisImage ?? '', replicas: 0, env }),
        ),
        space.create(aWorkload({ name: 'web', image: redisImage ?? '', env })),
        // No node has that label, so it has no pods.
        space.create(
          aWorkload({
            kind: 'DaemonSet',
            name: 'every',
            image: redisImage ?? '',
            pod: { nodeSelector: { 'nightshift.dev/none': 'x' } },
          }),
        ),
        space.create(aWorkload({ name: 'app2', image: redisImage ?? '', replicas: 0 })),
        space.create({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'app' },
          data: { SESSION_TTL: '86400', OTHER: 'x' },
        }),
        space.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'app2' }, data: {} }),
        space.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'app' }, stringData: { a: 'b' } }),
        space.create({
          apiVersion: 'autoscaling/v2',
          kind: 'HorizontalPodAutoscaler',
          metadata: { name: 'app' },
          spec: {
            scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'app2' },
            minReplicas: 1,
            maxReplicas: 3,
          },
        }),
      ]);
      const target = targetIn(space.name);
      const account = (name: string): object => ({ name, namespace: space.name, create: false });
      const removals = [
        await installed(release, space.name, {
          serviceAccount: account('nightshift'),
          targets: [target],
        }),
        await installed(`${release}-undo`, space.name, {
          serviceAccount: account('undoer'),
          targets: [{ ...target, undoRollout: true }],
        }),
      ];
      uninstall = async () => {
        for (const remove of removals) await remove();
      };
      const role = (kind: 'Role' | 'ClusterRole', name: string) => ({ kind, name: `${release}-${name}` });
      const made = {
        observe: asAccount(space, 'observe', [role('ClusterRole', 'observe')]),
        change: asAccount(space, 'change', [role('Role', 'change')]),
        app: asAccount(space, 'app', [role('Role', 'app')]),
        inspect: asAccount(space, 'inspect', [role('Role', 'inspect')]),
      };
      for (const [name, one] of Object.entries(made)) accounts[name] = (await one).cluster;
      worker = (await asAccount(space, 'nightshift')).cluster;
      undoer = (await asAccount(space, 'undoer')).cluster;
      await space.whenReady('Deployment', 'app');
      pod = (await space.pods('Deployment', 'app'))[0]?.metadata?.name ?? '';
    });

    afterAll(async () => {
      for (const one of [...Object.values(accounts), worker, undoer]) one?.close();
      await uninstall();
      await space?.close();
    });

    const path = (kind: string, name: string, more = ''): string =>
      `${pathFor(kind, space.name, name)}${more}`;

    function send(
      cluster: Cluster | undefined,
      { method, path: where, body, contentType }: Call,
    ): Promise<Answer> {
      if (cluster === undefined) throw new Error('no such account');
      return cluster.call(method, where, {
        signal: space.signal,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(contentType !== undefined && { contentType }),
      });
    }

    const dry = '?dryRun=All';
    const resize = (memory: string): Call => ({
      method: 'PATCH',
      path: path('Pod', pod, '/resize'),
      contentType: merge,
      body: { spec: { containers: [{ name: 'app', resources: { limits: { memory } } }] } },
    });
    const evict = (name: string): Call => ({
      method: 'POST',
      path: path('Pod', name, `/eviction${dry}`),
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: space.name } },
    });
    const patch = (kind: string, name: string, body: object, more = ''): Call => ({
      method: 'PATCH',
      path: path(kind, name, more),
      contentType: plainMerge,
      body,
    });
    const workload = (body: object, name = 'app', kind = 'Deployment'): Call => ({
      ...patch(kind, name, body, dry),
      contentType: merge,
    });
    const annotation = (key: string): object => ({
      spec: { template: { metadata: { annotations: { [key]: 'x' } } } },
    });
    const scale = (kind: string, name: string): Call =>
      patch(kind, name, { spec: { replicas: 2 } }, `/scale${dry}`);
    const proxy = (method: string): Call => ({ method, path: path('Pod', `${pod}:6379`, '/proxy/') });
    const exec = (method: string): Call => ({
      method,
      path: path('Pod', pod, '/exec?command=true&stdout=true'),
    });

    /**
     * Every verb of the roles that change something or look into a pod, and the roles that have it; and some that none
     * may have. The test after it holds this against the chart.
     */
    const verbs: readonly (readonly [what: string, call: () => Call, roles: readonly string[]])[] = [
      [
        'patch deployments',
        () => workload(container({ resources: { limits: { memory: '96Mi' } } })),
        ['change'],
      ],
      [
        'patch statefulsets',
        () => workload(annotation('nightshift.dev/restarted-by'), 'db', 'StatefulSet'),
        ['change'],
      ],
      [
        'patch daemonsets',
        () => workload(annotation('nightshift.dev/restarted-by'), 'every', 'DaemonSet'),
        ['change'],
      ],
      ['patch deployments/scale', () => scale('Deployment', 'app'), ['change']],
      ['patch statefulsets/scale', () => scale('StatefulSet', 'db'), ['change']],
      [
        'get deployments/scale',
        () => ({ method: 'GET', path: path('Deployment', 'app', '/scale') }),
        ['change'],
      ],
      [
        'get statefulsets/scale',
        () => ({ method: 'GET', path: path('StatefulSet', 'db', '/scale') }),
        ['change'],
      ],
      [
        'patch horizontalpodautoscalers',
        () => patch('HorizontalPodAutoscaler', 'app', { spec: { minReplicas: 2 } }),
        ['change'],
      ],
      ['patch configmaps', () => patch('ConfigMap', 'app', { data: { SESSION_TTL: '3600' } }), ['change']],
      ['patch pods/resize', () => resize('80Mi'), ['change']],
      ['create pods/eviction', () => evict(pod), ['change']],
      ['get pods/proxy', () => proxy('GET'), ['app']],
      ['create pods/proxy', () => proxy('POST'), ['app']],
      ['update pods/proxy', () => proxy('PUT'), ['app']],
      ['get pods/exec', () => exec('GET'), ['inspect']],
      ['create pods/exec', () => exec('POST'), ['inspect']],
      ['delete pods/proxy', () => proxy('DELETE'), []],
      ['patch pods/proxy', () => proxy('PATCH'), []],
      ['patch another deployment', () => workload(container({}), 'app2'), []],
      ['patch another configmap', () => patch('ConfigMap', 'app2', { data: { a: 'b' } }), []],
      ['get secrets', () => ({ method: 'GET', path: path('Secret', 'app') }), []],
      ['get pods/portforward', () => ({ method: 'GET', path: path('Pod', pod, '/portforward') }), []],
      [
        'patch pods/ephemeralcontainers',
        () => ({ ...patch('Pod', pod, { spec: {} }, '/ephemeralcontainers'), contentType: merge }),
        [],
      ],
      ['delete pods', () => ({ method: 'DELETE', path: path('Pod', pod, dry) }), []],
      ['delete deployments', () => ({ method: 'DELETE', path: path('Deployment', 'app', dry) }), []],
      ['patch its own role', () => patch('Role', `${release}-change`, { rules: [] }), []],
    ];

    it.each(verbs)('%s: only by the role that has it', async (_what, call, roles) => {
      const answers: Record<string, boolean> = {};
      for (const [name, cluster] of Object.entries(accounts)) {
        const { status, text } = await send(cluster, call());
        const refused = status === 403 && text.includes('cannot');
        answers[name] = !refused;
      }
      expect(answers).toEqual(
        Object.fromEntries(Object.keys(accounts).map((name) => [name, roles.includes(name)])),
      );
    });

    it('each right that the chart gives is tried, and what reads does nothing else', async () => {
      const given = await rightsOf({ targets: [targetIn(space.name)], cluster: { allPods: true } });
      const tried = verbs.flatMap(([what, , roles]) => roles.map((role) => `${role}: ${what}`));
      const changing = Object.entries(given).filter(([role]) => !readers.includes(role));
      expect([...new Set(tried)].sort()).toEqual(
        changing.flatMap(([role, rights]) => rights.map((right) => `${role}: ${right}`)).sort(),
      );
      for (const right of readers.flatMap((role) => given[role] ?? []))
        expect(right).toMatch(/^(get|list) (?!secrets|pods\/(exec|proxy|portforward|attach))/);
    });

    it('exec as a look opens it: only by the role that has it', async () => {
      const place = { namespace: space.name, pod, container: 'app', signal: space.signal };
      for (const [name, cluster] of Object.entries(accounts)) {
        const denied = await execIn({ ...place, cluster }, ['cat', '/proc/1/status']).then(
          () => false,
          ({ type }: { type?: string }) => type === 'PermissionDenied',
        );
        expect(denied, name).toBe(name !== 'inspect');
      }
    });

    it('an account as the chart binds it reads all that a look reads', async () => {
      const adapter = createKubernetesAdapter({
        cluster: () => worker,
        outside: createOutside,
        secret: () => '',
      });
      const scope = 'kubernetes/test';
      const target = { key: `${scope}/${space.name}/deployment/app`, kind: 'workload', scope };
      const settings = space.settings('Deployment', 'app', { inspect: false });
      const now = () => new Date();
      const reading = await adapter.read(target, settings, {
        signal: space.signal,
        now,
        since: now().toISOString(),
      });
      expect(reading.details.pods.map(({ name }) => name)).toEqual([pod]);
      const denied = reading.evidence.flatMap((one) =>
        'gap' in one && one.gap.includes('answered 403') ? [one.gap.replace(/ on cluster.*/, '')] : [],
      );
      // Pods of all namespaces: a right that is only given where values say so.
      expect(denied.filter((gap) => !gap.startsWith('GET /api/v1/pods?'))).toEqual([]);
    });

    it('every kind of change passes the policy by an account as the chart binds it', async () => {
      const web = new Subject(space, 'Deployment', 'web');
      await web.ready();
      const by = (change: Change, cluster = worker) => web.apply(change, web.attempt(), cluster);
      expect((await by(await web.memory(64, 96))).status).toBe('applied');
      expect((await by(await web.env('SESSION_TTL', '86400', '3600'))).status).toBe('applied');
      expect((await by(await web.restart())).status).toBe('applied');
      expect((await by(await web.scale(1, 2))).status).toBe('applied');
      expect((await by(await web.evict())).status).toBe('applied');
      const undo = await web.change('workload.undoRollout', { params: { toRevision: '1' } });
      // A listed variable and memory go back, and nothing else differs: no undo of images is needed for that.
      expect((await by(undo)).status).toBe('applied');
    });

    it('a change that the policy refuses is told with its words, and is no missing right', async () => {
      const web = new Subject(space, 'Deployment', 'web');
      const change = await web.memory(64, 300);
      await expect(web.apply(change, web.attempt(), worker)).rejects.toMatchObject({
        type: 'Unsupported',
        message: expect.stringContaining('may not set a memory limit above maxMemory'),
      });
    });

    describe('whatever its roles are', () => {
      beforeAll(async () => {
        // Everything is allowed to it from here on: what is refused now, the policy refuses.
        await space.create({
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'RoleBinding',
          metadata: { name: 'everything' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
          subjects: ['nightshift', 'undoer'].map((name) => ({
            kind: 'ServiceAccount',
            name,
            namespace: space.name,
          })),
        });
        for (const one of [worker, undoer])
          await until('the policies are in force', async () => {
            const answers = await Promise.all([
              send(one, { method: 'DELETE', path: path('Deployment', 'app2', dry) }),
              send(one, workload({ spec: { replicas: 0 } })),
              send(one, patch('Deployment', 'app', { spec: { replicas: 0 } }, `/scale${dry}`)),
            ]);
            return answers.every(({ text }) => text.includes('denied request'));
          });
      });

      it.each<readonly [string, () => Call]>([
        [
          'a memory limit up to maxMemory',
          () => workload(container({ resources: { limits: { memory: '256Mi' } } })),
        ],
        [
          'a variable that is listed',
          () => workload(container({ env: [{ name: 'SESSION_TTL', value: '3600' }] })),
        ],
        [
          'taking that out again',
          () => workload(container({ env: [{ name: 'SESSION_TTL', $patch: 'delete' }] })),
        ],
        ['a restart', () => workload(annotation('nightshift.dev/restarted-by'))],
        [
          'a restart of a StatefulSet',
          () => ({ ...workload(annotation('nightshift.dev/a')), path: path('StatefulSet', 'db', dry) }),
        ],
        [
          'a restart of a DaemonSet',
          () => ({ ...workload(annotation('nightshift.dev/a')), path: path('DaemonSet', 'every', dry) }),
        ],
        ['replicas up to maxReplicas', () => workload({ spec: { replicas: 3 } })],
        ['scale', () => patch('Deployment', 'app', { spec: { replicas: 3 } }, `/scale${dry}`)],
        ['minReplicas', () => patch('HorizontalPodAutoscaler', 'app', { spec: { minReplicas: 3 } }, dry)],
        ['a key that is listed', () => patch('ConfigMap', 'app', { data: { SESSION_TTL: '1800' } }, dry)],
        ['a resize', () => resize('96Mi')],
        ['an eviction', () => evict(pod)],
      ])('may: %s', async (_what, call) => {
        const { status, text } = await send(worker, call());
        expect(`${status} ${text}`).toMatch(/^20[01] /);
      });

      it.each<readonly [string, () => Call, RegExp]>([
        ['another image', () => workload(container({ image: 'evil/image:1' })), /of a container only/],
        [
          'another tag, where no undo is allowed',
          () => workload(container({ image: `${redisImage}0` })),
          /of a container only/,
        ],
        ['a command', () => workload(container({ command: ['sh'] })), /of a container only/],
        [
          'privileges',
          () => workload(container({ securityContext: { privileged: true } })),
          /of a container only/,
        ],
        [
          'a second container',
          () => workload({ spec: { template: { spec: { containers: [{ name: 'two', image: 'x' }] } } } }),
          /./,
        ],
        [
          'the host’s network',
          () => workload({ spec: { template: { spec: { hostNetwork: true } } } }),
          /nothing of a pod template/,
        ],
        [
          'a service account',
          () => workload({ spec: { template: { spec: { serviceAccountName: 'nightshift' } } } }),
          /nothing of a pod template/,
        ],
        [
          'a variable that is not listed',
          () => workload(container({ env: [{ name: 'OTHER', value: 'y' }] })),
          /variables that are listed/,
        ],
        [
          'a new variable',
          () => workload(container({ env: [{ name: 'LD_PRELOAD', value: 'y' }] })),
          /variables that are listed/,
        ],
        [
          'a variable from a secret',
          () =>
            workload(
              container({
                env: [
                  {
                    name: 'SESSION_TTL',
                    value: null,
                    valueFrom: { secretKeyRef: { name: 'app', key: 'a' } },
                  },
                ],
              }),
            ),
          /variables that are listed/,
        ],
        ['CPU', () => workload(container({ resources: { limits: { cpu: '1' } } })), /resources only memory/],
        [
          'more memory than maxMemory',
          () => workload(container({ resources: { limits: { memory: '257Mi' } } })),
          /above maxMemory/,
        ],
        [
          'another’s annotation of the template',
          () => workload(annotation('prometheus.io/scrape')),
          /its own annotations/,
        ],
        ['a label', () => workload({ metadata: { labels: { a: 'b' } } }), /its own annotations/],
        [
          'the strategy',
          () => workload({ spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }),
          /only replicas and the pod template/,
        ],
        ['a pause', () => workload({ spec: { paused: true } }), /only replicas and the pod template/],
        ['no replica', () => workload({ spec: { replicas: 0 } }), /no replica/],
        [
          'no replica, by scale',
          () => patch('Deployment', 'app', { spec: { replicas: 0 } }, `/scale${dry}`),
          /no replica/,
        ],
        [
          'more replicas than maxReplicas',
          () => patch('Deployment', 'app', { spec: { replicas: 4 } }, `/scale${dry}`),
          /more than maxReplicas/,
        ],
        ['another workload', () => workload({ spec: { replicas: 1 } }, 'app2'), /not among its targets/],
        [
          'maxReplicas of an autoscaler',
          () => patch('HorizontalPodAutoscaler', 'app', { spec: { maxReplicas: 9 } }, dry),
          /only minReplicas/,
        ],
        [
          'a key that is not listed',
          () => patch('ConfigMap', 'app', { data: { OTHER: 'y' } }, dry),
          /only the keys/,
        ],
        [
          'taking a key away',
          () => patch('ConfigMap', 'app', { data: { OTHER: null } }, dry),
          /only the keys/,
        ],
        [
          'another ConfigMap',
          () => patch('ConfigMap', 'app2', { metadata: { annotations: { a: 'b' } } }, dry),
          /not among its targets/,
        ],
        ['a resize above maxMemory', () => resize('300Mi'), /not above maxMemory/],
        [
          'deleting a pod',
          () => ({ method: 'DELETE', path: path('Pod', pod, dry) }),
          /not among its targets/,
        ],
        [
          'a pod of its own',
          () => ({
            method: 'POST',
            path: `/api/v1/namespaces/${space.name}/pods${dry}`,
            body: {
              apiVersion: 'v1',
              kind: 'Pod',
              metadata: { name: 'app-x' },
              spec: { containers: [{ name: 'a', image: 'x' }] },
            },
          }),
          /not among its targets/,
        ],
        [
          'its own role',
          () => patch('Role', `${release}-change`, { rules: [] }, dry),
          /not among its targets/,
        ],
        [
          'a binding for itself',
          () => patch('RoleBinding', 'everything', { subjects: [] }, dry),
          /not among its targets/,
        ],
        [
          'another port of the app',
          () => ({ method: 'GET', path: path('Pod', `${pod}:22`, '/proxy/') }),
          /not among its targets/,
        ],
        [
          'port-forward',
          () => ({ method: 'GET', path: path('Pod', pod, '/portforward') }),
          /not among its targets/,
        ],
      ])('may not: %s', async (_what, call, words) => {
        const { status, text } = await send(worker, call());
        expect(`${status} ${text}`).toMatch(/^403 .*denied request/s);
        expect(text).toMatch(words);
      });

      const older = (more: object): Call => workload(container({ image: `${redisImage}0`, ...more }));

      it.each<readonly [string, () => Call]>([
        ['the same image of another tag', () => older({})],
        ['its command and variables', () => older({ command: ['sh'], env: [{ name: 'OTHER', value: 'y' }] })],
      ])('an undo of a rollout may bring back: %s', async (_what, call) => {
        const { status, text } = await send(undoer, call());
        expect(`${status} ${text}`).toMatch(/^200 /);
      });

      it.each<readonly [string, () => Call, RegExp]>([
        ['an image of another repository', () => older({ image: 'evil/redis:1' }), /another repository/],
        ['privileges', () => older({ securityContext: { privileged: true } }), /of a container only/],
        [
          'a service account',
          () => workload({ spec: { template: { spec: { serviceAccountName: 'nightshift' } } } }),
          /nothing of a pod template/,
        ],
      ])('an undo of a rollout may not bring back: %s', async (_what, call, words) => {
        const { status, text } = await send(undoer, call());
        expect(`${status} ${text}`).toMatch(/^403 .*denied request/s);
        expect(text).toMatch(words);
      });

      it('changes nothing of all that', async () => {
        const now = await space.get<V1Deployment>('Deployment', 'app');
        expect(now.metadata?.generation).toBe(1);
        const [one] = await space.pods('Deployment', 'app');
        expect((one as V1Pod).spec?.containers[0]?.resources?.limits).toEqual({ memory: '96Mi' });
      });
    });
  },
);

describe.skipIf(helm === undefined && !process.env.CI)(`the chart (${needsHelm})`, () => {
  it('gives the plain manifests that are shipped', async () => {
    const shipped = readFileSync(
      new URL('../../../deploy/kubernetes/nightshift.yaml', import.meta.url),
      'utf8',
    );
    expect(shipped.endsWith(await rendered())).toBe(true);
  });

  it.each([
    [{ level: 'everything' }, /level of bruno is everything; it is one of observe, plan, approve, auto/],
    [{ level: 'auto' }, /level auto of bruno needs workloads/],
    [{ level: 'approve', workloads: [{ kind: 'jobs', name: 'a' }] }, /kind of a is jobs/],
  ])('refuses what is no such value: %j', async (target, words) => {
    await expect(rendered({ targets: [{ namespace: 'bruno', ...target }] })).rejects.toThrow(words);
  });

  it('changes nothing at the levels that only look', async () => {
    const text = await rendered({ targets: [{ namespace: 'bruno', level: 'plan' }] });
    expect(text).not.toMatch(/verbs: \[.*(patch|create|update|delete).*\]/);
    expect(text).toContain('name: nightshift-observe');
  });
});
