/** Looking again: before people are woken where more will be known, and at what was raised in place. */
import { describe, expect, it } from 'vitest';
import { type Change, completeChange } from '../../../model/change.js';
import { planPodResize, podResize } from '../../../model/changes/kubernetes/pod-resize.js';
import { diagnose } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/diagnosis.js';
import { causes } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/names.js';
import { verify } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/verification.js';
import { GiB, history, MiB, pod, soak, workloadLook } from '../../support/workload-looks.js';

const full = { workingSetBytes: 0.95 * GiB };

describe('a look is taken again before people are woken', () => {
  it('where the cause can’t be told only because how memory goes is not known yet', () => {
    const { causes: found, again } = diagnose(workloadLook({ pod: full }), []);
    expect(found[0]?.name).toBe(causes.unclear);
    expect(again).toEqual({ seconds: 70, why: 'how its memory goes is not known yet' });
  });

  it('and no more once it is known, though the cause is not', () => {
    const grows = { history: history(300 * MiB, 0.95 * GiB) };
    const { causes: found, again } = diagnose(workloadLook({ pod: full, details: grows }), []);
    expect(found[0]?.name).toBe(causes.unclear);
    expect(again).toBeUndefined();
  });

  it('while somebody else’s rollout replaces the pods', () => {
    const rollout = { rollout: '1 of 2 replicas are of the new template' };
    const { again } = diagnose(workloadLook({ pod: full, workload: rollout }), []);
    expect(again).toEqual({
      seconds: 20,
      why: 'a rollout is under way: 1 of 2 replicas are of the new template',
    });
  });

  it('but not for a rollout whose pods crash, nor for one that is paused', () => {
    const rollout = '1 of 2 replicas are of the new template';
    const crashing = pod('agent-bruno-c', { waiting: 'CrashLoopBackOff', restarts: 3, ready: false });
    const known = { pod: full, details: { history: history(300 * MiB, 0.95 * GiB) } };
    const stuck = workloadLook({ ...known, workload: { rollout }, others: [crashing] });
    expect(diagnose(stuck, []).again).toBeUndefined();
    expect(
      diagnose(workloadLook({ ...known, workload: { rollout, paused: true } }), []).again,
    ).toBeUndefined();
  });

  it('and never where memory is in order', () => {
    const rollout = { rollout: '1 of 2 replicas are of the new template' };
    expect(diagnose(workloadLook({ workload: rollout }), []).again).toBeUndefined();
  });
});

describe('what was raised in place is looked at again at the end', () => {
  const before = workloadLook({ pod: full });
  const raise = planPodResize(before, pod('agent-bruno-a', full), {
    limitBytes: 2 * GiB,
    requestBytes: 512 * MiB,
  });
  const made = completeChange(podResize, raise, before, { id: 'i/1', remedy: 'resize-pods' }) as Change;
  const calm = soak([40, 40, 41, 40, 40, 41, 40, 40, 41, 40, 40, 41]);
  const checked = (parts: Parameters<typeof workloadLook>[0], inForce: readonly Change[] = [made]) =>
    verify(workloadLook(parts), before, calm, inForce).find(({ name }) => /raised in place/.test(name));

  it('by the pod’s uid', () => {
    expect(checked({ pod: { limitBytes: 2 * GiB } })).toMatchObject({
      passed: true,
      note: 'pod agent-bruno-a has 2 GiB',
    });
    expect(checked({})).toMatchObject({ passed: false, note: 'pod agent-bruno-a has 1 GiB' });
  });

  it('and where the pod has been replaced, it is said that the limit ended with it', () => {
    expect(checked({ pod: { uid: 'another' } })).toMatchObject({
      passed: true,
      note: 'pod agent-bruno-a was replaced, and its raised limit ended with it',
    });
  });

  it('and is no check where nothing was raised', () => {
    expect(checked({}, [])).toBeUndefined();
  });

  it('stays in the report’s words, with why it is not taken back', () => {
    expect(podResize.endsByItself).toBe(true);
    expect(podResize.undo(made as never, undefined)).toMatchObject({
      none: expect.stringContaining('It ends with the pod'),
    });
  });
});
