import type {
  CoreV1Event,
  V1DaemonSet,
  V1Deployment,
  V1Pod,
  V1PodSpec,
  V1StatefulSet,
} from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { withConnections } from '../../../activities/kubernetes/connections.js';
import { atMost, difference, differenceWords } from '../../../activities/kubernetes/differences.js';
import { fitted } from '../../../activities/kubernetes/fit.js';
import { nodeKills, oomKills } from '../../../activities/kubernetes/kills.js';
import { blindness, byFullness, healthOf, worstOf } from '../../../activities/kubernetes/measure.js';
import { ownersElsewhere, ownersOf } from '../../../activities/kubernetes/owners.js';
import { podReading, workingSets } from '../../../activities/kubernetes/pods.js';
import { rolloutOf } from '../../../activities/kubernetes/rollout.js';
import { limitBounds, quotaLeft } from '../../../activities/kubernetes/room.js';
import { evenly, lastOf, merged } from '../../../activities/kubernetes/series.js';
import { Notebook } from '../../../activities/notebook.js';
import { emptySettings, fullSettings, MiB, pod, workloadLook } from '../../support/workload-looks.js';

const now = new Date('2026-03-01T03:00:00Z');
const ago = (seconds: number): string => new Date(now.getTime() - seconds * 1000).toISOString();
const notebook = (): Notebook => new Notebook(() => now, new AbortController().signal);

describe('working sets', () => {
  const figure = (memory: string | undefined, seconds = 10, name = 'a') => ({
    metadata: { name },
    timestamp: ago(seconds),
    containers: [{ name: 'agent', ...(memory !== undefined && { usage: { memory } }) }],
  });
  const used = (...items: ReturnType<typeof figure>[]) => workingSets(items, 'agent', now).get('a')?.bytes;

  it('are the newest figure of the container', () => {
    expect(used(figure('10Mi'))).toBe(10 * MiB);
    expect(used(figure('10Mi', 60), figure('20Mi', 10), figure('30Mi', 40))).toBe(20 * MiB);
  });

  it.each(['NaN', '', '-1Mi', '0', undefined])('are unknown where the figure is %s', (memory) =>
    expect(used(figure(memory))).toBeUndefined(),
  );

  it('are unknown where the figure is old, or of another container', () => {
    expect(used(figure('10Mi', 200))).toBeUndefined();
    expect(workingSets([figure('10Mi')], 'side-car', now).size).toBe(0);
  });

  const running = (startedAt: string): V1Pod => ({
    metadata: { name: 'a' },
    spec: { containers: [{ name: 'agent' }] },
    status: {
      containerStatuses: [
        {
          name: 'agent',
          image: '',
          imageID: '',
          ready: true,
          restartCount: 1,
          // As on the wire: text, whatever the client's types say.
          state: { running: { startedAt: startedAt as unknown as Date } },
        },
      ],
    },
  });

  it('of the life before are not of this one', () => {
    const use = { at: ago(20), bytes: 5 };
    expect(podReading(running(ago(100)), 'agent', 'k', use).workingSetBytes).toBe(5);
    expect(podReading(running(ago(5)), 'agent', 'k', use).workingSetBytes).toBeUndefined();
  });
});

describe('the measure', () => {
  const nodes = [{ name: 'node-1', allocatableBytes: 1000 * MiB }];

  it('is that of the fullest pod, against its own limit or its node', () => {
    const small = pod('small', { workingSetBytes: 90 * MiB, limitBytes: 100 * MiB });
    const { limitBytes: _, ...unlimited } = pod('unlimited', { workingSetBytes: 950 * MiB });
    expect(worstOf([small, pod('half'), unlimited], nodes)).toMatchObject({
      percent: 95,
      against: 'its node node-1 (no limit of its own)',
    });
    expect(worstOf([unlimited], [])).toBeUndefined();
    expect(byFullness([pod('half'), small], nodes).map(({ name }) => name)).toEqual(['small', 'half']);
  });

  it('leaves out what is being deleted', () => {
    const leaving = pod('leaving', { workingSetBytes: 1023 * MiB, deleting: true });
    expect(worstOf([leaving, pod('half')], nodes)?.percent).toBe(50);
    expect(byFullness([leaving, pod('half')], nodes)[0]?.name).toBe('half');
    expect(healthOf(2, [leaving, pod('half')])).toMatchObject({ healthy: false });
  });

  it('is absent with the reason', () => {
    const { workingSetBytes: _, startedAt: __, ...crashed } = pod('a', { waiting: 'CrashLoopBackOff' });
    const alone = { hasPrometheus: false };
    expect(blindness(0, [], alone)).toBe('it is scaled to 0');
    expect(blindness(1, [], alone)).toBe('it has no pods');
    expect(blindness(1, [crashed], alone)).toContain('none of its pods runs (a: CrashLoopBackOff)');
    expect(blindness(1, [crashed], { hasPrometheus: true, gap: 'answered 503' })).toContain('answered 503');
    const rollout = '1 of 2 replicas are of the new template';
    const young = pod('a', { workingSetBytes: undefined });
    expect(blindness(2, [young], { ...alone, rollout })).toMatch(
      /^the metrics API has no fresh figure .*; a rollout is under way: 1 of 2 replicas/,
    );
    expect(blindness(2, [], { ...alone, rollout })).toBe(
      `it has no pods; a rollout is under way: ${rollout}`,
    );
    expect(blindness(0, [], { ...alone, rollout })).toBe('it is scaled to 0');
  });
});

