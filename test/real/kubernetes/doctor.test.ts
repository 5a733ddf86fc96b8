import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { runCli } from '../../../client/cli/run.js';
import type { Finding } from '../../../worker/doctor/index.js';
import { hasCluster, kubeconfig, needsCluster, redisImage, TestNamespace } from '../../support/cluster.js';
import { aWorkload } from '../../support/manifests.js';
import { fakeIo } from '../../unit/cli/fake-io.js';

/** `nightshift doctor` as a process of the worker's account would run it, against the real API server. */
describe.skipIf(!hasCluster && !process.env.CI)(`nightshift doctor (${needsCluster})`, () => {
  let space: TestNamespace;
  let key = '';
  let looker = '';
  const folder = mkdtempSync(join(tmpdir(), 'ns-doctor-'));

  beforeAll(async () => {
    space = await TestNamespace.open('doctor');
    key = `kubernetes/test/${space.name}/deployment/app`;
    await space.create(aWorkload({ name: 'app', image: redisImage ?? '' }));
    looker = await space.kubeconfigFor('looker', [
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] },
      { apiGroups: ['', 'metrics.k8s.io'], resources: ['pods'], verbs: ['list'] },
    ]);
    await space.whenReady('Deployment', 'app');
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await space?.close();
  });

  async function doctor(
    given: { readonly kubeconfig?: string; readonly target?: object; readonly workload?: object },
    ...words: readonly string[]
  ) {
    const file = join(folder, `${Math.random().toString(36).slice(2)}.yaml`);
    writeFileSync(
      file,
      stringify({
        clusters: { test: { kubeconfig: given.kubeconfig } },
        groups: { oncall: ['ana'] },
        defaults: { decisions: { group: 'oncall' } },
        targets: [
          {
            cluster: 'test',
            namespace: space.name,
            deployment: 'app',
            workload: given.workload ?? {},
            ...given.target,
          },
        ],
      }),
    );
    const { io, written } = fakeIo({ cwd: folder });
    const code = await runCli(['doctor', '--config', file, ...words], io);
    return { code, out: written.out, err: written.err };
  }

  const findingsOf = (out: string): readonly Finding[] => JSON.parse(out) as readonly Finding[];

  it('names each missing right, the role that has it, and the remedies that it takes away', async () => {
    const workload = { maxMemory: '1GiB', maxReplicas: 3, probe: { port: 6379, path: '/', timeout: '1s' } };
    const target = { autonomy: 'approve' };
    const { code, out } = await doctor({ kubeconfig: looker, target, workload }, key, '-o', 'json');
    const findings = findingsOf(out);
    const of = (state: string) => findings.filter((one) => one.state === state).map(({ what }) => what);
    // A pod that has just begun has no figures yet.
    expect(
      of('missing')
        .filter((what) => what !== 'metrics API')
        .sort(),
    ).toEqual([
      'create pods --subresource=eviction',
      'get deployments.apps/app --subresource=scale',
      'get pods --subresource=proxy',
      'patch deployments.apps/app',
      'patch deployments.apps/app --subresource=scale',
      'patch pods --subresource=resize',
      'probe /',
    ]);
    expect(of('without')).toContain('list horizontalpodautoscalers.autoscaling');
    expect(of('ok')).toEqual(
      expect.arrayContaining(['API server', 'get deployments.apps/app', 'list pods.metrics.k8s.io']),
    );
    const patch = findings.find(({ what }) => what === 'patch deployments.apps/app');
    expect(patch).toMatchObject({ note: 'its changes: role change' });
    expect(patch?.remedies).toContain('restart-workload');
    expect(code).toBe(1);
  });

  it('asks for no right to change where nothing may be changed', async () => {
    const { code, out } = await doctor({ kubeconfig: looker }, key, '-o', 'json');
    expect(findingsOf(out).filter(({ what }) => /^(patch|create)/.test(what))).toEqual([]);
    expect(code).toBe(findingsOf(out).some(({ state }) => state === 'missing') ? 1 : 0);
  });

  it('shows a table in words, and only what is not there unless --all is said', async () => {
    const target = { autonomy: 'approve' };
    const { out } = await doctor({ kubeconfig: looker, target }, key);
    expect(out).toMatch(
      /missing {2}patch deployments\.apps\/app\n {11}its changes: role change\. Takes away: restart-workload/,
    );
    expect(out).not.toContain('ok       API server');
    expect((await doctor({ kubeconfig: looker, target }, key, '--all')).out).toContain('ok       API server');
    expect((await doctor({ kubeconfig: looker, target }, key, '-o', 'md')).out).toContain(
      '| About | State |',
    );
  });

  it('tells of a Redis, a MongoDB and a Prometheus that do not answer', async () => {
    const workload = {
      prometheus: { url: 'http://127.0.0.1:2' },
      sessions: { redis: 'redis://127.0.0.1:2', match: 'a:*' },
      mongo: { url: 'mongodb://127.0.0.1:2' },
    };
    const { code, out } = await doctor({ kubeconfig, workload }, key, '-o', 'json');
    const missing = findingsOf(out).filter(({ state }) => state === 'missing');
    expect(missing.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['MongoDB', 'Prometheus', 'Redis']),
    );
    expect(missing.find(({ what }) => what === 'Redis')?.note).toContain('127.0.0.1:2');
    expect(code).toBe(1);
  });

  it('tells of a cluster that does not answer, and of one that the configuration does not reach', async () => {
    const gone = space.writeKubeconfig('gone', { server: 'http://127.0.0.1:2', token: 'x' });
    const { code, out } = await doctor({ kubeconfig: gone }, key, '-o', 'json');
    expect(findingsOf(out)).toMatchObject([{ what: 'API server', state: 'missing' }]);
    expect(code).toBe(1);
    const none = await doctor({ kubeconfig: join(folder, 'none') }, key, '-o', 'json');
    expect(findingsOf(none.out)).toMatchObject([{ what: 'configuration', state: 'missing' }]);
  });

  it('asks after Temporal where no target is named', async () => {
    const { code, out } = await doctor({ kubeconfig }, '--temporal', '127.0.0.1:2', '-o', 'json');
    const own = findingsOf(out).filter(({ about }) => about === 'Temporal');
    expect(own).toMatchObject([{ what: 'server 127.0.0.1:2', state: 'missing' }]);
    expect(code).toBe(1);
  });

  it('changes nothing', () => {
    const asked = space.audit.requests(space.name).filter(({ user }) => user.endsWith(':looker'));
    expect(asked.length).toBeGreaterThan(0);
    const questions = asked.filter(({ verb }) => verb !== 'get' && verb !== 'list');
    expect(new Set(questions.map(({ resource }) => resource))).toEqual(new Set(['selfsubjectaccessreviews']));
  });

  it('says which target was probably meant', async () => {
    const { code, err } = await doctor({ kubeconfig }, `${key}2`);
    expect(code).toBe(3);
    expect(err).toContain(key);
  });
});

