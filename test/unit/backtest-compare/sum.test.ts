import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare } from '../../../model/backtest/compare.js';
import type { IncidentDifference } from '../../../model/backtest/difference.js';
import { failConditions, failing } from '../../../model/backtest/fail-on.js';
import { movesOf } from '../../../model/backtest/read-moves.js';
import { sum } from '../../../model/backtest/sum.js';
import { pairOf } from './recorded.js';
import { type How, ladder, type Step, tale } from './tale.js';

const hows: readonly How[] = [
  'auto',
  'approved',
  'approvedByTwo',
  'rejected',
  'expired',
  'void',
  'refused',
  'refusedByLevel',
  'superseded',
  'failed',
];
const remedies = ladder.map(({ remedy }) => remedy);

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ skip: fc.constantFrom(...remedies), why: fc.constantFrom('too small', 'switched off') }),
  fc.record({
    rung: fc.constantFrom(...remedies),
    how: fc.constantFrom(...hows),
    after: fc.constantFrom(0, 5, 60, 900),
    helped: fc.boolean(),
    variant: fc.constantFrom('', 'gently'),
  }),
  fc.record({ watch: fc.constantFrom(5, 60, 600) }),
  fc.record({ soak: fc.constantFrom(10, 30), passed: fc.boolean() }),
  fc.record({ wait: fc.constantFrom(1, 30) }),
  fc.constant<Step>({ escalate: 'the deadline has passed' }),
);

const steps = fc.array(step, { maxLength: 8 });
const end = fc.constantFrom(
  ...(['recovered', 'self-recovered', 'escalated', 'declined', 'observed'] as const),
);

/** An incident and what a candidate made of it: to its end, up to somewhere, or not at all. */
const compared: fc.Arbitrary<IncidentDifference> = fc
  .record({
    id: fc.stringMatching(/^[a-z2-7]{8}$/),
    recorded: steps,
    candidate: fc.option(steps),
    ends: fc.tuple(end, end),
    known: fc.constantFrom('all', 'all', 'part', 'failed'),
    cut: fc.nat(30),
  })
  .map(({ id, recorded, candidate, ends, known, cut }) => {
    const facts = tale(id, ...recorded, { end: ends[0] });
    const whole = tale(id, ...(candidate ?? recorded), { end: ends[1] });
    if (known === 'all') return compare(pairOf(facts, whole));
    const part = whole.slice(0, Math.min(1 + cut, whole.length - 1));
    const more =
      known === 'failed'
        ? { failed: 'a defect' }
        : { unknown: { asked: 'look', why: 'never looked', at: part.at(-1)!.at } };
    return compare(pairOf(facts, part, more));
  });

describe('any comparison', () => {
  it('of an incident with itself finds nothing', () => {
    fc.assert(
      fc.property(steps, end, (taken, outcome) => {
        const facts = tale('k3f7x2ab', ...taken, { end: outcome });
        const { status, differences, restarts, recorded, candidate } = compare(pairOf(facts, facts));
        expect({ status, differences, restarts }).toEqual({
          status: 'same',
          differences: [],
          restarts: { saved: 0, added: 0 },
        });
        expect(candidate).toEqual(recorded);
      }),
    );
  });

  it('of an incident with a part of itself finds nothing that differs, saves nothing and adds nothing', () => {
    fc.assert(
      fc.property(steps, fc.nat(40), (taken, cut) => {
        const facts = tale('k3f7x2ab', ...taken, { end: 'recovered' });
        const part = facts.slice(0, Math.min(1 + cut, facts.length - 1));
        const unknown = { asked: 'look', why: 'never looked', at: part.at(-1)!.at };
        const { status, differences, restarts } = compare(pairOf(facts, part, { unknown }));
        expect(status).toBe('unknown');
        // A wait that is cut short has no length yet, and what was cut off in the middle has no answer.
        expect(differences).toEqual([]);
        expect(restarts.saved).toBe(0);
      }),
    );
  });

  it('has every move of both sides once, each side in its order', () => {
    fc.assert(
      fc.property(steps, steps, end, end, (a, b, one, other) => {
        const recorded = tale('k3f7x2ab', ...a, { end: one });
        const candidate = tale('k3f7x2ab', ...b, { end: other });
        const rows = compare(pairOf(recorded, candidate)).ladder;
        expect(rows.flatMap((row) => row.recorded ?? [])).toEqual(movesOf(recorded));
        expect(rows.flatMap((row) => row.candidate ?? [])).toEqual(movesOf(candidate));
      }),
    );
  });
});

