import { describe, expect, it } from 'vitest';
import { aChange, anAttempt } from '../../support/apply-context.js';
import { applied, fakeCluster } from '../../support/fake-cluster.js';

const key = 'kubernetes/test/n/deployment/web';
const target = { key, kind: 'workload', scope: 'kubernetes/test' } as const;
const ref = { cluster: 'test', namespace: 'n', kind: 'Deployment', name: 'web' } as const;
const forbidden = { kind: 'Status', reason: 'Forbidden', message: 'replicasets.apps is forbidden' };

describe('a right that is missing only for following what was sent', () => {
  it('does not unsay what was done: it is applied, and how it goes on is not seen', async () => {
    let annotations: Record<string, string> = {};
    const deployment = () => ({
      metadata: { name: 'web', namespace: 'n', uid: 'u', resourceVersion: '7', generation: 1 },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { annotations }, spec: { containers: [{ name: 'web' }] } },
      },
      status: { replicas: 2, readyReplicas: 1, updatedReplicas: 1, observedGeneration: 1 },
    });
    const { cluster, calls } = fakeCluster(({ method, path, body }) => {
      if (method === 'PATCH') {
        const patch = body as { spec: { template: { metadata: { annotations: Record<string, string> } } } };
        annotations = patch.spec.template.metadata.annotations;
      }
      return path.endsWith('/deployments/web') ? { json: deployment() } : { status: 403, json: forbidden };
    });
    const change = aChange({
      kind: 'workload.restart',
      uid: 'u',
      name: 'web',
      fields: [],
      generation: 1,
      params: { ref, container: 'web', progressSeconds: 30 },
      fresh: { at: '2026-03-10T12:00:00.000Z' },
    });
    const effect = await applied(cluster, change, anAttempt({ target }));
    expect(effect).toMatchObject({
      status: 'applied',
      note: expect.stringContaining('how it goes on could not be seen'),
      details: { unseen: true },
    });
    expect(effect.details).not.toHaveProperty('failed');
    expect(calls.filter(({ method }) => method === 'PATCH')).toHaveLength(1);
  });
});
