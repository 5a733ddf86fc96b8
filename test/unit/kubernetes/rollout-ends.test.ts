import type { V1Pod } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { budgetWords } from '../../../activities/kubernetes/appliers/eviction.js';
import { advanced, judge, type RolloutState } from '../../../activities/kubernetes/appliers/follow.js';
import { refusal } from '../../../activities/kubernetes/appliers/resize.js';
import { memoryNow, memoryResources } from '../../../activities/kubernetes/appliers/template-patches.js';
import { notReadyWords, troubleOf } from '../../../activities/kubernetes/appliers/trouble.js';
import { withoutHash } from '../../../activities/kubernetes/appliers/undo-rollout.js';

type Status = NonNullable<NonNullable<V1Pod['status']>['containerStatuses']>[number];

function pod(state: Partial<Status>, more: Partial<V1Pod> = {}): V1Pod {
  const status = { name: 'app', image: '', imageID: '', ready: false, restartCount: 0, ...state };
  return { metadata: { name: 'web-1' }, status: { containerStatuses: [status] }, ...more };
}
const waiting = (reason: string): Partial<Status> => ({ state: { waiting: { reason } } });
const crashed = { lastState: { terminated: { exitCode: 3, reason: 'Error' } } };

describe('what keeps a pod from becoming ready', () => {
  it.each([
    ['ErrImageNeverPull', 'imagePull', 0],
    ['ImagePullBackOff', 'imagePull', 30],
    ['CreateContainerConfigError', 'configuration', 30],
  ] as const)('%s is %s, after %i s', (reason, why, patienceSeconds) => {
    expect(troubleOf([pod(waiting(reason))])).toMatchObject({ why, patienceSeconds, pod: 'web-1' });
  });

  it('is a crash loop after the second restart; before it, only when time is over', () => {
    const loop = (restartCount: number) =>
      troubleOf([pod({ ...waiting('CrashLoopBackOff'), ...crashed, restartCount })]);
    expect(loop(2)).toMatchObject({
      why: 'crashLoop',
      patienceSeconds: 0,
      said: 'container app: CrashLoopBackOff after 2 restarts, exit code 3 (Error)',
    });
    expect(loop(1)?.patienceSeconds).toBe(Number.POSITIVE_INFINITY);
  });

  it('is nothing while it runs, is being deleted, or is only starting', () => {
    const running = { state: { running: {} }, ...crashed, restartCount: 5 };
    expect(troubleOf([pod(running), pod(waiting('ContainerCreating'))])).toBeUndefined();
    const going = { metadata: { name: 'x', deletionTimestamp: new Date(0) } };
    expect(troubleOf([pod(waiting('ErrImageNeverPull'), going)])).toBeUndefined();
  });

  it('is a node that is not there', () => {
    const conditions = [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes: Insufficient memory' }];
    expect(troubleOf([{ metadata: { name: 'web-2' }, status: { conditions } }])).toMatchObject({
      why: 'unschedulable',
      said: 'no node takes it: 0/1 nodes: Insufficient memory',
    });
  });

  it('is told for a pod that runs and is not ready', () => {
    const conditions = [{ type: 'Ready', status: 'False', message: 'containers with unready status: [app]' }];
    expect(notReadyWords([{ metadata: { name: 'web-1' }, status: { conditions } }])).toBe(
      'pod web-1 runs and does not become ready: containers with unready status: [app]',
    );
  });
});

describe('the end of a rollout', () => {
  const under: RolloutState = {
    rollout: '0 of 2 replicas are of the new template',
    replicas: 2,
    ready: 2,
    updated: 0,
    paused: false,
    mine: true,
    stuck: false,
    trouble: undefined,
    notReady: 'pod web-1 runs and does not become ready',
  };
  const seen = { since: 0, progressAt: 0, progress: '0 of 2 replaced, 2 ready' };
  const limits = { progressSeconds: 60 };

  it('is not there while it moves', () => {
    expect(judge(under, seen, limits, 60_000)).toBeUndefined();
    const moved = advanced(seen, { ...under, updated: 1 }, 70_000);
    expect(moved.progressAt).toBe(70_000);
    expect(judge({ ...under, updated: 1 }, moved, limits, 100_000)).toBeUndefined();
  });

  it('is done when all is new and ready', () => {
    expect(judge({ ...under, rollout: undefined, updated: 2 }, seen, limits, 9_000)).toEqual({
      end: 'done',
      words: '2 of 2 pods are replaced and ready',
      seconds: 9,
    });
  });

  it('fails at its deadline, by its controller’s word or by ours', () => {
    expect(judge({ ...under, stuck: true }, seen, limits, 1_000)).toMatchObject({
      why: 'neverReady',
      deadline: true,
    });
    expect(judge(under, seen, limits, 76_000)).toMatchObject({ why: 'neverReady', deadline: true });
  });

  it('fails for a trouble only when it has lasted', () => {
    const trouble = {
      why: 'imagePull',
      pod: 'web-1',
      said: 'ImagePullBackOff',
      patienceSeconds: 30,
    } as const;
    const first = advanced(seen, { ...under, trouble }, 10_000);
    expect(judge({ ...under, trouble }, first, limits, 39_000)).toBeUndefined();
    const later = advanced(first, { ...under, trouble }, 40_000);
    expect(judge({ ...under, trouble }, later, limits, 40_000)).toMatchObject({
      end: 'failed',
      why: 'imagePull',
      said: 'pod web-1: ImagePullBackOff',
      deadline: false,
    });
    expect(advanced(later, under, 41_000)).not.toHaveProperty('trouble');
  });

  it('belongs to whoever has taken over', () => {
    expect(judge({ ...under, mine: false }, seen, limits, 0)).toMatchObject({ end: 'superseded' });
    expect(judge({ ...under, replicas: 0 }, seen, limits, 0)).toMatchObject({ end: 'superseded' });
    expect(judge({ ...under, paused: true }, seen, limits, 0)).toMatchObject({
      end: 'failed',
      why: 'paused',
    });
  });
});

describe('what the API server says', () => {
  it('of a disruption budget, is told from being busy', () => {
    const message = 'The disruption budget web needs 2 healthy pods and has 2 currently';
    const text = JSON.stringify({ details: { causes: [{ reason: 'DisruptionBudget', message }] } });
    expect(budgetWords({ text })).toBe(`a disruption budget says wait: ${message}`);
    expect(budgetWords({ text: '{"message":"too many requests"}' })).toBeUndefined();
    expect(budgetWords({ text: 'slow down' })).toBeUndefined();
  });

  it('of a resize: never, not now, or not yet', () => {
    const because = (reason: string): V1Pod => ({
      status: { conditions: [{ type: 'PodResizePending', status: 'True', reason, message: 'no room' }] },
    });
    expect(refusal(because('Infeasible'), false)).toBe('its node can not do that: no room');
    expect(refusal(because('Deferred'), false)).toBeUndefined();
    expect(refusal(because('Deferred'), true)).toMatch(/no room for it now \(Deferred\)/);
    expect(refusal({ status: {} }, true)).toMatch(/does not say why/);
  });
});

describe('patches', () => {
  it('set memory, or take it out', () => {
    const fields = [
      { name: 'limits.memory', before: 1, after: null },
      { name: 'requests.memory', before: 1, after: 64 * 1024 ** 2 },
    ];
    expect(memoryResources(fields)).toEqual({ limits: { memory: null }, requests: { memory: '64Mi' } });
    expect(memoryNow({ limits: { memory: '1Gi' } }, 'requests.memory')).toBe(1024 ** 3);
    expect(memoryNow({}, 'limits.memory')).toBeNull();
    expect(memoryNow({}, 'limits.cpu')).toBeUndefined();
  });

  it('of an earlier revision leave the controller’s label out', () => {
    const template = { metadata: { labels: { app: 'web', 'pod-template-hash': 'abc' } } };
    expect(withoutHash(template).metadata?.labels).toEqual({ app: 'web' });
  });
});
