import { describe, expect, test } from 'vitest';
import { workloadSettings } from '../../../config/resolve-workload.js';
import type { WorkloadKind } from '../../../model/kubernetes/settings.js';
import { rightsFor } from '../../../worker/doctor/rights.js';

const settings = (kind: WorkloadKind) =>
  workloadSettings({ cluster: 'east', namespace: 'prod', kind, name: 'web' });

describe('rights that a target makes use of', () => {
  test('what may only look asks for none that changes something', () => {
    const rights = rightsFor(settings('Deployment'), { configMaps: [] }, false);
    expect(rights.length).toBeGreaterThan(5);
    for (const { verb } of rights) expect(['get', 'list']).toContain(verb);
  });

  test.each([
    ['Deployment', 'its changes'],
    ['StatefulSet', 'its changes, and taking back a rollout whose pod is broken'],
  ] as const)('the eviction of a pod of a %s gives: %s', (kind, gives) => {
    const rights = rightsFor(settings(kind), { configMaps: [] }, true);
    expect(rights.find(({ resource }) => resource === 'pods/eviction')).toMatchObject({
      gives,
      remedies: ['evict-pod'],
      role: 'change',
    });
  });
});
