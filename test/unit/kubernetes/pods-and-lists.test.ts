/** Side-cars, limits of pods as a whole, lists of several pages, and which cluster is meant. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CoreV1Event, V1Deployment, V1Pod } from '@kubernetes/client-node';
import { afterEach, describe, expect, it } from 'vitest';
import { type Cluster, connectCluster } from '../../../activities/kubernetes/client.js';
import { readEvents } from '../../../activities/kubernetes/events.js';
import { noteOthers } from '../../../activities/kubernetes/note.js';
import { paths } from '../../../activities/kubernetes/paths.js';
import { podReading } from '../../../activities/kubernetes/pods.js';
import { isAlone } from '../../../activities/kubernetes/workload.js';
import { Notebook } from '../../../activities/notebook.js';
import { MiB } from '../../support/workload-looks.js';

const signal = new AbortController().signal;
const sideCar = {
  name: 'mesh',
  restartPolicy: 'Always',
  resources: { limits: { memory: '100Mi' }, requests: { memory: '50Mi' } },
};

function podOf(spec: object, name = 'a'): V1Pod {
  return { metadata: { name }, spec: { containers: [{ name: 'agent' }], ...spec } } as unknown as V1Pod;
}

describe('a pod', () => {
  it('whose limit is that of the pod as a whole is measured against it, and not against its node', () => {
    const whole = { resources: { limits: { memory: '512Mi' } } };
    expect(podReading(podOf(whole), 'agent', 'k', undefined)).toMatchObject({
      limitBytes: 512 * MiB,
      limitOf: 'pod',
    });
    const containers = [{ name: 'agent', resources: { limits: { memory: '128Mi' } } }];
    const own = podReading(podOf({ ...whole, containers }), 'agent', 'k', undefined);
    expect(own.limitBytes).toBe(128 * MiB);
    expect(own.limitOf).toBeUndefined();
    expect(podReading(podOf({}), 'agent', 'k', undefined).limitBytes).toBeUndefined();
  });

  it('has its side-cars told, those that start as init containers among them', () => {
    const given = podOf({
      resources: { limits: { memory: '512Mi' } },
      initContainers: [sideCar, { name: 'migrate' }],
    });
    const notebook = new Notebook(() => new Date(), signal);
    const metrics = [{ metadata: { name: 'a' }, containers: [{ name: 'mesh', usage: { memory: '90Mi' } }] }];
    const reading = podReading(given, 'agent', 'k', undefined);
    noteOthers(notebook, { own: { all: [given], metrics, readings: [] }, events: [], container: 'agent' }, [
      reading,
    ]);
    expect(notebook.evidence).toMatchObject([
      { name: 'container.limit', subject: 'a', gap: expect.stringContaining('shares the pod’s with mesh') },
      { name: 'container.workingSet', subject: 'a/mesh', value: 90 * MiB },
      { name: 'container.limit', subject: 'a/mesh', value: 100 * MiB },
    ]);
  });

  it('is not alone with a side-car, and is with what only starts before it', () => {
    const of = (initContainers: object[]) =>
      isAlone({ spec: { template: { spec: podOf({ initContainers }).spec } } } as V1Deployment);
    expect(of([{ name: 'migrate' }])).toBe(true);
    expect(of([sideCar])).toBe(false);
  });
});

describe('events', () => {
  const event = (name: string): CoreV1Event => ({ metadata: { name }, involvedObject: {} });
  const listed = (pages: number) => {
    const asked: string[] = [];
    const get = async (path: string) => {
      asked.push(path);
      const page = asked.length;
      return { items: [event(`${page}`)], metadata: page < pages ? { continue: `to ${page}` } : {} };
    };
    return { asked, read: () => readEvents({ get } as unknown as Cluster, paths.nodeEvents, { signal }) };
  };

  it('are read page by page to their end', async () => {
    const { asked, read } = listed(3);
    const { events, cutOff } = await read();
    expect(events.map(({ metadata }) => metadata.name)).toEqual(['1', '2', '3']);
    expect(cutOff).toBe(false);
    expect(asked[1]).toBe(`${paths.nodeEvents}&continue=to%201`);
  });

  it('say so where there are too many', async () => {
    expect(await listed(9).read()).toMatchObject({ cutOff: true, events: { length: 4 } });
  });
});

describe('the cluster that is meant', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ns-kubeconfig-'));
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** An API server that says who asks it. */
  async function apiServer(name: string): Promise<string> {
    const server = createServer(({ headers }, response) => {
      response.end(JSON.stringify({ name, authorization: headers.authorization }));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it('is that of the context, with its own account; without one the current', async () => {
    const names = ['prod', 'staging'];
    const clusters = await Promise.all(
      names.map(async (name) => ({
        name,
        cluster: { server: await apiServer(name), 'insecure-skip-tls-verify': true },
      })),
    );
    const kubeconfig = join(folder, 'config.json');
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        clusters,
        users: names.map((name) => ({ name, user: { token: `of-${name}` } })),
        contexts: names.map((name) => ({ name, context: { cluster: name, user: name } })),
        'current-context': 'staging',
      }),
    );
    const asked = async (context?: string) => {
      const cluster = connectCluster({ name: 'c', kubeconfig, ...(context && { context }) });
      try {
        return await cluster.get(paths.version, { signal });
      } finally {
        cluster.close();
      }
    };
    expect(await asked('prod')).toEqual({ name: 'prod', authorization: 'Bearer of-prod' });
    expect(await asked('staging')).toEqual({ name: 'staging', authorization: 'Bearer of-staging' });
    expect(await asked()).toEqual({ name: 'staging', authorization: 'Bearer of-staging' });
    await expect(asked('nowhere')).rejects.toThrow(/has no context nowhere; it has prod, staging/);
  });
});
