import type { V1Pod } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { aChange, anAttempt } from '../../support/apply-context.js';
import { applied, fakeCluster } from '../../support/fake-cluster.js';

const MiB = 1024 ** 2;
const limit = (Mi: number) => ({ limits: { memory: `${Mi}Mi` }, requests: { memory: '16Mi' } });
const target = {
  key: 'kubernetes/test/n/deployment/web',
  kind: 'workload',
  scope: 'kubernetes/test',
} as const;

/** A pod whose spec wants `spec` MiB, and that runs with `runs` MiB. */
function aPod(
  spec: number,
  runs: number,
  condition?: { readonly type: string; readonly reason: string },
): V1Pod {
  const own = { name: 'web', image: '', imageID: '', ready: true, restartCount: 0, resources: limit(runs) };
  return {
    metadata: { name: 'web-1', uid: 'u', resourceVersion: '7' },
    spec: { containers: [{ name: 'web', resources: limit(spec) }] },
    status: {
      containerStatuses: [own],
      ...(condition && { conditions: [{ ...condition, status: 'True', message: 'no room' }] }),
    },
  };
}

const resize = (before: number, after: number, fresh = {}) =>
  aChange({
    kind: 'pod.resize',
    uid: 'u',
    name: 'web-1',
    fields: [{ name: 'limits.memory', before: before * MiB, after: after * MiB }],
    params: { ref: { cluster: 'test', namespace: 'n', kind: 'Pod', name: 'web-1' }, container: 'web' },
    fresh,
  });
const undo = resize(128, 64, { undoes: 'abcd2345/1' });
const attempt = () => anAttempt({ target });

describe('a resize', () => {
  it('that its node puts off went wrong: it would come at any later time', async () => {
    const { cluster } = fakeCluster(() => ({
      json: aPod(128, 64, { type: 'PodResizePending', reason: 'Deferred' }),
    }));
    expect(await applied(cluster, resize(64, 128), attempt())).toMatchObject({
      status: 'applied',
      note: expect.stringContaining('has no room for it now (Deferred)'),
      details: { failed: true, why: 'notResized' },
    });
  });

  it('is not judged by what its node said of another one before', async () => {
    const refused = aPod(128, 64, { type: 'PodResizePending', reason: 'Infeasible' });
    const condition = { ...refused.status?.conditions?.[0], observedGeneration: 2 };
    const before = {
      ...refused,
      metadata: { ...refused.metadata, generation: 3 },
      status: { ...refused.status, conditions: [condition] },
    };
    let reads = 0;
    const { cluster } = fakeCluster(() => {
      reads += 1;
      return { json: reads < 4 ? before : aPod(128, 128) };
    });
    expect((await applied(cluster, resize(64, 128), attempt())).details).not.toHaveProperty('failed');
  });

  it('that was put off and done meanwhile is not taken back: what runs with it could be killed', async () => {
    const { cluster, calls } = fakeCluster(() => ({ json: aPod(128, 128) }));
    await expect(applied(cluster, undo, attempt())).rejects.toMatchObject({
      type: 'PreconditionChanged',
      message: expect.stringContaining('has raised its limit meanwhile'),
    });
    expect(calls.map(({ method }) => method)).toEqual(['GET']);
  });

  it('that can not be taken out of the spec says so, and how to be rid of it', async () => {
    const { cluster } = fakeCluster(({ method }) =>
      method === 'GET'
        ? { json: aPod(128, 64) }
        : {
            status: 422,
            json: { message: 'memory limits cannot be decreased unless resizePolicy allows it' },
          },
    );
    await expect(applied(cluster, undo, attempt())).rejects.toMatchObject({
      type: 'Unsupported',
      message: expect.stringMatching(
        /^The raised figures stay in the spec of pod web-1, .*cannot be decreased.*kubectl --context test -n n delete pod web-1$/,
      ),
    });
  });

  it('is taken back by nobody else’s state: the write is for the version that was judged', async () => {
    // The refusal stands there for a while after it was taken back.
    const refused = { type: 'PodResizePending', reason: 'Infeasible' };
    let answers = [aPod(128, 64, refused), aPod(64, 64, refused), aPod(64, 64, refused), aPod(64, 64)];
    const { cluster, calls } = fakeCluster(() => {
      const [json, ...rest] = answers;
      answers = rest;
      return { json };
    });
    expect(await applied(cluster, undo, attempt())).toMatchObject({ status: 'applied' });
    const [write] = calls.filter(({ method }) => method === 'PATCH');
    expect(write).toMatchObject({
      path: '/api/v1/namespaces/n/pods/web-1/resize',
      body: { metadata: { resourceVersion: '7' } },
    });
  });
});