describe('kills', () => {
  const event = (reason: string, name: string, seconds: number, message = ''): CoreV1Event => ({
    metadata: {},
    reason,
    message,
    involvedObject: { name },
    lastTimestamp: ago(seconds) as unknown as Date,
  });
  const meant = (seconds: number, alone = true) => ({ container: 'agent', alone, since: ago(seconds) });
  const killed = pod('a', { restarts: 2, lastEnd: { reason: 'OOMKilled', exitCode: 137, at: ago(60) } });

  it('are told once, by all their witnesses', () => {
    const events = [event('OOMKilling', 'a', 60)];
    expect(oomKills([killed, pod('b')], events, [], meant(300))).toEqual([
      {
        at: ago(60),
        containerName: 'a',
        witnesses: ['lastState OOMKilled', 'exit code 137', 'restart count', 'event'],
        recent: true,
      },
    ]);
    expect(oomKills([killed], [], [], meant(30))[0]?.recent).toBe(false);
  });

  it('at the node’s want of memory are not of the limit', () => {
    const nodes = [event('SystemOOM', 'node-1', 58, 'System OOM encountered, victim process: python3')];
    expect(oomKills([killed], [], nodes, meant(300))).toEqual([]);
    expect(nodeKills([], [killed], [], nodes, ago(300))).toEqual([
      'pod a was killed when its node had no memory left: System OOM encountered, victim process: python3',
    ]);
    for (const other of [
      event('SystemOOM', 'node-2', 58),
      event('SystemOOM', 'node-1', 200),
      event('OOMKilling', 'node-1', 58, 'Memory cgroup out of memory: Killed process 7'),
    ])
      expect(oomKills([killed], [], [other], meant(300))).toHaveLength(1);
  });

  it('of evicted pods are the node’s', () => {
    const evicted: V1Pod = {
      metadata: { name: 'gone' },
      status: { reason: 'Evicted', message: 'The node was low on resource: memory.' },
    };
    expect(nodeKills([evicted], [], [], [], ago(300))).toHaveLength(1);
    const disk = { ...evicted, status: { reason: 'Evicted', message: 'low on resource: ephemeral-storage' } };
    expect(nodeKills([disk], [], [], [], ago(300))).toEqual([]);
  });

  it('of long ago are not of now, however long the cluster keeps what is left of them', () => {
    const at = (seconds: number) => ago(seconds) as unknown as Date;
    const message = 'The node was low on resource: memory.';
    const condition = (type: string, status: string, seconds: number) => ({
      type,
      status,
      lastTransitionTime: at(seconds),
    });
    const told = (status: object): number =>
      nodeKills(
        [{ metadata: { name: 'gone' }, status: { reason: 'Evicted', message, ...status } }],
        [],
        [],
        [],
        ago(300),
      ).length;
    expect(told({ conditions: [condition('DisruptionTarget', 'True', 4 * 86_400)] })).toBe(0);
    expect(told({ conditions: [condition('DisruptionTarget', 'True', 60)] })).toBe(1);
    expect(told({ conditions: [condition('Ready', 'False', 4 * 86_400)] })).toBe(0);
    const ended = { state: { terminated: { exitCode: 137, finishedAt: at(86_400) } } };
    expect(told({ containerStatuses: [ended] })).toBe(0);
    const live: V1Pod = { metadata: { name: 'a' } };
    const evicted = (seconds: number) => [event('Evicted', 'a', seconds, message)];
    expect(nodeKills([live], [], evicted(3000), [], ago(300))).toEqual([]);
    expect(nodeKills([live], [], evicted(30), [], ago(300))).toHaveLength(1);
    const nodes = [event('SystemOOM', 'node-1', 58)];
    expect(nodeKills([], [killed], [], nodes, ago(30))).toEqual([]);
  });

  it('of a side-car are not of this container', () => {
    const of = (fieldPath?: string): CoreV1Event[] => [
      { ...event('OOMKilling', 'a', 60), involvedObject: { name: 'a', ...(fieldPath && { fieldPath }) } },
    ];
    const count = (events: CoreV1Event[], alone: boolean) =>
      oomKills([pod('a')], events, [], meant(300, alone)).length;
    expect(count(of('spec.containers{side-car}'), true)).toBe(0);
    expect(count(of('spec.containers{agent}'), false)).toBe(1);
    // Without a path it is this one's only where there is no other.
    expect(count(of(), false)).toBe(0);
    expect(count(of(), true)).toBe(1);
  });
});

