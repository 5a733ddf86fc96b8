import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { createKubernetesAdapter } from '../../../activities/kubernetes/adapter.js';
import { type Cluster, connectCluster } from '../../../activities/kubernetes/client.js';
import { isGap } from '../../../model/evidence.js';
import type { WorkloadKind, WorkloadSettings } from '../../../model/kubernetes/settings.js';
import {
  brunoImage,
  hasCluster,
  needsCluster,
  redisImage,
  TestNamespace,
  until,
} from '../../support/cluster.js';
import { ClusterMonitoring } from '../../support/cluster-monitoring.js';
import { aWorkload, brunoWorkload, type Manifest } from '../../support/manifests.js';
import { hasMonitoring, needsMonitoring } from '../../support/monitoring.js';

const MiB = 1024 ** 2;
const signal = new AbortController().signal;
const outside = {
  sessions: () => Promise.reject(new Error('no Redis here')),
  mongo: () => Promise.reject(new Error('no MongoDB here')),
};

function adapterOf(cluster: Cluster) {
  return createKubernetesAdapter({ cluster: () => cluster, secret: () => '', outside: () => outside });
}

function targetOf({ namespace, kind, name }: WorkloadSettings) {
  const scope = 'kubernetes/test';
  return { key: `${scope}/${namespace}/${kind.toLowerCase()}/${name}`, kind: 'workload', scope };
}

const since = new Date(Date.now() - 600_000).toISOString();
const look = (cluster: Cluster, settings: WorkloadSettings) =>
  adapterOf(cluster).read(targetOf(settings), settings, { signal, since, now: () => new Date() });
const sample = (cluster: Cluster, settings: WorkloadSettings) =>
  adapterOf(cluster).sample(targetOf(settings), settings, { signal, since, now: () => new Date() });
type Looked = Awaited<ReturnType<typeof look>>;
const gapsOf = (looked: Looked): Record<string, string> =>
  Object.fromEntries(looked.evidence.filter(isGap).map(({ name, gap }) => [name, gap]));

const python = (code: string) => ({ command: ['python3', '-c', code] });
const endpoint = (path: string, method: 'GET' | 'POST' = 'GET') =>
  ({ port: 8080, path, method, via: 'proxy', timeoutSeconds: 5 }) as const;

/** Variables from a ConfigMap, a mark of Flux. */
const agent: Manifest = brunoWorkload({
  image: brunoImage ?? '',
  container: { envFrom: [{ configMapRef: { name: 'agent-settings' } }] },
  metadata: { labels: { app: 'agent-bruno', 'kustomize.toolkit.fluxcd.io/name': 'apps' } },
});
/** Two containers. */
const everywhere = aWorkload({
  kind: 'DaemonSet',
  name: 'everywhere',
  image: redisImage ?? '',
  pod: {
    containers: ['everywhere', 'side-car'].map((name, index) => ({
      name,
      image: redisImage ?? '',
      imagePullPolicy: 'Never',
      args: ['redis-server', '--port', String(6379 + index)],
      resources: { limits: { memory: `${64 - 16 * index}Mi` }, requests: { memory: '8Mi' } },
    })),
  },
});

const fixtures: readonly Manifest[] = [
  {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'memory' },
    spec: { hard: { 'limits.memory': '2Gi' }, scopes: ['NotTerminating'] },
  },
  {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'of-others' },
    spec: { hard: { 'limits.memory': '1Mi' }, scopes: ['Terminating'] },
  },
  {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'bounds' },
    spec: { limits: [{ type: 'Pod', max: { memory: '1Gi' } }] },
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'agent-settings' },
    data: { SESSION_TTL: '7200' },
  },
  agent,
  {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'agent-bruno-hpa' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'agent-bruno' },
      maxReplicas: 1,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 900 } },
        },
      ],
    },
  },
  {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'agent-budget' },
    spec: {
      minAvailable: 1,
      selector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['agent-bruno', 'other'] }] },
    },
  },
  aWorkload({
    kind: 'StatefulSet',
    name: 'wrapped',
    image: brunoImage ?? '',
    // PID 1 is small, the process that holds the memory is its child.
    container: python(
      'import subprocess,sys; subprocess.run([sys.executable,"-c","import time; x=b\'x\'*40_000_000; time.sleep(9999)"])',
    ),
    limit: '128Mi',
  }),
  everywhere,
  aWorkload({
    name: 'killed',
    image: brunoImage ?? '',
    container: python('print("the cache takes all memory", flush=True); x=b"x"*300_000_000'),
    limit: '48Mi',
  }),
];