describe('the sum', () => {
  it('adds up, and names only incidents that there are', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(compared, { maxLength: 12, selector: ({ incident }) => incident.shortId }),
        (all) => {
          const total = sum(all, [{ name: 'x', why: 'terminated' }]);
          const { same, different, unknown, failed, restarts, decisions, recovered } = total;
          expect(same.count + different.count + unknown.count + failed.count).toBe(all.length);
          expect(total.incidents).toBe(all.length);
          expect(total.leftOut).toEqual({ count: 1, incidents: ['x'] });
          expect(restarts.recorded - restarts.saved.count + restarts.added.count).toBe(restarts.candidate);
          expect(restarts.savedSoFar.count).toBeLessThanOrEqual(restarts.saved.count);
          expect(decisions.recorded - decisions.fewer.count + decisions.more.count).toBe(decisions.candidate);
          expect(recovered.recorded - recovered.lost.count + recovered.gained.count).toBe(
            recovered.candidate,
          );
          const ids = new Set(all.map(({ incident }) => incident.shortId));
          for (const { incidents } of total.groups) {
            expect(new Set(incidents).size).toBe(incidents.length);
            for (const id of incidents) expect(ids).toContain(id);
          }
          const groups = new Set(total.groups.flatMap(({ incidents }) => incidents));
          expect(groups).toEqual(
            new Set(
              all.filter(({ differences }) => differences.length > 0).map(({ incident }) => incident.shortId),
            ),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  const restart = 'restart-container';
  const pair = (id: string, recorded: readonly Step[], candidate: readonly Step[], unknown = false) =>
    compare(
      pairOf(
        tale(id, ...recorded),
        tale(id, ...candidate),
        unknown ? { unknown: { asked: 'look', why: 'never looked', at: '2026-11-01T00:00:30.000Z' } } : {},
      ),
    );
  const all = [
    pair(
      'same',
      [{ rung: restart, how: 'auto' }, { end: 'recovered' }],
      [{ rung: restart, how: 'auto' }, { end: 'recovered' }],
    ),
    pair(
      'saved',
      [{ rung: restart, how: 'approved', after: 600 }, { end: 'recovered' }],
      [{ rung: 'clear-caches', how: 'auto' }, { end: 'recovered' }],
    ),
    pair(
      'sofar',
      [{ rung: restart, how: 'approved' }, { end: 'recovered' }],
      [{ skip: restart, why: 'it grows slowly' }, { watch: 10 }],
      true,
    ),
    pair('added', [{ end: 'self-recovered' }], [{ rung: restart, how: 'approved' }, { end: 'escalated' }]),
    pair('newly', [{ end: 'escalated' }], [{ end: 'recovered' }]),
    pair('broken', [{ rung: restart, how: 'auto' }, { end: 'recovered' }], [], true),
  ];

  it('names the incidents behind every figure', () => {
    expect(sum(all)).toMatchObject({
      incidents: 6,
      same: { count: 1, incidents: ['same'] },
      different: { count: 3, incidents: ['saved', 'added', 'newly'] },
      unknown: { count: 2, incidents: ['sofar', 'broken'] },
      restarts: {
        recorded: 3,
        candidate: 2,
        saved: { count: 2, incidents: ['saved', 'sofar'] },
        savedSoFar: { count: 1, incidents: ['sofar'] },
        added: { count: 1, incidents: ['added'] },
        atLeast: true,
      },
      decisions: {
        recorded: 2,
        candidate: 1,
        fewer: { count: 2, incidents: ['saved', 'sofar'] },
        more: { count: 1, incidents: ['added'] },
      },
      recovered: {
        recorded: 3,
        candidate: 3,
        lost: { count: 1, incidents: ['added'] },
        gained: { count: 1, incidents: ['newly'] },
      },
      secondsToRecovery: { sooner: { count: 600, incidents: ['saved'] }, later: { count: 0, incidents: [] } },
    });
  });

  it('has the ways of deciding otherwise by rung, the commonest first', () => {
    expect(sum(all).groups.map(({ kind, remedy, incidents }) => [kind, remedy, incidents])).toEqual([
      ['skipped', restart, ['saved', 'sofar']],
      ['outcome', undefined, ['added', 'newly']],
      ['added', 'clear-caches', ['saved']],
      ['added', restart, ['added']],
      ['watched', undefined, ['sofar']],
    ]);
  });

  it('fails on what it is told to fail on, and names the incidents', () => {
    expect(failing(failConditions, all).map(({ condition, incidents }) => [condition, incidents])).toEqual([
      ['more-restarts', ['added']],
      ['unrecovered', ['added']],
      ['unknown', ['sofar', 'broken']],
      ['more-decisions', ['added']],
      ['different', ['saved', 'sofar', 'added', 'newly']],
    ]);
    expect(failing(['unrecovered'], all)[0]?.sentence).toBe(
      'unrecovered: it no longer recovers in 1 incident: added',
    );
    expect(failing(['more-restarts', 'unknown'], all.slice(0, 2))).toEqual([]);
  });

  it('lets a restart that is saved so far make up for no other', () => {
    const traded = [
      { skip: restart, why: 'no' },
      { rung: 'restart-service', how: 'auto' },
    ] as const;
    const was: readonly Step[] = [{ rung: restart, how: 'auto' }, { end: 'recovered' }];
    expect(failing(['more-restarts'], [pair('a', was, [...traded, { end: 'recovered' }])])).toEqual([]);
    expect(failing(['more-restarts'], [pair('a', was, traded, true)])).toHaveLength(1);
  });
});
