import { describe, expect, it } from 'vitest';
import { insightsText } from '../../../client/cli/commands/insights-text.js';
import { insightsOf } from '../../../model/insights/insights.js';
import { insightsMarkdown } from '../../../model/insights/markdown.js';
import { summarise } from '../../../model/insights/summarise.js';
import { sectionsOf } from '../../../model/insights/tell.js';
import { fakeIo } from '../cli/fake-io.js';
import {
  ago,
  closedOf,
  day,
  factsOf,
  type Given,
  idOf,
  MiB,
  period,
  type Step,
  summaryOf,
} from './generate.js';

const hour = 3600;
const told = (given: readonly Given[], over = period) => insightsOf(given.map(summaryOf), over, 'of a test');
const some = (n: number, make: (n: number) => Partial<Given>): Given[] =>
  Array.from({ length: n }, (_, i) => ({ id: idOf(i), ago: (i + 1) * day, ...make(i) }));
const restart = (more: Partial<Step> = {}): Step => ({
  remedy: 'restart-container',
  kind: 'container.restart',
  disruption: 'outage',
  asks: 'autonomy',
  answer: 'approved',
  waits: 60,
  freed: 150,
  helped: true,
  ...more,
});

describe('recurrence', () => {
  it('is counted for each target and alert, in windows and by the time between', () => {
    const given = [2 * hour, 3 * day, 6 * day, 20 * day].map((before, n) => ({ id: idOf(n), ago: before }));
    const other = { id: idOf(9), ago: hour, target: 'docker/local/other' };
    const [one, ...rest] = told([...given, other]).recurrence;
    expect(rest).toEqual([]);
    expect(one).toMatchObject({
      target: 'docker/local/agent',
      alert: 'MemoryHigh',
      in24h: 1,
      in7d: 3,
      in30d: 4,
    });
    expect(one?.between).toMatchObject({ n: 3, median: 3 * day, max: 14 * day });
    expect(one?.behind).toEqual({ count: 4, newest: [0, 1, 2, 3].map(idOf) });
  });

  it('leaves out what a person opened, rehearsals, and windows longer than the period', () => {
    const given: Given[] = [
      { id: idOf(0), ago: hour },
      { id: idOf(1), ago: 2 * hour },
      { id: idOf(2), ago: 3 * hour, by: 'person:ana' },
      { id: idOf(3), ago: 4 * hour, rehearsal: true },
    ];
    const [one] = told(given, { ...period, since: ago(3 * day) }).recurrence;
    expect(one).toMatchObject({ in24h: 2, behind: { count: 2 } });
    expect(one).not.toHaveProperty('in7d');
  });
});

describe('rungs', () => {
  it('tell how often they were tried, applied, helped, and what became of the rest', () => {
    const clear = (more: Partial<Step>): Step => ({ remedy: 'clear-caches', kind: 'cache.clear', ...more });
    const steps: Step[] = [
      clear({ freed: 10, helped: false }),
      clear({ freed: 40, helped: true }),
      clear({ freed: 90, helped: true }),
      clear({ freed: -5, helped: false }),
      clear({ unknown: true }),
      clear({ refusedBy: 'hold' }),
      clear({ refusedBy: 'freeze' }),
      clear({ refusedBy: 'hold' }),
      clear({ asks: 'autonomy', answer: 'rejected', waits: 5 }),
    ];
    const [rung] = told(steps.map((step, n) => ({ id: idOf(n), ago: n * day, steps: [step] }))).rungs;
    expect(rung).toMatchObject({
      runbook: 'MEM-001',
      remedy: 'clear-caches',
      tried: 9,
      applied: 4,
      helped: 2,
      measured: 4,
      worse: 2,
      failed: 1,
      rejected: 1,
      refusedBy: { hold: 2, freeze: 1 },
      freed: { n: 4, min: -5 * MiB, median: 25 * MiB, max: 90 * MiB },
      behind: { count: 9 },
    });
  });
});