describe('owners', () => {
  const wanted = { container: 'agent', variables: ['SESSION_TTL'] };
  const fields = (tree: object) => ({ 'f:spec': tree });
  const containers = (own: object) => ({
    'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"agent"}': own } } },
  });
  const env = containers({ 'f:env': { 'k:{"name":"SESSION_TTL"}': { 'f:value': {} } } });

  it('are told by what they applied or updated, people and the control plane left out', () => {
    const meta = {
      managedFields: [
        { manager: 'argocd-controller', operation: 'Apply', fieldsV1: fields(env) },
        { manager: 'my-operator', operation: 'Update', fieldsV1: fields({ 'f:replicas': {} }) },
        { manager: 'kubectl-edit', operation: 'Update', fieldsV1: fields(containers({ 'f:image': {} })) },
        { manager: 'nightshift', operation: 'Update', fieldsV1: fields(env) },
        { manager: 'somebody', operation: 'Update', fieldsV1: fields(containers({ 'f:resources': {} })) },
      ],
    };
    expect(ownersOf(meta, wanted).map(({ owner, field, reconciles }) => [owner, field, reconciles])).toEqual([
      ['argocd', 'containers.agent.env.SESSION_TTL', true],
      ['my-operator', 'spec.replicas', true],
      ['somebody', 'containers.agent.resources', false],
    ]);
  });

  it('are told by their marks: of all fields, unless the fields themselves tell better', () => {
    const marked = { annotations: { 'argocd.argoproj.io/tracking-id': 'x' } };
    expect(ownersOf(marked, wanted).map(({ field }) => field)).toEqual([
      'spec.replicas',
      'containers.agent.resources',
      'containers.agent.image',
      'containers.agent.env.SESSION_TTL',
      'template',
    ]);
    const both = { ...marked, managedFields: [{ manager: 'argocd-controller', fieldsV1: fields(env) }] };
    expect(ownersOf(both, wanted).map(({ field }) => field)).toEqual(['containers.agent.env.SESSION_TTL']);
    const helm = { labels: { 'app.kubernetes.io/managed-by': 'Helm' } };
    expect(ownersOf(helm, wanted)).toMatchObject([{ owner: 'helm', reconciles: false }]);
  });

  it('are the operator that made it', () => {
    const ownerReferences = [
      { apiVersion: 'x/v1', kind: 'Agent', name: 'bruno', uid: 'u', controller: true },
    ];
    expect(ownersOf({ ownerReferences }, wanted)[0]).toMatchObject({
      owner: 'Agent bruno',
      reconciles: true,
    });
  });

  const written = (manager: string, tree: object) => ({ managedFields: [{ manager, fieldsV1: tree }] });

  it('of a field elsewhere are who writes it there, and who owns that object', () => {
    const map = { kind: 'ConfigMap', name: 'settings' };
    const of = (meta: object) =>
      ownersElsewhere({ object: map, meta, at: ['f:data', 'f:TTL'], field: 'containers.agent.env.TTL' });
    const flux = { owner: 'flux', field: 'containers.agent.env.TTL', reconciles: true, object: map };
    expect(of(written('kustomize-controller', { 'f:data': { 'f:TTL': {} } }))).toEqual([
      { ...flux, by: 'managed fields of kustomize-controller in ConfigMap settings' },
    ]);
    expect(of(written('kustomize-controller', { 'f:data': { 'f:OTHER': {} } }))).toEqual([]);
    expect(of({ labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' } })).toEqual([
      { ...flux, by: 'kustomize.toolkit.fluxcd.io/name of ConfigMap settings' },
    ]);
    expect(of({ name: 'settings' })).toEqual([]);
  });

  it('of what the last release changed are told, and of all of it where not all of it is known', () => {
    const tree = fields(
      containers({
        'f:args': {},
        'f:env': { 'k:{"name":"MODEL"}': { '.': {}, 'f:value': {} } },
        'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { 'f:containerPort': {} } },
      }),
    );
    const of = (names: string[], more = false) =>
      ownersOf(written('argocd-controller', tree), { ...wanted, released: { fields: names, more } }).map(
        ({ field }) => field,
      );
    expect(of(['containers.agent.env.MODEL'])).toEqual(['containers.agent.env.MODEL']);
    expect(of(['containers.agent.args.1'])).toEqual(['containers.agent.args.1']);
    expect(of(['containers.agent.ports.http.containerPort'])).toHaveLength(1);
    expect(of(['containers.agent.env.OTHER', 'containers.side.args.0', 'volumes.x.name'])).toEqual([]);
    expect(of(['containers.agent.env.OTHER'], true)).toEqual(['template']);
  });
});