describe('a dry run of a workload whose cluster does not answer', () => {
  it('is of the runbook for workloads, plans nothing, and says why', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ns-plan-'));
    const user = { name: 'a', user: { token: 'x' } };
    const gone = { name: 'a', cluster: { server: 'https://127.0.0.1:2' } };
    const contexts = [{ name: 'a', context: { cluster: 'a', user: 'a' } }];
    writeFileSync(
      join(folder, 'gone.json'),
      JSON.stringify({ clusters: [gone], users: [user], contexts, 'current-context': 'a' }),
    );
    const file = join(folder, 'nightshift.yaml');
    writeFileSync(
      file,
      'clusters: { a: { kubeconfig: gone.json } }\ntargets: [{ cluster: a, namespace: b, deployment: c }]\n',
    );
    const { io, written } = fakeIo({ cwd: folder });
    const key = 'kubernetes/a/b/deployment/c';
    expect(await runCli(['runbook', 'plan', key, '--config', file], io), written.err).toBe(0);
    expect(written.out).toContain('Dry run of AgentBrunoHighMemoryUsage');
    expect(written.out).toMatch(/Memory {4}could not be read: .*127\.0\.0\.1:2.*nothing is changed blind/s);
    expect(written.out).not.toContain('Level');
    const other = ['runbook', 'plan', key, '--config', file, '--runbook', 'MEM-001'];
    expect(await runCli(other, io)).toBe(2);
    expect(written.err).toContain('For a workload: --runbook AgentBrunoHighMemoryUsage.');
    rmSync(folder, { recursive: true });
  });
});

describe('nightshift doctor for Docker targets', () => {
  it('tells of an engine that does not answer', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ns-doctor-'));
    const file = join(folder, 'nightshift.yaml');
    writeFileSync(
      file,
      'engines: { local: "unix:///nonexistent/docker.sock" }\ntargets: [{ engine: local, container: agent }]\n',
    );
    const { io, written } = fakeIo({ cwd: folder });
    expect(await runCli(['doctor', '--config', file, 'docker/local/agent', '-o', 'json'], io)).toBe(1);
    expect(JSON.parse(written.out)).toMatchObject([{ what: 'Docker engine', state: 'missing' }]);
    rmSync(folder, { recursive: true });
  });

  it.skipIf(!process.env.DOCKER_HOST)(
    'tells what the engine is, and of a container that is not there (needs DOCKER_HOST)',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'ns-doctor-'));
      const file = join(folder, 'nightshift.yaml');
      writeFileSync(
        file,
        `engines: { local: "${process.env.DOCKER_HOST}" }\ntargets: [{ engine: local, container: not-there }]\n`,
      );
      const { io, written } = fakeIo({ cwd: folder });
      expect(await runCli(['doctor', '--config', file, 'docker/local/not-there', '-o', 'json'], io)).toBe(1);
      expect(JSON.parse(written.out)).toMatchObject([
        { what: 'Docker engine', state: 'ok', note: expect.stringMatching(/cgroup v[12]/) },
        { what: 'container not-there', state: 'missing' },
      ]);
      rmSync(folder, { recursive: true });
    },
  );
});