const missing = !(hasCluster && hasMonitoring) && !process.env.CI;

describe.skipIf(missing)(`looks at a real cluster (${needsCluster}; ${needsMonitoring})`, () => {
  let space: TestNamespace;
  let monitoring: ClusterMonitoring;
  const between: Between[] = [];
  const settings = (kind: WorkloadKind, name: string, more: Partial<WorkloadSettings> = {}) =>
    space.settings(kind, name, more);
  const agentSettings = (more: Partial<WorkloadSettings> = {}) =>
    settings('Deployment', 'agent-bruno', {
      metrics: endpoint('/metrics'),
      probe: { ...endpoint('/chat', 'POST'), body: '{"message":"Hello"}' },
      env: [{ name: 'SESSION_TTL', to: '3600', against: 'sessions', harm: 'sessions end sooner' }],
      prometheus: { url: monitoring.prometheusUrl },
      ...more,
    });

  beforeAll(async () => {
    space = await TestNamespace.open('look');
    monitoring = await ClusterMonitoring.open({
      cluster: space.cluster,
      namespaces: [space.name],
      apiUrl: 'http://127.0.0.1:9',
      tokenFile: '/dev/null',
      rules: 'groups: []',
    });
    for (const manifest of fixtures) await space.create(manifest);
    await Promise.all([
      space.whenReady('Deployment', 'agent-bruno'),
      space.whenReady('StatefulSet', 'wrapped'),
      space.whenReady('DaemonSet', 'everywhere'),
      until('it has been killed twice', async () => {
        const [pod] = await space.pods('Deployment', 'killed');
        return (pod?.status?.containerStatuses?.[0]?.restartCount ?? 0) >= 1;
      }),
    ]);
    for (const name of ['agent-bruno', 'wrapped'])
      await until(`the metrics server knows ${name}`, async () => {
        const kind = name === 'wrapped' ? 'StatefulSet' : 'Deployment';
        return (await sample(space.cluster, settings(kind, name))).used !== undefined;
      });
  }, 180_000);

  afterAll(async () => {
    await Promise.all(between.map((one) => one.close()));
    await monitoring?.close();
    await space?.close();
  });

  it('reads a Deployment with all that belongs to it, within 64 kB', async () => {
    const looked = await look(space.cluster, agentSettings());
    const { details, measure } = looked;
    expect(measure?.limit).toBe(160 * MiB);
    expect(measure?.percent).toBeGreaterThan(5);
    expect(looked).toMatchObject({ healthy: true, kills: 0 });
    expect(details.workload).toMatchObject({
      replicas: 1,
      container: 'agent-bruno',
      containers: ['agent-bruno'],
      revision: '1',
    });
    expect(details.workload.env).toMatchObject([
      { name: 'SESSION_TTL', value: '7200', from: 'configMap', configMap: { name: 'agent-settings' } },
    ]);
    expect(details.workload.owners).toContainEqual(
      expect.objectContaining({ owner: 'flux', field: 'spec.replicas', reconciles: true }),
    );
    const [pod] = details.pods;
    expect(pod?.process?.source).toBe('exec: /proc/1/status (python3)');
    expect(pod?.process?.rssBytes).toBeGreaterThan(5 * MiB);
    // From inside, by the cgroup: all processes together, and pages of files.
    expect(pod?.kernel).toMatchObject({ source: 'exec: memory.stat', processes: 1 });
    expect(pod?.kernel?.anonBytes).toBeGreaterThan(3 * MiB);
    expect(pod?.kernel?.anonBytes).toBeLessThan(160 * MiB);
    expect(pod?.app).toMatchObject({ bruno_active_sessions: expect.any(Number) });
    expect(pod?.app.python_gc_collections_total).toBeGreaterThan(0);
    expect(details.autoscaling.hpa).toMatchObject({ name: 'agent-bruno-hpa', min: 1, max: 1, keda: false });
    expect(details.autoscaling.budget).toMatchObject({ name: 'agent-budget', minAvailable: '1' });
    expect(details.quota?.limitsLeft).toBeLessThan(2048 * MiB);
    expect(details.quota?.limitsLeft).toBeGreaterThan(1024 * MiB);
    expect(details.limitRange?.max).toBe(1024 * MiB);
    expect(details.nodes[0]?.requestedBytes).toBeGreaterThan(0);
    expect(details.probe).toMatchObject({ ok: true, status: 200 });
    expect(details.lately.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['rollout', 'config']));
    expect(details.cluster.canResize).toBe(true);
    expect(details.missingRights).toEqual([]);
    expect(JSON.stringify(looked).length).toBeLessThan(64 * 1024);
  });

  it('has a history from a Prometheus that scrapes the kubelet, with usage besides the working set', async () => {
    await until('Prometheus has some readings', async () => {
      const { details } = await look(space.cluster, agentSettings({ inspect: false }));
      const points = details.history[0]?.points ?? [];
      return (
        points.length >= 3 &&
        details.sessionHistory.length >= 3 &&
        (details.appHistory?.at.length ?? 0) >= 3 &&
        details.pods[0]?.usageBytes !== undefined
      );
    });
    const { details } = await look(space.cluster, agentSettings({ inspect: false }));
    const [pod] = details.pods;
    expect(pod?.usageBytes).toBeGreaterThan(1 * MiB);
    expect(details.history[0]?.points.every(({ bytes }) => bytes > MiB && bytes < 160 * MiB)).toBe(true);
    // How the kernel divides it, by cAdvisor.
    expect(pod?.kernel?.source).toBe('container_memory_rss in Prometheus');
    expect(pod?.kernel?.anonBytes).toBeGreaterThan(3 * MiB);
    // What the app told over time, pools and states added up.
    const { values } = details.appHistory ?? {};
    expect(values?.process_resident_memory_bytes?.at(-1)).toBeGreaterThan(5 * MiB);
    // Probes of the other tests talk to it, and each is remembered for a while.
    expect(values?.bruno_context_bytes?.at(-1)).toBeLessThan(1024);
    expect(values?.bruno_in_flight_requests?.at(-1)).toBe(0);
    // Nobody looks into the pod, so it is believed what the app says of its own process.
    expect(pod?.process?.source).toBe('GET /metrics');
  });

  it('finds the largest process where PID 1 is only a wrapper, in a StatefulSet', async () => {
    const { details } = await look(space.cluster, settings('StatefulSet', 'wrapped'));
    const [pod] = details.pods;
    expect(details.workload).toMatchObject({ kind: 'StatefulSet', replicas: 1, updatedReplicas: 1 });
    expect(pod?.process?.source).toMatch(/^exec: \/proc\/(?!1\/)\d+\/status/);
    expect(pod?.process?.rssBytes).toBeGreaterThan(40_000_000);
    expect(pod?.kernel?.processes).toBe(2);
    expect(details.lately).toMatchObject([{ revision: '1' }]);
  });

  it('reads a DaemonSet of two containers, and tells the one from the other', async () => {
    const { details, healthy, evidence } = await look(space.cluster, settings('DaemonSet', 'everywhere'));
    expect(healthy).toBe(true);
    expect(details.workload).toMatchObject({
      kind: 'DaemonSet',
      replicas: 1,
      readyReplicas: 1,
      container: 'everywhere',
      containers: ['everywhere', 'side-car'],
    });
    const [pod, ...others] = details.pods;
    expect(others).toEqual([]);
    expect(pod?.limitBytes).toBe(64 * MiB);
    // The pod may have 1 GiB, and its side-car has 48 MiB of it.
    expect(details.limitRange?.max).toBe(976 * MiB);
    expect(evidence).toContainEqual(
      expect.objectContaining({ name: 'container.limit', subject: `${pod?.name}/side-car`, value: 48 * MiB }),
    );
    const wrong = settings('DaemonSet', 'everywhere', { container: 'nobody' });
    await expect(look(space.cluster, wrong)).rejects.toThrow(
      /has no container nobody; it has everywhere, side-car/,
    );
  });

  it('tells a side-car that starts as an init container, and a limit that a pod has as a whole', async () => {
    // In a namespace of its own: quota and LimitRange of the other one ask for limits of containers.
    const apart = await TestNamespace.open('shared');
    try {
      const mesh = {
        name: 'mesh',
        image: redisImage ?? '',
        imagePullPolicy: 'Never',
        restartPolicy: 'Always',
        args: ['redis-server', '--port', '6380'],
      };
      const resources = { limits: { memory: '96Mi' }, requests: { memory: '32Mi' } };
      await apart.create(
        aWorkload({
          name: 'shared',
          image: redisImage ?? '',
          container: { resources: {} },
          pod: { resources, initContainers: [mesh] },
        }),
      );
      await apart.whenReady('Deployment', 'shared');
      const { details, evidence } = await look(apart.cluster, apart.settings('Deployment', 'shared'));
      const [pod] = details.pods;
      expect(pod).toMatchObject({ limitBytes: 96 * MiB, limitOf: 'pod' });
      expect(evidence).toContainEqual(
        expect.objectContaining({ name: 'container.limit', subject: `${pod?.name}/mesh`, value: 'none' }),
      );
      expect(gapsOf({ evidence } as Looked)['container.limit']).toMatch(/shares the pod’s with mesh/);
    } finally {
      await apart.close();
    }
  });

  it('tells an OOM kill by its witnesses, with the killed container’s log, and why there is no figure', async () => {
    const killed = settings('Deployment', 'killed');
    await until('it waits before it is started again', async () => {
      const { details } = await look(space.cluster, killed);
      return details.pods[0]?.waiting === 'CrashLoopBackOff';
    });
    const { details, healthy, kills, measure, evidence } = await look(space.cluster, killed);
    expect(healthy).toBe(false);
    expect(kills).toBeGreaterThan(0);
    expect(details.oomKills).toMatchObject([
      {
        recent: true,
        witnesses: expect.arrayContaining(['lastState OOMKilled', 'exit code 137', 'restart count']),
      },
    ]);
    expect(details.nodeKills).toEqual([]);
    expect(details.logLines.join('\n')).toContain('the cache takes all memory');
    // Nobody measures what does not run, but the kernel has: it used all that it may have.
    expect(measure).toMatchObject({ percent: 100, against: expect.stringMatching(/at which it was killed/) });
    expect(evidence.filter(isGap).map(({ name }) => name)).toContain('pod.workingSet');
    const light = await sample(space.cluster, killed);
    expect(light).toMatchObject({ healthy: false, used: 48 * MiB, limit: 48 * MiB });
    expect(light.kills).toBeGreaterThan(0);
  });

  it('makes a gap of each missing right, and says so', async () => {
    const path = await space.kubeconfigFor('narrow', [
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] },
      { apiGroups: ['', 'metrics.k8s.io'], resources: ['pods'], verbs: ['list'] },
    ]);
    const narrow = connectCluster({ name: 'narrow', kubeconfig: path });
    try {
      const looked = await look(narrow, agentSettings());
      expect(looked.measure?.limit).toBe(160 * MiB);
      const gaps = gapsOf(looked);
      const wanted = ['events', 'node.events', 'hpa', 'vpa', 'quota', 'limitRange', 'budget', 'rollouts'];
      const more = ['configMap', 'node', 'pod.log', 'process.rss', 'app.metrics', 'probe'];
      expect(Object.keys(gaps)).toEqual(expect.arrayContaining([...wanted, ...more]));
      for (const name of wanted) expect(gaps[name]).toMatch(/answered 403: .*forbidden.*nightshift doctor/);
      expect(gaps['process.rss']).toMatch(/inspect role/);
      expect(gaps['app.metrics']).toMatch(/pods\/proxy/);
      expect(looked.details.missingRights.length).toBeGreaterThanOrEqual(10);
      for (const bound of ['hpa', 'vpa', 'budget', 'quota', 'limitRange', 'heapFlags'] as const)
        expect(looked.details.unread?.[bound]).toMatch(/answered 403/);
      expect(looked.details.probe).toMatchObject({ ok: false });
    } finally {
      narrow.close();
    }
    const none = connectCluster({ name: 'none', kubeconfig: await space.kubeconfigFor('none', []) });
    await expect(look(none, agentSettings())).rejects.toThrow(/answered 403/);
    none.close();
  });

  it('is reached from inside a pod by its service account', async () => {
    const rules = [
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] },
      { apiGroups: ['', 'metrics.k8s.io'], resources: ['pods'], verbs: ['list'] },
    ];
    const given = parse(readFileSync(await space.kubeconfigFor('in-pod', rules), 'utf8')) as Kubeconfig;
    const root = mkdtempSync(join(tmpdir(), 'ns-pod-'));
    const account = join(root, 'var/run/secrets/kubernetes.io/serviceaccount');
    mkdirSync(account, { recursive: true });
    const { server, ...authority } = given.clusters[0].cluster;
    writeFileSync(join(account, 'token'), given.users[0].user.token);
    writeFileSync(join(account, 'ca.crt'), authorityOf(authority));
    const { hostname, port } = new URL(server);
    vi.stubEnv('KUBERNETES_SERVICE_HOST', hostname);
    vi.stubEnv('KUBERNETES_SERVICE_PORT', port);
    const inside = connectCluster({ name: 'inside' }, root);
    try {
      const looked = await look(inside, agentSettings({ inspect: false }));
      expect(looked.measure?.limit).toBe(160 * MiB);
      expect(gapsOf(looked).hpa).toMatch(/answered 403: .*system:serviceaccount:.*:in-pod/);
      expect(() => connectCluster({ name: 'outside' }, join(root, 'nowhere'))).toThrow(/runs in no pod/);
    } finally {
      inside.close();
      vi.unstubAllEnvs();
      rmSync(root, { recursive: true });
    }
  });

  describe('where the metrics API has nothing or lies', () => {
    const figure = (pod: string, memory: string, at = new Date()) => ({
      metadata: { name: pod },
      timestamp: at.toISOString(),
      containers: [{ name: 'agent-bruno', usage: { memory } }],
    });
    const lies: readonly [string, (pod: string) => unknown][] = [
      ['it is not there', () => undefined],
      ['it has no items', () => ({ items: [] })],
      ['its figure is no number', (pod) => ({ items: [figure(pod, 'NaN')] })],
      ['its figure is empty', (pod) => ({ items: [figure(pod, '')] })],
      ['its figure is negative', (pod) => ({ items: [figure(pod, '-5Mi')] })],
      ['its figure is nothing', (pod) => ({ items: [figure(pod, '0')] })],
      ['its figure is old', (pod) => ({ items: [figure(pod, '50Mi', new Date(Date.now() - 400_000))] })],
    ];
    it.each(lies)('%s: Prometheus stands in, by name, and without it nothing is measured', async (_, lie) => {
      const [pod] = await space.pods('Deployment', 'agent-bruno');
      const said = lie(pod?.metadata?.name ?? '');
      const lying = await Between.open(space, (path) =>
        path.includes('metrics.k8s.io') && path.includes('pods')
          ? { status: said === undefined ? 503 : 200, body: said ?? 'service unavailable' }
          : undefined,
      );
      between.push(lying);
      const { measure, details, evidence } = await look(lying.cluster, agentSettings({ inspect: false }));
      expect(measure?.used).toBeGreaterThan(MiB);
      expect(details.pods[0]?.workingSetFrom).toMatch(/^Prometheus, \d+ s ago$/);
      expect(evidence).toContainEqual(
        expect.objectContaining({ name: 'pod.workingSet', source: details.pods[0]?.workingSetFrom }),
      );
      expect((await sample(lying.cluster, agentSettings())).used).toBeGreaterThan(MiB);
      const { prometheus: _without, ...blindfolded } = agentSettings({ inspect: false });
      const blind = await look(lying.cluster, blindfolded);
      expect(blind.measure).toBeUndefined();
      expect(blind.blind).toMatch(/no Prometheus is configured/);
      expect((await sample(lying.cluster, blindfolded)).gap).toBe(blind.blind);
    });
  });

  it('believes neither a Prometheus that answers nonsense, nor one of two that say different things', async () => {
    const [pod] = await space.pods('Deployment', 'agent-bruno');
    const labels = {
      __name__: 'container_memory_working_set_bytes',
      pod: pod?.metadata?.name,
      container: 'agent-bruno',
    };
    const now = Math.floor(Date.now() / 1000);
    const values = (bytes: string) => [120, 90, 60, 30, 5].map((ago) => [now - ago, bytes]);
    let result: unknown = [];
    const server = await listen(() => ({
      status: 200,
      body: { status: 'success', data: { resultType: 'matrix', result } },
    }));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const given = agentSettings({ prometheus: { url }, inspect: false });
    expect(gapsOf(await look(space.cluster, given))['pods.history']).toMatch(/has no readings of these pods/);
    result = [{ metric: labels, values: values('NaN') }];
    expect(gapsOf(await look(space.cluster, given))['pods.history']).toMatch(/has no readings/);
    result = [
      { metric: { ...labels, job: 'a' }, values: values('50000000') },
      { metric: { ...labels, job: 'b' }, values: values('70000000') },
    ];
    const two = await look(space.cluster, given);
    expect(two.details.history[0]?.points.at(-1)?.bytes).toBe(70_000_000);
    expect(two.evidence).toContainEqual(
      expect.objectContaining({ name: 'pods.history.odd', value: expect.stringContaining('2 series') }),
    );
    server.close();
    expect(gapsOf(await look(space.cluster, given))['pods.history']).toMatch(/could not be reached/);
  });

  it('does not find what is gone, and says so in a sample', async () => {
    const gone = settings('Deployment', 'never-was');
    await expect(look(space.cluster, gone)).rejects.toMatchObject({ type: 'TargetGone' });
    expect(await sample(space.cluster, gone)).toMatchObject({ healthy: false, healthNote: 'it is gone' });
  });
});

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: { readonly server: string } & Authority }];
  readonly users: readonly [{ readonly user: { readonly token: string } }];
}