describe('rollouts', () => {
  const metadata = { generation: 2 };
  const template = { spec: { containers: [] } };
  const selector = {};

  it('of a Deployment: under way, stuck, through', () => {
    const of = (status: object): string | undefined =>
      rolloutOf({ metadata, spec: { replicas: 2, selector, template }, status } as V1Deployment, 'Deployment')
        .rollout;
    expect(of({ observedGeneration: 1 })).toContain('not seen');
    expect(of({ observedGeneration: 2, updatedReplicas: 1 })).toContain('1 of 2');
    expect(of({ observedGeneration: 2, updatedReplicas: 2, replicas: 3 })).toContain('1 old');
    expect(of({ observedGeneration: 2, updatedReplicas: 2, replicas: 2 })).toContain(
      '0 of 2 replicas are available',
    );
    const stuck = [
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'm' },
    ];
    expect(of({ observedGeneration: 2, updatedReplicas: 1, conditions: stuck })).toBe('it is stuck: m');
    const through = [{ type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' }];
    expect(
      of({ observedGeneration: 2, updatedReplicas: 2, replicas: 2, conditions: through }),
    ).toBeUndefined();
  });

  it('of a StatefulSet: not below its partition, not where pods are renewed by hand', () => {
    const of = (updateStrategy: object, updatedReplicas: number): string | undefined =>
      rolloutOf(
        {
          metadata,
          spec: { replicas: 3, selector, template, serviceName: 's', updateStrategy },
          status: {
            replicas: 3,
            observedGeneration: 2,
            updatedReplicas,
            currentRevision: 'a',
            updateRevision: 'b',
          },
        } as V1StatefulSet,
        'StatefulSet',
      ).rollout;
    expect(of({ type: 'RollingUpdate' }, 1)).toBe('1 of 3 replicas are of the new template');
    expect(of({ type: 'RollingUpdate', rollingUpdate: { partition: 2 } }, 1)).toBeUndefined();
    expect(of({ type: 'OnDelete' }, 0)).toBeUndefined();
  });

  it('of a DaemonSet', () => {
    const of = (type: string): string | undefined =>
      rolloutOf(
        {
          metadata,
          spec: { selector, template, updateStrategy: { type } },
          status: {
            observedGeneration: 2,
            currentNumberScheduled: 3,
            numberMisscheduled: 0,
            desiredNumberScheduled: 3,
            updatedNumberScheduled: 1,
            numberReady: 3,
          },
        } as V1DaemonSet,
        'DaemonSet',
      ).rollout;
    expect(of('RollingUpdate')).toBe('1 of 3 pods are of the new template');
    expect(of('OnDelete')).toBeUndefined();
  });
});

describe('room', () => {
  const quota = (hard: string, used: string, spec: object = {}) => ({
    spec: { hard: { 'limits.memory': hard }, ...spec },
    status: { hard: { 'limits.memory': hard }, used: { 'limits.memory': used } },
  });
  const usual: V1PodSpec = {
    containers: [{ name: 'agent', resources: { limits: { memory: '1Gi' } } }],
    priorityClassName: 'high',
  };
  const scoped = (operator: string, values: string[]) => ({
    scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator, values }] },
  });

  it('is the least that a quota which counts these pods leaves', () => {
    const all = [quota('4Gi', '1Gi'), quota('3Gi', '2Gi'), quota('1Gi', '1Gi', { scopes: ['Terminating'] })];
    expect(quotaLeft(all, usual)).toEqual({ limitsLeft: 1024 * MiB });
    expect(quotaLeft([quota('1Gi', '0', { scopes: ['BestEffort'] })], usual)).toEqual({});
    expect(quotaLeft([quota('1Gi', '0', scoped('In', ['low']))], usual)).toEqual({});
    expect(quotaLeft([quota('1Gi', '0', scoped('In', ['high']))], usual)).toEqual({ limitsLeft: 1024 * MiB });
    expect(quotaLeft([quota('1Gi', '0', scoped('NotIn', ['high']))], usual)).toEqual({});
    const requests = { spec: { hard: { memory: '2Gi', 'requests.memory': '1Gi' } } };
    expect(quotaLeft([requests], usual)).toEqual({ requestsLeft: 1024 * MiB });
  });

  it('is what a LimitRange lets the container have, its neighbours’ limits taken off', () => {
    const spec: V1PodSpec = {
      containers: [{ name: 'agent' }, { name: 'side', resources: { limits: { memory: '256Mi' } } }],
    };
    const range = (type: string, memory: string) => ({ spec: { limits: [{ type, max: { memory } }] } });
    expect(limitBounds([range('Pod', '1Gi'), range('Container', '2Gi')], spec, 'agent').max).toBe(768 * MiB);
    expect(limitBounds([range('PersistentVolumeClaim', '1Mi')], spec, 'agent')).toEqual({});
  });
});

