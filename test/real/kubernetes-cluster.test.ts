import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as kubernetes from '../../scripts/parts/kubernetes/index.mjs';
import { ask, brunoPods, deployBruno } from '../support/bruno.js';
import { until } from '../support/containers.js';
import {
  auditEvents,
  clusterOf,
  clusters,
  kubectl,
  leftOf,
  type Traces,
  tracesOf,
} from '../support/own-cluster.js';

const inCi = Boolean(process.env.CI);
const found = process.getuid?.() === 0 && (await kubernetes.find());
const PART = fileURLToPath(new URL('../../scripts/parts/kubernetes/index.mjs', import.meta.url));
/** Settings of the whole machine, which a kubelet likes to change. */
const SYSCTLS = ['vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops', 'kernel/keys/root_maxkeys'];
const sysctls = (): string[] => SYSCTLS.map((name) => readFileSync(join('/proc/sys', name), 'utf8'));
const log = (): void => {};

describe.skipIf(!found && !inCi)('a cluster of our own (npm test gets its programs)', () => {
  let cluster: kubernetes.OwnCluster;
  const before = sysctls();

  beforeAll(async () => {
    cluster = await kubernetes.startPrivate({ log });
    await deployBruno(cluster, { limit: '320Mi', env: { SESSION_TTL: '600' } });
  });
  afterAll(() => cluster?.stop());

  test('agent-bruno answers, with its sessions in a real Redis', async () => {
    const { session, response } = JSON.parse(await ask(cluster, '/chat', { message: 'Hello' }));
    expect(response).toContain('Hello');
    const redis = ['exec', '-n', 'redis', 'redis-master-0', '--', 'redis-cli'];
    expect(Number(await kubectl(cluster, ...redis, 'ttl', `bruno:session:${session}`))).toBeGreaterThan(0);
    const metrics = await ask(cluster, '/metrics');
    expect(metrics).toMatch(/^bruno_active_sessions 1$/m);
    expect(metrics).toMatch(/^process_resident_memory_bytes \d{7,}$/m);
    // The transcript has gone to the MongoDB-protocol server over the second pool.
    expect(metrics).toMatch(/^bruno_pool_connections\{pool="mongo",state="idle"\} 1$/m);
    expect(metrics).toMatch(/^bruno_transcripts_lost_total 0$/m);
    expect(await kubectl(cluster, ...redis, 'client', 'list')).toContain('name=agent-bruno');
  });

  test('a pod reaches the API server with its service account, and RBAC refuses it', async () => {
    const script =
      'import urllib.request as u,ssl;t=open("/var/run/secrets/kubernetes.io/serviceaccount/token").read();' +
      'c=ssl.create_default_context(cafile="/var/run/secrets/kubernetes.io/serviceaccount/ca.crt");' +
      'r=u.Request("https://10.96.0.1/api/v1/namespaces/bruno/pods",headers={"Authorization":"Bearer "+t});\n' +
      'try: print(u.urlopen(r,context=c).status)\nexcept u.HTTPError as e: print(e.code)';
    const exec = ['exec', '-n', 'bruno', 'deployment/agent-bruno', '--', 'python3', '-c', script];
    expect((await kubectl(cluster, ...exec)).trim()).toBe('403');
  });

  test('kubectl top has figures of the pod', async () => {
    await cluster.waitForMetrics();
    await until(
      'the pod has figures',
      () =>
        kubectl(cluster, 'top', 'pods', '-n', 'bruno').then(
          (text) => /agent-bruno\S+ +\d+m +[1-9]\d*Mi/.test(text),
          () => false,
        ),
      60_000,
    );
  });

  test("the kubelet's figures for Prometheus name the container", async () => {
    const figures = () =>
      kubectl(cluster, 'get', '--raw', `/api/v1/nodes/${cluster.nodeName}/proxy/metrics/cadvisor`);
    const series =
      /^container_memory_working_set_bytes\{container="agent-bruno",.*namespace="bruno",.*\} [1-9]/m;
    await until('the container has its series', async () => series.test(await figures()), 60_000);
  });

  test('a memory limit is raised in place, and the audit log has that one change with its body', async () => {
    const [pod] = await brunoPods(cluster);
    const name = pod?.metadata.name ?? '';
    const patch = {
      spec: { containers: [{ name: 'agent-bruno', resources: { limits: { memory: '352Mi' } } }] },
    };
    const resize = [
      'patch',
      'pod',
      '-n',
      'bruno',
      name,
      '--subresource',
      'resize',
      '-p',
      JSON.stringify(patch),
    ];
    await kubectl(cluster, ...resize);
    const statusOf = async () => (await brunoPods(cluster))[0]?.status.containerStatuses?.[0];
    await until(
      'the new limit is in force',
      async () => (await statusOf())?.resources?.limits?.memory === '352Mi',
      60_000,
    );
    expect(await statusOf()).toMatchObject({
      containerID: pod?.status.containerStatuses?.[0]?.containerID,
      restartCount: 0,
    });
    // kubectl reads the object before it patches it; that is in the log, too.
    const changes = auditEvents(cluster).filter(
      ({ verb, objectRef }) => objectRef?.subresource === 'resize' && verb !== 'get',
    );
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatchObject({
      verb: 'patch',
      user: { username: 'nightshift-admin' },
      objectRef: { resource: 'pods', name, namespace: 'bruno' },
      requestObject: patch,
      responseStatus: { code: 200 },
    });
  });

  test('a leak ends in an OOM kill that shows in lastState, and the pod comes back', async () => {
    await ask(cluster, '/admin/faults', { kind: 'leak', speed: 150, size: 2000 });
    const statusOf = async () => (await brunoPods(cluster))[0]?.status.containerStatuses?.[0];
    await until(
      'the container was killed',
      async () => (await statusOf())?.lastState.terminated !== undefined,
      90_000,
    );
    expect((await statusOf())?.lastState.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
    await until('it is ready again', async () => (await statusOf())?.ready === true, 60_000);
  });

  test('its API server can be taken away and comes back', async () => {
    await cluster.stopProgram('kube-apiserver', 'SIGKILL');
    await expect(kubectl(cluster, 'get', 'nodes', '--request-timeout=2s')).rejects.toThrow();
    await cluster.startProgram('kube-apiserver');
    const answers = () =>
      kubectl(cluster, 'get', '--raw', '/readyz').then(
        () => true,
        () => false,
      );
    await until('the API server answers', answers, 60_000);
    await expect(cluster.stopProgram('no-such-thing')).rejects.toThrow('it has etcd, containerd');
  });

  test('another process can join it, or take it for a cluster of its own; neither ends it', async () => {
    const joined = startedWith(cluster.env);
    expect(joined).toMatchObject({ private: true, id: cluster.id, nodeIp: cluster.nodeIp });
    const persons = startedWith({ NIGHTSHIFT_KUBECONFIG: cluster.kubeconfig });
    expect(persons).toMatchObject({ private: false, kubeconfig: cluster.kubeconfig });
    expect(await kubectl(cluster, 'get', 'nodes')).toContain(' Ready ');
  });

  test('a second cluster at the same time has addresses of its own, and goes without harm to the first', async () => {
    const second = await kubernetes.startPrivate({ log });
    const traces = tracesOf(second.id);
    expect([second.nodeIp, second.podRange]).not.toEqual([cluster.nodeIp, cluster.podRange]);
    expect(await kubectl(second, 'get', 'nodes')).toContain(' Ready ');
    await second.stop();
    expect(await leftOfOne(traces)).toEqual([]);
    expect(await ask(cluster, '/health')).toContain('"ok"');
    expect(await kubectl(cluster, 'get', 'nodes')).toContain(' Ready ');
  });

  test('stopped, nothing of it is left: processes, mounts, networks, rules, control groups, files, settings', async () => {
    const traces = tracesOf(cluster.id);
    // Its programs, and the shim and the processes of each pod.
    expect(traces.processes.size).toBeGreaterThan(14);
    expect(traces.networks.size).toBeGreaterThan(2);
    expect(await leftOf(traces)).not.toEqual([]);
    await cluster.stop();
    expect(await leftOf(traces)).toEqual([]);
    expect(sysctls()).toEqual(before);
  });
});

/** What a process of its own gets with these variables; it stops it again. */
function startedWith(env: Record<string, string>): unknown {
  const script = `const k = await import(${JSON.stringify(PART)});
    const c = await k.start({ log: () => {} });
    console.log(JSON.stringify(c));
    await c.stop();
    process.exit(0);`;
  const options = {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    encoding: 'utf8',
  } as const;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], options));
}