interface Authority {
  readonly 'certificate-authority'?: string;
  readonly 'certificate-authority-data'?: string;
}

function authorityOf({
  'certificate-authority': file,
  'certificate-authority-data': data,
}: Authority): Buffer {
  return file === undefined ? Buffer.from(data ?? '', 'base64') : readFileSync(file);
}

interface Said {
  readonly status: number;
  readonly body: unknown;
}

/** A way to the API server on which some answers are others than its own. */
class Between {
  private constructor(
    readonly cluster: Cluster,
    private readonly server: Server,
  ) {}

  static async open(space: TestNamespace, instead: (path: string) => Said | undefined): Promise<Between> {
    const server = await listen(async (path, method, body) => {
      const said = instead(path);
      if (said) return said;
      const answer = await space.cluster.call(method, path, { signal, ...(body !== '' && { body }) });
      return { status: answer.status, body: answer.text };
    });
    const { port } = server.address() as AddressInfo;
    const path = space.writeKubeconfig(`between-${port}`, { server: `http://127.0.0.1:${port}`, token: 'x' });
    return new Between(connectCluster({ name: 'between', kubeconfig: path }), server);
  }

  async close(): Promise<void> {
    this.cluster.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

async function listen(
  answer: (path: string, method: string, body: string) => Said | Promise<Said>,
): Promise<Server> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', async () => {
      const said = await answer(request.url ?? '', request.method ?? '', body);
      response.writeHead(said.status, { connection: 'close' });
      response.end(typeof said.body === 'string' ? said.body : JSON.stringify(said.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
