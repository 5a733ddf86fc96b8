import { describe, expect, it } from 'vitest';
import { aChange, anAttempt } from '../../support/apply-context.js';
import { applied, fakeCluster } from '../../support/fake-cluster.js';

const scope = 'kubernetes/test';
const target = { key: `${scope}/n/deployment/web`, kind: 'workload', scope } as const;
const ref = { cluster: 'test', namespace: 'n', kind: 'Deployment', name: 'web' } as const;
const scale = (before: number, after: number) =>
  aChange({
    kind: 'workload.scale',
    uid: 'u',
    name: 'web',
    fields: [{ name: 'replicas', before, after }],
    params: { ref, staysSeconds: 60, progressSeconds: 30 },
  });
const running = (name: string) => ({
  metadata: { name, uid: name },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
});
/** As the kubelet leaves one that it evicted for want of memory. */
const evicted = (name: string) => ({
  metadata: { name, uid: name },
  status: {
    phase: 'Failed',
    reason: 'Evicted',
    containerStatuses: [{ name: 'web', restartCount: 3, state: { terminated: { exitCode: 137 } } }],
  },
});

/** A workload whose pods become as many as are wanted, one a reading; evicted ones stay for ever. */
function world(replicas: number) {
  let pods = Array.from({ length: replicas }, (_, i) => running(`web-${i}`));
  let wanted = replicas;
  const leftOver: ReturnType<typeof evicted>[] = [];
  return fakeCluster(({ method, path, body }) => {
    if (method === 'PATCH') {
      wanted = Number((body.spec as { replicas: number }).replicas);
      leftOver.push(evicted('gone-1'), evicted('gone-2'));
    }
    if (path.endsWith('/scale')) return { json: { metadata: { uid: 'u' }, spec: { replicas: wanted } } };
    if (!path.endsWith('/pods')) return { json: { metadata: { uid: 'u' }, spec: {} } };
    if (pods.length > wanted) pods = pods.slice(1);
    else if (pods.length < wanted) pods = [...pods, running(`web-${pods.length}`)];
    return { json: { items: [...pods, ...leftOver] } };
  });
}

describe('pods that were evicted for want of memory', () => {
  it.each([
    [3, 1],
    [1, 3],
  ])('are no replicas: from %i to %i', async (before, after) => {
    const { cluster } = world(before);
    const effect = await applied(cluster, scale(before, after), anAttempt({ target }));
    expect(effect).toMatchObject({
      status: 'applied',
      note: `replicas ${before} → ${after}; ${after} pods are ready`,
    });
  });
});
