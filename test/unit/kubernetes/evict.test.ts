import { describe, expect, it } from 'vitest';
import { aChange, anAttempt } from '../../support/apply-context.js';
import { applied, type FakeCall, fakeCluster } from '../../support/fake-cluster.js';

const scope = 'kubernetes/test';
const target = { key: `${scope}/n/deployment/web`, kind: 'workload', scope } as const;
const ref = { cluster: 'test', namespace: 'n', kind: 'Pod', name: 'web-1' } as const;
const evict = aChange({
  kind: 'pod.evict',
  uid: 'u',
  name: 'web-1',
  params: { ref, graceSeconds: 1 },
});
const ready = (name: string, uid: string) => ({
  metadata: { name, uid },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
});

/** One pod that is evicted when its eviction was asked for `refusals` times; then its successor is there. */
function world(refusals: number) {
  let asked = 0;
  const gone = () => asked > refusals;
  return fakeCluster(({ method, path }: FakeCall) => {
    if (method === 'POST') {
      asked += 1;
      return gone() ? { json: {} } : { status: 409, json: { message: 'the object has been modified' } };
    }
    if (path.endsWith('/pods'))
      return { json: { items: [gone() ? ready('web-2', 'v') : ready('web-1', 'u')] } };
    if (path.endsWith('/pods/web-1'))
      return gone() ? { status: 404, json: {} } : { json: ready('web-1', 'u') };
    return { json: { metadata: { uid: 'd' }, spec: {} } };
  });
}

const asked = (calls: readonly FakeCall[]) => calls.filter(({ method }) => method === 'POST').length;

describe('an eviction that is answered with a conflict', () => {
  it('is asked for again, and goes on where it is granted', async () => {
    const { cluster, calls } = world(3);
    expect(await applied(cluster, evict, anAttempt({ target }))).toMatchObject({ status: 'applied' });
    expect(asked(calls)).toBe(4);
  });

  it('has an end where it never is, and pauses in between', async () => {
    const { cluster, calls } = world(Number.POSITIVE_INFINITY);
    expect(await applied(cluster, evict, anAttempt({ target }))).toMatchObject({
      status: 'nothing',
      note: expect.stringMatching(/the object has been modified.*for 120 s on end/),
    });
    expect(asked(calls)).toBeLessThan(25);
  });
});
