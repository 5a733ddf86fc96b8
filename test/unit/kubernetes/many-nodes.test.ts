/** A workload on more nodes than are looked at closely; the tests' real cluster has one. */
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { failure } from '../../../activities/failure.js';
import type { Cluster } from '../../../activities/kubernetes/client.js';
import { readTarget } from '../../../activities/kubernetes/read.js';
import { sampleTarget } from '../../../activities/kubernetes/sample.js';
import { Notebook } from '../../../activities/notebook.js';
import { isGap } from '../../../model/evidence.js';
import { emptySettings, MiB, scope, targetKey } from '../../support/workload-looks.js';

const now = new Date('2026-03-01T03:00:00Z');
const context = { now: () => now, signal: new AbortController().signal, since: now.toISOString() };

interface Given {
  readonly node: string;
  readonly used: number;
  readonly limit?: number;
  readonly phase?: string;
}

/** An API server that knows the workload, these pods, and nodes of 1000 MiB each. */
function clusterOf(given: readonly Given[]): Cluster & { readonly asked: string[] } {
  const asked: string[] = [];
  const name = (index: number): string => `agent-bruno-${index}`;
  const resources = (limit: number | undefined) =>
    limit === undefined ? {} : { limits: { memory: `${limit}Mi` } };
  const workload = {
    metadata: { name: 'agent-bruno', uid: 'u' },
    spec: {
      replicas: given.length,
      selector: {},
      template: { spec: { containers: [{ name: 'agent-bruno' }] } },
    },
  } as V1Deployment;
  const pods = given.map(({ node, limit, phase = 'Running' }, index) => ({
    metadata: { name: name(index), uid: name(index), creationTimestamp: '2026-03-01T00:00:00Z' },
    spec: { nodeName: node, containers: [{ name: 'agent-bruno', resources: resources(limit) }] },
    status: {
      phase,
      containerStatuses: [
        {
          name: 'agent-bruno',
          ready: true,
          restartCount: 0,
          state: { running: { startedAt: '2026-03-01T00:00:00Z' } },
        },
      ],
    },
  })) as unknown as V1Pod[];
  const metrics = given.map(({ used }, index) => ({
    metadata: { name: name(index) },
    timestamp: now.toISOString(),
    containers: [{ name: 'agent-bruno', usage: { memory: `${used}Mi` } }],
  }));
  const answers: readonly (readonly [RegExp, unknown])[] = [
    [/\/deployments\/agent-bruno$/, workload],
    [/^\/api\/v1\/namespaces\/bruno\/pods\?/, { items: pods }],
    [/metrics\.k8s\.io.*\/pods\?/, { items: metrics }],
    [/metrics\.k8s\.io.*\/nodes\//, { usage: { memory: '500Mi' } }],
    [/^\/api\/v1\/nodes\//, { status: { allocatable: { memory: '1000Mi' } } }],
    [/./, { items: [] }],
  ];
  const get = async <T>(path: string): Promise<T> => {
    asked.push(path);
    return answers.find(([pattern]) => pattern.test(path))?.[1] as T;
  };
  const never = () => Promise.reject(failure('Unsupported', 'nobody asks this here'));
  return {
    name: 'prod',
    server: 'http://nowhere',
    config: {} as Cluster['config'],
    asked,
    get,
    find: get,
    text: async () => '',
    patch: never,
    post: never,
    put: never,
    call: never,
    close: () => undefined,
  };
}

async function lookAt(given: readonly Given[]) {
  const cluster = clusterOf(given);
  const notebook = new Notebook(context.now, context.signal);
  const outside = { sessions: () => Promise.reject(new Error()), mongo: () => Promise.reject(new Error()) };
  const read = await readTarget({
    settings: emptySettings,
    context,
    cluster,
    outside,
    notebook,
    targetKey,
    secret: () => '',
  });
  const target = { key: targetKey, kind: 'workload', scope };
  const sample = await sampleTarget(cluster, target, emptySettings, context, () => '');
  const gaps = read.evidence.filter(isGap).filter(({ name }) => name === 'node');
  return { ...read, sample, gaps: gaps.map(({ gap }) => gap), asked: cluster.asked };
}

const onNodes = (count: number, of: (index: number) => Omit<Given, 'node'>): readonly Given[] =>
  Array.from({ length: count }, (_, index) => ({ node: `node-${index}`, ...of(index) }));

describe('pods on many nodes', () => {
  it('without limits are all measured, whichever node the fullest is on', async () => {
    const { measure, sample, gaps } = await lookAt(
      onNodes(8, (index) => ({ used: index === 7 ? 900 : 100 })),
    );
    expect(measure).toMatchObject({ percent: 90, against: 'its node node-7 (no limit of its own)' });
    expect(sample).toMatchObject({ used: 900 * MiB, limit: 1000 * MiB });
    expect(gaps).toEqual(['its pods are on 8 nodes: only the 5 of the fullest are looked at']);
  });

  it('have those of the fullest looked at closely', async () => {
    const { details } = await lookAt(onNodes(8, (index) => ({ used: 10 * index, limit: 100 })));
    expect(details.nodes.map(({ name }) => name)).toEqual(['node-7', 'node-6', 'node-5', 'node-4', 'node-3']);
    expect(details.nodes.every(({ usedBytes }) => usedBytes === 500 * MiB)).toBe(true);
  });

  it('say so where there are too many of them to read', async () => {
    const { measure, gaps, asked } = await lookAt(
      onNodes(60, (index) => ({ used: index === 59 ? 800 : 10 })),
    );
    expect(measure?.percent).toBe(80);
    expect(gaps).toContain(
      'pods without a limit are on 60 nodes: how full those on 10 of them are is not known',
    );
    expect(asked.filter((path) => /\/api\/v1\/nodes\//.test(path)).length).toBeLessThanOrEqual(50 + 5 + 50);
  });

  it('that have ended for good lead to no node', async () => {
    const ended = onNodes(6, () => ({ used: 0, limit: 100, phase: 'Failed' }));
    const { details, gaps } = await lookAt([...ended, { node: 'here', used: 50, limit: 100 }]);
    expect(details.nodes.map(({ name }) => name)).toEqual(['here']);
    expect(gaps).toEqual([]);
  });
});