describe('decisions', () => {
  it('tell the time that people took, without a 90th percentile of a few', () => {
    const of = (waits: readonly number[]) =>
      told(waits.map((wait, n) => ({ id: idOf(n), ago: (n + 1) * day, steps: [restart({ waits: wait })] })))
        .decisions;
    expect(of([10, 20, 60]).answeredAfter).toEqual({ n: 3, min: 10, median: 20, max: 60 });
    expect(of([1, 2, 3, 4, 5, 6, 7, 8, 9, 100]).answeredAfter).toMatchObject({ n: 10, median: 5.5, p90: 9 });
  });

  it('count the ones that expired, and say in which quarter of the day it takes longer', () => {
    // The period ends at midnight: three hours before it is the evening, ten the afternoon.
    const evening = some(5, (n) => ({ ago: (n + 1) * day + 3 * hour, steps: [restart({ waits: 20 })] }));
    const noon = some(6, (n) => ({
      id: idOf(100 + n),
      ago: (n + 1) * day + 10 * hour,
      steps: [restart(n === 0 ? { waits: 600, answer: 'expired' } : { waits: 300 })],
    }));
    const { decisions } = told([...evening, ...noon]);
    expect(decisions).toMatchObject({
      asked: 11,
      approved: 10,
      expired: 1,
      behindExpired: { newest: [idOf(100)] },
    });
    expect(decisions.answeredAfter).toMatchObject({ n: 10, max: 300 });
    expect(decisions.slowHours).toMatchObject([
      { fromHour: 12, toHour: 18, waited: { median: 300 }, otherwise: { median: 20 }, expired: 1 },
    ]);
    const even = some(12, (n) => ({ ago: n * 9 * hour, steps: [restart()] }));
    expect(told(even).decisions.slowHours).toEqual([]);
  });

  it('always approved are candidates for more autonomy, with the line that would change', () => {
    const insights = told(some(5, () => ({ steps: [restart()] })));
    expect(insights.autonomy).toMatchObject([
      { target: 'docker/local/agent', kind: 'container.restart', approved: 5, helped: 5, measured: 5 },
    ]);
    const lines = sectionsOf(insights).flatMap((section) => section.lines);
    expect(lines.find(({ yaml }) => yaml)?.yaml).toEqual([
      'targets:',
      '  - key: docker/local/agent',
      '    autonomy: { byKind: { container.restart: auto } }',
    ]);
  });

  it.each<[string, readonly Given[]]>([
    ['four are too few', some(4, () => ({ steps: [restart()] }))],
    ['one was rejected', some(6, (n) => ({ steps: [restart(n === 3 ? { answer: 'rejected' } : {})] }))],
    [
      'one made it worse',
      some(6, (n) => ({ steps: [restart(n === 3 ? { freed: -20, helped: false } : {})] })),
    ],
    ['most did not help', some(6, (n) => ({ steps: [restart(n < 4 ? { freed: 0, helped: false } : {})] }))],
    ['something else asks for it, too', some(6, () => ({ steps: [restart({ asks: 'going-on' })] }))],
    ['it is never automatic', some(6, () => ({ steps: [restart({ alwaysAsk: true })] }))],
    ['it would lose data', some(6, () => ({ steps: [restart({ disruption: 'dataLoss' })] }))],
    [
      'it is automatic by now',
      [
        ...some(6, () => ({ steps: [restart()] })),
        {
          id: idOf(50),
          ago: hour,
          steps: [{ remedy: 'restart-container', kind: 'container.restart', helped: true }],
        },
      ],
    ],
  ])('always approved is no candidate where %s', (_, given) => {
    expect(told(given).autonomy).toEqual([]);
  });

  it('always rejected are rungs to drop, with the line that would change', () => {
    const no = some(3, () => ({ outcome: 'declined' as const, steps: [restart({ answer: 'rejected' })] }));
    const insights = told(no);
    expect(insights.drop).toMatchObject([{ remedy: 'restart-container', rejected: 3, behind: { count: 3 } }]);
    const text = sectionsOf(insights).flatMap(({ lines }) => lines.flatMap(({ yaml = [] }) => yaml));
    expect(text.join('\n')).toContain('policy: { remediesOff: [restart-container] }');
    expect(told(no.slice(1)).drop).toEqual([]);
    expect(told([...no, { id: idOf(9), ago: hour, steps: [restart()] }]).drop).toEqual([]);
  });
});

describe('limits', () => {
  it('are wrong where the highest peak is not 70 % of them, by the rule of the report', () => {
    const [one] = told([150, 169, 161].map((peak, n) => ({ id: idOf(n), ago: (n + 1) * day, peak }))).limits;
    expect(one).toMatchObject({
      limitBytes: 192 * MiB,
      rightBytes: 242 * MiB,
      killed: 0,
      behind: { count: 3 },
    });
  });

  it('are judged at the limit of now only, and never by a leak', () => {
    const before = some(4, (n) => ({ ago: (n + 10) * day, limit: 128, peak: 120 }));
    const now = some(2, (n) => ({ id: idOf(50 + n), peak: 169 }));
    const leak = some(3, (n) => ({ id: idOf(70 + n), peak: 190, cause: 'leak' }));
    expect(told([...before, ...now]).limits).toEqual([]);
    const insights = told([...now, ...leak]);
    expect(insights.limits).toEqual([]);
    expect(insights.leaks).toMatchObject([{ of: 5, behind: { count: 3 } }]);
    const third = { id: idOf(90), ago: hour, peak: 140 };
    expect(told([...now, ...leak, third]).limits).toMatchObject([
      { rightBytes: 242 * MiB, behind: { count: 3 } },
    ]);
  });

  it('say nothing of a host, and nothing where the peak is near 70 % already', () => {
    expect(told(some(4, () => ({ kind: 'host' }))).limits).toEqual([]);
    expect(told(some(4, () => ({ peak: 140, limit: 192 }))).limits).toEqual([]);
  });
});

