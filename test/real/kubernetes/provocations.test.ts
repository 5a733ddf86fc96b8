import { describe, expect, it } from 'vitest';
import { confusionMatrix, judge } from '../../support/provocations/judge.js';
import { provocations } from '../../support/provocations/plan.js';
import { runAll } from '../../support/provocations/run.js';

/** Another one than those of the tuning set (1). NIGHTSHIFT_PROVOCATIONS=<seed>:<count> tries others. */
const [seed = 4, count = 20] = (process.env.NIGHTSHIFT_PROVOCATIONS ?? '')
  .split(':')
  .filter(Boolean)
  .map(Number);

describe('the stand-in, really provoked', () => {
  it('is diagnosed rightly or not at all, and nothing disruptive is done for a wrong cause', async () => {
    const recordings = await runAll(provocations(seed, count), 10);
    const judgements = recordings.map(judge);
    console.log(confusionMatrix(judgements));

    expect(judgements).toHaveLength(count);
    expect(judgements.filter(({ harmful }) => harmful.length > 0)).toEqual([]);
    const wrong = judgements.filter(({ verdict }) => verdict === 'wrong');
    expect(wrong.length, JSON.stringify(wrong, null, 1)).toBeLessThanOrEqual(count * 0.05);
    // Can't tell is an answer, but not the usual one.
    expect(judgements.filter(({ verdict }) => verdict === 'right').length).toBeGreaterThan(count / 2);
  });
});
