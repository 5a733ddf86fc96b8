import { describe, expect, it } from 'vitest';
import { goingOn } from '../../../activities/kubernetes/going-on.js';
import { atSecond, pod, workload } from '../../support/workload-looks.js';

const metric = 'bruno_in_flight_requests';
const busy = (value: number) => [pod('agent-bruno-a', { app: { [metric]: value } })];
const seen = (values: readonly number[]) => ({
  workload,
  appHistory: {
    pod: 'agent-bruno-a',
    at: values.map((_, i) => atSecond(-i * 15)),
    values: { [metric]: values },
  },
});

describe('what a restart would cut into', () => {
  it('is every request that is being answered', () => {
    expect(goingOn({ workload }, busy(1))).toEqual(['1 request is being answered by agent-bruno-a']);
    expect(goingOn({ workload }, busy(0))).toEqual([]);
  });

  it('is not the question for the metrics itself, where the app is seen to count it', () => {
    const always = seen([1, 1, 2, 1, 1, 1, 3, 1]);
    expect(goingOn(always, busy(1))).toEqual([]);
    expect(goingOn(always, busy(3))).toEqual(['2 requests are being answered by agent-bruno-a']);
    expect(goingOn(seen([1, 0, 2, 1, 1, 1, 3, 1]), busy(1))).toHaveLength(1);
  });

  it('is taken as told where too little was seen of it before', () => {
    expect(goingOn(seen([1, 1, 1]), busy(1))).toHaveLength(1);
  });

  it('is somebody’s rollout, too', () => {
    const rollout = { ...workload, rollout: '1 of 2 replicas are of the new template' };
    expect(goingOn({ workload: rollout }, busy(0))).toEqual([
      'a rollout is under way: 1 of 2 replicas are of the new template',
    ]);
  });
});
