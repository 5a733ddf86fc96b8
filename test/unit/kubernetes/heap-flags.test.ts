import type { V1ConfigMap, V1Container } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { heapFlagsOf } from '../../../activities/kubernetes/variables.js';

const maps: ReadonlyMap<string, V1ConfigMap> = new Map([
  ['settings', { data: { JAVA_OPTS: '-Xmx512m', NODE_OPTIONS: '--max-old-space-size=256', OTHER: 'x' } }],
]);
const flags = (container: Partial<V1Container>) => heapFlagsOf({ name: 'agent', ...container }, maps);

describe('flags that fix the size of a heap', () => {
  it('are found in command, arguments and variables', () => {
    expect(flags({ command: ['java', '-Xmx1g'], args: ['-XX:MaxHeapSize=1g'] })).toEqual([
      '-Xmx1g',
      '-XX:MaxHeapSize=1g',
    ]);
    expect(flags({ env: [{ name: 'JAVA_OPTS', value: '-Xmx2g -Xms1g' }] })).toEqual(['-Xmx2g']);
  });

  it('are found in the ConfigMaps that variables come from', () => {
    const configMapKeyRef = { name: 'settings', key: 'JAVA_OPTS' };
    expect(flags({ env: [{ name: 'OPTS', valueFrom: { configMapKeyRef } }] })).toEqual(['-Xmx512m']);
    const envFrom = [{ configMapRef: { name: 'settings' } }, { configMapRef: { name: 'not-read' } }];
    expect(flags({ envFrom })).toEqual(['-Xmx512m', '--max-old-space-size=256']);
  });

  it('are not those that the container itself sets otherwise', () => {
    const envFrom = [{ configMapRef: { name: 'settings' }, prefix: 'APP_' }];
    const env = [{ name: 'APP_JAVA_OPTS', value: '-Xmx4g' }];
    expect(flags({ env, envFrom })).toEqual(['-Xmx4g', '--max-old-space-size=256']);
  });
});
