import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Recording } from '../../support/provocations/collect.js';
import { confusionMatrix, judge } from '../../support/provocations/judge.js';
import { provocations, pureRows } from '../../support/provocations/plan.js';

const recordings = JSON.parse(
  readFileSync(new URL('../../recorded/provocations/tuning.json', import.meta.url), 'utf8'),
) as readonly Recording[];

describe('the recorded provocations of the tuning set', () => {
  const judgements = recordings.map(judge);

  it('are all diagnosed rightly or not at all', () => {
    expect(judgements.filter(({ verdict }) => verdict === 'wrong')).toEqual([]);
    expect(confusionMatrix(judgements)).toContain(`${recordings.length} provocations`);
  });

  it('never bring a disruptive change for a wrong cause, nor a question about it for what is healthy', () => {
    expect(judgements.flatMap(({ harmful }) => harmful)).toEqual([]);
    expect(judgements.flatMap(({ healthy, asked }) => (healthy ? asked : []))).toEqual([]);
  });

  it('leave a leak and large contexts apart only where the app tells of its contexts', () => {
    const withheld = recordings.filter(
      ({ provocation: { row, metrics } }) =>
        ['leak', 'contexts', 'cycles'].includes(row) && metrics !== 'full',
    );
    expect(withheld.length).toBeGreaterThan(2);
    expect(withheld.map((one) => judge(one).said)).toEqual(withheld.map(() => 'unclear'));
  });
});

describe('what is provoked', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(provocations(3, 30)).toEqual(provocations(3, 30));
    expect(provocations(3, 30)).not.toEqual(provocations(4, 30));
  });

  it('is to a third or more mixtures and healthy controls, with the metrics withheld in about half', () => {
    const all = [1, 2, 3, 4].flatMap((seed) => provocations(seed, 60));
    const others = all.filter(({ row }) => !pureRows.includes(row)).length / all.length;
    const withheld = all.filter(({ metrics }) => metrics !== 'full').length / all.length;
    expect(others).toBeGreaterThanOrEqual(1 / 3);
    expect(withheld).toBeGreaterThan(0.4);
    expect(withheld).toBeLessThan(0.6);
  });
});
