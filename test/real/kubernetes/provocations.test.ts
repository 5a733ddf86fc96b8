import { describe, expect, it } from 'vitest';
import { confusionMatrix, judge } from '../../support/provocations/judge.js';
import { provocations, pureRows } from '../../support/provocations/plan.js';
import { runAll } from '../../support/provocations/run.js';

/** Others than those of tuning (1, 2, 3). NIGHTSHIFT_PROVOCATIONS=<seed>:<count> tries others. */
const [seed = 4, count = 60] = (process.env.NIGHTSHIFT_PROVOCATIONS ?? '')
  .split(':')
  .filter(Boolean)
  .map(Number);
const atOnce = 20;

describe('the stand-in, really provoked', () => {
  it('is diagnosed rightly or not at all, and nothing disruptive is done for a wrong cause', async () => {
    const planned = provocations(seed, count);
    const mixed = planned.filter(({ row }) => !pureRows.includes(row));
    expect(mixed.length).toBeGreaterThanOrEqual(Math.floor(count / 3));
    const recordings = await runAll(planned, atOnce);
    const judgements = recordings.map(judge);
    console.log(confusionMatrix(judgements));

    expect(judgements).toHaveLength(count);
    expect(judgements.filter(({ harmful }) => harmful.length > 0)).toEqual([]);
    // What is healthy can't always be told from what is not; but then nobody is woken to restart it.
    expect(judgements.filter(({ healthy, asked }) => healthy && asked.length > 0)).toEqual([]);
    const wrong = judgements.filter(({ verdict }) => verdict === 'wrong');
    expect(wrong.length, JSON.stringify(wrong, null, 1)).toBeLessThanOrEqual(count * 0.05);
    // Can't tell is an answer, but not the usual one where the app tells what it holds.
    const told = judgements.filter((_, i) => recordings[i]?.provocation.metrics === 'full');
    const right = told.filter(({ verdict }) => verdict === 'right');
    expect(right.length).toBeGreaterThanOrEqual(Math.floor(told.length / 2));
  });
});