describe('what changed lately', () => {
  const template = (env: { name: string; value: string }[], image = 'agent:1') => ({
    spec: { containers: [{ name: 'agent', image, env }] },
  });

  it('is told by name, without secrets, and without marks of restarts', () => {
    const before = template([
      { name: 'SESSION_TTL', value: '86400' },
      { name: 'API_TOKEN', value: 'old' },
    ]);
    const after = {
      ...template(
        [
          { name: 'API_TOKEN', value: 'new' },
          { name: 'SESSION_TTL', value: '3600' },
        ],
        'agent:2',
      ),
      metadata: {
        annotations: { 'kubectl.kubernetes.io/restartedAt': 'x', 'nightshift.dev/restarted-by': 'y' },
      },
    };
    expect(difference(before, after)).toEqual([
      { name: 'containers.agent.env.API_TOKEN', before: '[redacted]', after: '[redacted]' },
      { name: 'containers.agent.env.SESSION_TTL', before: '86400', after: '3600' },
      { name: 'containers.agent.image', before: 'agent:1', after: 'agent:2' },
    ]);
    expect(difference(before, before)).toEqual([]);
  });

  it('is counted where there is no room for all of it: going back replaces all', () => {
    const env = (value: string) =>
      Array.from({ length: 40 }, (_, i) => ({ name: `V${String(i).padStart(2, '0')}`, value }));
    const all = difference(template(env('before')), template(env('after')));
    expect(all).toHaveLength(40);
    expect(atMost(all, 30)).toMatchObject({ differs: { length: 30 }, more: 10 });
    expect(atMost(all.slice(0, 3), 30)).toEqual({ differs: all.slice(0, 3) });
    expect(atMost(all.slice(0, 30), 10, 10)).toMatchObject({ differs: { length: 10 }, more: 30 });
    const [first] = all;
    if (first === undefined) throw new Error('nothing differs');
    expect(differenceWords([first])).toBe('containers.agent.env.V00: before → after');
    const line = differenceWords(all);
    expect(line).toMatch(/, and 3\d more$/);
    expect(line.length).toBeLessThan(330);
    expect(differenceWords([{ ...first, after: 'x'.repeat(900) }, first])).toMatch(/x…, and 1 more$/);
  });
});