/** While another cluster runs, its groups and files aren't this one's. */
async function leftOfOne(traces: Traces): Promise<string[]> {
  return (await leftOf(traces)).filter((each) => each.includes(traces.id) || each.startsWith('process'));
}

describe.skipIf(!found && !inCi)('a cluster whose runner is killed', () => {
  const RUNNER = `
    const kubernetes = await import(${JSON.stringify(PART)});
    const cluster = await kubernetes.startPrivate({ log: () => {} });
    console.log(cluster.id);
    setInterval(() => {}, 1000);`;

  /** Starts a runner, and gives it with the id of its cluster. */
  async function runner(): Promise<{ child: ReturnType<typeof spawn>; id: string }> {
    const child = spawn(process.execPath, ['--input-type=module', '-e', RUNNER], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let id: string | undefined;
    await until(
      'it has begun',
      async () => {
        id = clusterOf(child.pid ?? 0);
        return id !== undefined;
      },
      60_000,
    );
    return { child, id: id ?? '' };
  }

  test.each([0, 700, 2_500, 6_000])('%i ms after it began: the cluster takes itself away', async (ms) => {
    const { child, id } = await runner();
    await new Promise((resolve) => setTimeout(resolve, ms));
    const traces = tracesOf(id);
    child.kill('SIGKILL');
    await once(child, 'exit');
    // Before there is a keeper, the next run does it; later, the keeper. Both at once do no harm.
    await kubernetes.removeLeftovers({ log });
    await until('nothing is left', async () => (await leftOf(traces)).length === 0, 30_000);
    expect(await leftOf(traces)).toEqual([]);
  });

  test('with its keeper, both by SIGKILL: its processes end at once, and the next run removes the rest', async () => {
    const { child, id } = await runner();
    await once(child.stdout ?? child, 'data');
    const traces = tracesOf(id);
    const keeper = Number(JSON.parse(readFileSync(join(clusters, id, 'keeper.json'), 'utf8')).pid);
    process.kill(keeper, 'SIGKILL');
    child.kill('SIGKILL');
    await until(
      'no process is left',
      async () => !(await leftOf(traces)).some((each) => each.startsWith('process')),
      20_000,
    );
    expect(await leftOf(traces)).toContain(join(clusters, id));
    await kubernetes.removeLeftovers({ log });
    expect(await leftOf(traces)).toEqual([]);
  });

  test('where a cluster can not be had, it is said what to do, with exit code 2', () => {
    const ask = `const k = await import(${JSON.stringify(PART)}); await k.start({ log: () => {} }).catch((e) => console.log(e.exitCode, e.message));`;
    // Without the cluster that `npm test` brought up: it would be joined, and stay joined.
    const { NIGHTSHIFT_CLUSTER: _, NIGHTSHIFT_KUBECONFIG: __, ...env } = process.env;
    const options = { encoding: 'utf8', timeout: 60_000 } as const;
    const started = execFileSync(process.execPath, ['--input-type=module', '-e', ask], {
      ...options,
      env: { ...env, NIGHTSHIFT_KUBECONFIG: '/no/such/file' },
    });
    expect(started).toContain('2 NIGHTSHIFT_KUBECONFIG is /no/such/file');
    expect(started).toContain('What to do:');
    const asNobody = execFileSync(
      'setpriv',
      ['--reuid=65534', process.execPath, '--input-type=module', '-e', ask],
      { ...options, env },
    );
    expect(asNobody).toContain('it needs root');
    expect(asNobody).toContain('NIGHTSHIFT_KUBECONFIG');
  });
});
