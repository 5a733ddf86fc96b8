import { describe, expect, it } from 'vitest';
import { byFullness, shareOf, worstOf } from '../../../activities/kubernetes/measure.js';
import type { PodReading } from '../../../model/kubernetes/details.js';
import { diagnose } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/diagnosis.js';
import { causes } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/names.js';
import { atSecond, fullSettings, GiB, history, pod, workloadLook } from '../../support/workload-looks.js';

/** A pod that waits to be started again after a kill: nobody measures it. */
function down(more: Partial<PodReading> = {}): PodReading {
  const {
    workingSetBytes: _,
    startedAt: __,
    ...rest
  } = pod('agent-bruno-a', {
    ready: false,
    waiting: 'CrashLoopBackOff',
    restarts: 5,
    createdAt: atSecond(-4000),
    lastEnd: { reason: 'OOMKilled', exitCode: 137, at: atSecond(-60) },
    ...more,
  });
  return rest;
}

describe('a pod that does not run because it was killed at its limit', () => {
  it('used all of it: a crash loop must not blind the incident', () => {
    expect(shareOf(down(), [])).toMatchObject({ used: GiB, limit: GiB, percent: 100 });
    expect(worstOf([pod('agent-bruno-b'), down()], [])?.against).toBe(
      'the limit of pod agent-bruno-a, at which it was killed',
    );
    expect(byFullness([pod('agent-bruno-b'), down()], [])[0]?.name).toBe('agent-bruno-a');
  });

  it('is not measured where something else ended it, or where it runs and nobody has a figure', () => {
    expect(shareOf(down({ lastEnd: { reason: 'Error', exitCode: 1 } }), [])).toBeUndefined();
    const { workingSetBytes: _, ...fresh } = pod('agent-bruno-a', {
      lastEnd: { reason: 'OOMKilled', exitCode: 137 },
    });
    expect(shareOf(fresh, [])).toBeUndefined();
  });

  it('is critical, and diagnosed from the life that ended in the kill', () => {
    const base = workloadLook({
      settings: fullSettings,
      details: { history: history(0.3 * GiB, 0.98 * GiB) },
    });
    const measure = worstOf([down()], []);
    if (measure === undefined) throw new Error('it has a measure');
    const look = { ...base, measure, details: { ...base.details, pods: [down(), pod('agent-bruno-b')] } };
    const diagnosis = diagnose(look, []);
    expect(diagnosis.level).toBe('critical');
    expect(diagnosis.levelWhy).toBe(
      'pod agent-bruno-a does not run (CrashLoopBackOff): it was killed for want of memory 5 times',
    );
    expect(diagnosis.growth?.samples).toBeGreaterThan(8);
    const leak = diagnosis.causes.find(({ name }) => name === causes.leak);
    expect(diagnosis.causes[0]?.name).toBe(causes.unclear);
    expect(leak?.evidenceAgainst.join()).toContain('took with it what it held');
  });
});

describe('pods that are killed while they start', () => {
  const short = down({
    restarts: 3,
    createdAt: atSecond(-100),
    lastEnd: { reason: 'OOMKilled', exitCode: 137, at: atSecond(-40) },
  });
  const released = {
    at: atSecond(-110),
    what: 'revision 7: env FAULT',
    kind: 'rollout' as const,
    previous: '6',
    differs: [{ name: 'env.FAULT', before: null, after: 'leak' }],
  };
  const lookWith = (lately: readonly (typeof released)[]) => {
    const base = workloadLook({ settings: fullSettings, details: { lately } });
    const measure = worstOf([short], []);
    if (measure === undefined) throw new Error('it has a measure');
    return { ...base, measure, details: { ...base.details, pods: [short] } };
  };

  it('need more than their limit to start', () => {
    expect(diagnose(lookWith([]), []).causes[0]?.name).toBe(causes.limit);
  });

  it("can't be told from a leak where a release began it: what differs may take more than is needed", () => {
    expect(diagnose(lookWith([released]), []).causes[0]?.name).toBe(causes.unclear);
  });
});