describe('series', () => {
  const series = (from: number, to: number, value: number, labels = {}) => ({
    labels,
    points: Array.from({ length: (from - to) / 10 + 1 }, (_, i) => ({ at: ago(from - i * 10), value })),
  });

  it('of a container’s lives follow one another', () => {
    const { points, together } = merged([series(50, 0, 10), series(300, 70, 99)]);
    expect(together).toBe(1);
    expect(points).toHaveLength(30);
    expect(points.at(-1)?.value).toBe(10);
  });

  it('that tell of the same time are not mixed: the higher is believed', () => {
    const { points, together } = merged([series(300, 0, 10, { job: 'a' }), series(295, 5, 20, { job: 'b' })]);
    expect(together).toBe(2);
    expect(points.every(({ value }) => value === 20)).toBe(true);
  });

  it('say nothing of now where their last reading is old, nothing or none', () => {
    expect(lastOf([series(300, 30, 10)], now, 90)?.value).toBe(10);
    expect(lastOf([series(300, 100, 10)], now, 90)).toBeUndefined();
    expect(lastOf([series(50, 0, 0)], now, 90)).toBeUndefined();
    expect(lastOf([], now, 90)).toBeUndefined();
  });

  it('are thinned evenly, first and last kept', () => {
    const items = Array.from({ length: 100 }, (_, i) => i);
    expect(evenly(items, 5)).toEqual([0, 25, 50, 74, 99]);
    expect(evenly([1, 2], 5)).toEqual([1, 2]);
  });
});

describe('connections', () => {
  const settings = {
    ...emptySettings,
    sessions: fullSettings.sessions,
    mongo: fullSettings.mongo,
  } as typeof fullSettings;
  const told = (connections: [string, number][]) => ({
    sessions: { reading: {} as never, connections: new Map(connections), gaps: [] },
  });
  const pods = [pod('a', { ip: '10.0.0.1' }), pod('b', { ip: '10.0.0.2' })];

  it('are the pod’s whose address the server sees', () => {
    const counted = withConnections(pods, told([['10.0.0.1', 7]]), settings, notebook());
    expect(counted.map(({ redisConnections }) => redisConnections)).toEqual([7, 0]);
  });

  it('behind a translated address are those that the pod has open, or a gap', () => {
    const book = notebook();
    const hidden = withConnections(pods, told([['192.168.1.1', 7]]), settings, book);
    expect(hidden.map(({ redisConnections }) => redisConnections)).toEqual([undefined, undefined]);
    expect(book.evidence).toMatchObject([
      { name: 'redis.connections', gap: expect.stringContaining('told apart') },
    ]);
    const process = { rssBytes: 1, source: 'exec', sockets: { '6379': 3, '27017': 2 } };
    const looked = withConnections([pod('a', { process })], told([['192.168.1.1', 7]]), settings, notebook());
    expect(looked[0]).toMatchObject({ redisConnections: 3, mongoConnections: 2 });
  });
});

describe('a look at 50 pods', () => {
  it('fits into 64 kB, and keeps every pod’s figure that it has room for', () => {
    const app = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [`bruno_figure_number_${i}`, i * 1e9]),
    );
    const pods = Array.from({ length: 20 }, (_, i) => pod(`agent-bruno-7d9f8b6c5-${i}`, { app }));
    const points = Array.from({ length: 120 }, (_, i) => ({ at: ago(i * 15), bytes: 987_654_321 + i }));
    const differs = Array.from({ length: 30 }, (_, i) => ({
      name: `field.${i}`,
      before: 'x'.repeat(200),
      after: 'y'.repeat(200),
    }));
    const { details } = workloadLook();
    const read = {
      identity: { uid: 'u', name: 'n' },
      healthy: true,
      goingOn: [],
      evidence: Array.from({ length: 120 }, (_, i) => ({
        source: 's',
        name: `app.${i}`,
        at: ago(0),
        value: i,
      })),
      details: {
        ...details,
        pods,
        history: ['a', 'b', 'c'].map((name) => ({ pod: name, points })),
        sessionHistory: points.map(({ at }) => ({ at, count: 1 })),
        logLines: Array.from({ length: 40 }, () => 'z'.repeat(300)),
        lately: Array.from({ length: 12 }, () => ({
          at: ago(0),
          what: 'w',
          kind: 'rollout' as const,
          differs,
        })),
      },
    };
    expect(JSON.stringify(read).length).toBeGreaterThan(150_000);
    const fits = fitted(read);
    expect(JSON.stringify(fits).length).toBeLessThan(60 * 1024);
    expect(fits.details.history).toHaveLength(3);
    expect(fits.details.pods.length).toBeGreaterThanOrEqual(8);
    // Of each release it is known how much it changed.
    for (const { differs: told = [], more = 0 } of fits.details.lately) expect(told.length + more).toBe(30);
    const small = { ...read, details };
    expect(fitted(small)).toBe(small);
  });
});