describe('endings', () => {
  it('count outcomes and the time to recovery', () => {
    const good = some(3, (n) => ({ seconds: 60 * (n + 1) }));
    const { outcomes, recovery } = told([...good, { id: idOf(9), ago: day, outcome: 'escalated' }]);
    expect(outcomes.map(({ outcome, behind }) => [outcome, behind.count])).toEqual([
      ['recovered', 3],
      ['escalated', 1],
    ]);
    expect(recovery).toMatchObject([{ outcome: 'recovered', seconds: { n: 3, median: 120 } }]);
  });

  it('group why people were told, whatever figures and names stand in the reason', () => {
    const late = (name: string, n: number, after: string): Given => ({
      id: idOf(n),
      ago: day,
      target: `docker/local/${name}`,
      outcome: 'escalated',
      escalated: [`${name} stayed at ${after} %`],
    });
    const blind: Given = { id: idOf(9), ago: day, outcome: 'escalated', why: 'it could not be read' };
    const { escalations } = told([late('agent', 1, '91'), late('other', 2, '97.5'), blind]);
    expect(escalations.map(({ behind }) => behind.count)).toEqual([2, 1]);
    expect(escalations[1]?.why).toBe('it could not be read');
  });

  it('name targets of which none recovered', () => {
    const bad = some(3, () => ({ outcome: 'escalated' as const }));
    expect(told(bad).unhelped).toMatchObject([{ target: 'docker/local/agent', behind: { count: 3 } }]);
    expect(told([...bad, { id: idOf(9), ago: day, outcome: 'self-recovered' }]).unhelped).toEqual([]);
  });
});

describe('gaps', () => {
  it('that recur are told, and whether it was ever read', () => {
    const given = some(4, (n) => ({ gaps: n < 3 ? ['a', 'b'] : ['a'], read: n === 3 ? ['b'] : [] }));
    expect(told(given).gaps).toMatchObject([
      { name: 'a', never: true, of: 4, why: 'permission denied', behind: { count: 4 } },
      { name: 'b', never: false, of: 4, behind: { count: 3 } },
    ]);
    expect(told(given.slice(0, 2)).gaps).toEqual([]);
    const once = some(3, (n) => ({ gaps: ['a'], read: n === 1 ? ['a'] : [] }));
    expect(told(once).gaps).toMatchObject([{ never: false, of: 3, behind: { count: 3 } }]);
  });
});

describe('what is left out', () => {
  it('is counted and named: rehearsals, and runs without a result', () => {
    const gone = summarise({ ...closedOf({ id: idOf(1), ago: day }), status: 'TERMINATED' }, undefined);
    const insights = insightsOf(
      [gone, summaryOf({ id: idOf(2), ago: day, rehearsal: true, outcome: 'observed' })],
      period,
      'of a test',
    );
    expect(insights).toMatchObject({
      incidents: 0,
      rehearsals: { count: 1, newest: [idOf(2)] },
      withoutResult: [{ status: 'TERMINATED', behind: { count: 1, newest: [idOf(1)] } }],
      outcomes: [],
    });
    expect(insightsMarkdown(insights)).toContain(`that ended TERMINATED\n  Incidents: ${idOf(1)}`);
  });
});

describe('the telling', () => {
  it('says the period and how many first, n of m always, and a percentage only of enough', () => {
    const few = told(some(4, (n) => ({ outcome: n === 0 ? 'escalated' : 'recovered' })));
    const markdown = insightsMarkdown(few);
    expect(markdown).toMatch(
      /^# Insights\n\n4 incidents ended from 2026-08-24 to 2026-11-22 \(90 d\), of a test\. That is few/,
    );
    expect(markdown).toContain('recovered: 3 of 4, after');
    expect(
      insightsMarkdown(told(some(8, (n) => ({ outcome: n < 2 ? 'escalated' : 'recovered' })))),
    ).toContain('recovered: 6 of 8 (75 %)');
  });

  it('names the incidents behind each line, some of them, and how to see one', () => {
    const { io } = fakeIo({ columns: () => 100 });
    const text = insightsText(
      told(some(7, () => ({ steps: [restart()] }))),
      io,
      'nightshift incident show <id>',
    );
    expect(text).toContain(`${[0, 1, 2, 3, 4].map(idOf).join(', ')} and 2 more`);
    expect(text).toContain('See one: nightshift incident show <id>');
    expect(text).toContain('autonomy: { byKind: { container.restart: auto } }');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('lets nothing from outside write Markdown or move the cursor', () => {
    const insights = told([{ id: idOf(1), ago: day, outcome: 'escalated', why: '</td> *x* \u001b[2J' }]);
    expect(insightsMarkdown(insights)).toContain('\\</td> \\*x\\*');
    const { io } = fakeIo();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    expect(insightsText(insights, io, 'x')).not.toMatch(/\u001b/);
  });
});

describe('the summary of one incident', () => {
  it('stays small whatever the incident did', () => {
    const steps = Array.from({ length: 400 }, (_, n): Step => ({ ...restart(), remedy: `r${n}` }));
    const gaps = Array.from({ length: 400 }, (_, n) => `gap ${n} ${'x'.repeat(2_000)}`);
    const given: Given = { id: idOf(1), ago: day, seconds: 90_000, steps, gaps };
    expect(JSON.stringify(factsOf(given)).length).toBeGreaterThan(1_000_000);
    expect(JSON.stringify(summaryOf(given)).length).toBeLessThan(64_000);
  });
});
