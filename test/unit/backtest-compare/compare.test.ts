import { describe, expect, it } from 'vitest';
import { compare } from '../../../model/backtest/compare.js';
import { moveText } from '../../../model/backtest/words.js';
import { edited, later, pairOf, recordedFacts, recordedNames, shifted, upTo } from './recorded.js';
import { type Step, tale } from './tale.js';

const restart = 'restart-container';
const clear = 'clear-caches';
const soak: Step = { soak: 30, passed: true };
const recovered: readonly Step[] = [soak, { end: 'recovered' }];
const escalated: readonly Step[] = [{ escalate: 'no remedy is left' }, { end: 'escalated' }];

const told = (recorded: readonly Step[], candidate: readonly Step[]) =>
  compare(pairOf(tale('k3f7x2ab', ...recorded), tale('k3f7x2ab', ...candidate)));

/** Recorded steps, the candidate's, and the differences as kind and sentence. */
const cases: readonly (readonly [
  what: string,
  recorded: readonly Step[],
  candidate: readonly Step[],
  differences: readonly (readonly [string, string])[],
])[] = [
  [
    'a restart that goes without asking',
    [{ rung: restart, how: 'approved', after: 423 }, ...recovered],
    [{ rung: restart, how: 'auto' }, ...recovered],
    [
      [
        'automatic',
        '“Restart the container” goes ahead without asking (autonomy is allow); recorded: it was asked for, and approved by ana after a wait of 7 min 3 s.',
      ],
    ],
  ],
  [
    'a restart that is asked for now',
    [{ rung: restart, how: 'auto' }, ...recovered],
    [{ rung: restart, how: 'rejected', after: 5 }, { end: 'declined' }],
    [
      [
        'asked',
        '“Restart the container” is asked for: it is an outage; recorded: made after 1 s, without asking.',
      ],
      ['verification', 'It is verified once less; recorded: the verification passed.'],
      ['outcome', 'It ends as declined: it is declined; recorded: recovered: it is recovered.'],
    ],
  ],
  [
    'a rung that is left out',
    [{ rung: clear, how: 'auto', helped: false }, { rung: restart, how: 'auto' }, ...recovered],
    [{ skip: clear, why: 'the cache is small.' }, { rung: restart, how: 'auto' }, ...recovered],
    [
      [
        'skipped',
        '“Clear caches” is left out: the cache is small; recorded: made after 1 s, without asking.',
      ],
      ['earlier', '“Restart the container” is made 11 s sooner: after 1 s; recorded: after 12 s.'],
    ],
  ],
  [
    'a rung that is not reached any more',
    [{ rung: clear, how: 'auto', helped: false }, { rung: restart, how: 'approved' }, ...recovered],
    [{ rung: clear, how: 'auto' }, ...recovered],
    [
      ['result', '“Clear caches” counts as having helped; recorded: not enough.'],
      [
        'skipped',
        '“Restart the container” is not reached: it has ended as recovered by then; recorded: made after 1 min 12 s, approved by ana.',
      ],
    ],
  ],
  [
    'a rung that was left out and is tried',
    [{ skip: clear, why: 'no cache is configured' }, { rung: restart, how: 'auto' }, ...recovered],
    [{ rung: clear, how: 'auto' }, ...recovered],
    [
      [
        'added',
        '“Clear caches” is tried (Relieve k3f7x2ab): made after 1 s, without asking; recorded: left out: no cache is configured.',
      ],
      [
        'skipped',
        '“Restart the container” is not reached: it has ended as recovered by then; recorded: made after 1 s, without asking.',
      ],
    ],
  ],
  [
    'a restart that a guardrail refuses',
    [{ rung: restart, how: 'approved' }, ...recovered],
    [{ rung: restart, how: 'refused', why: 'the freeze window weekend' }, ...escalated],
    [
      [
        'refused',
        '“Restart the container” is refused by guardrail freeze: the freeze window weekend; recorded: made after 1 min 1 s, approved by ana.',
      ],
      ['verification', 'It is verified once less; recorded: the verification passed.'],
      ['escalated', 'People are told at once: no remedy is left; recorded: they were not told.'],
      ['outcome', 'It ends as escalated: it is escalated; recorded: recovered: it is recovered.'],
    ],
  ],
  [
    'another guardrail that refuses',
    [{ rung: restart, how: 'refusedByLevel' }, ...escalated],
    [{ rung: restart, how: 'refused' }, ...escalated],
    [
      [
        'refused',
        '“Restart the container” is refused by guardrail freeze: night; recorded: refused by guardrail level: night.',
      ],
    ],
  ],
  [
    'a restart that is no longer refused',
    [{ rung: restart, how: 'refusedByLevel', why: 'only warning' }, ...escalated],
    [{ rung: restart, how: 'auto' }, ...escalated],
    [
      [
        'allowed',
        '“Restart the container” is no longer refused by guardrail level (only warning); candidate: made after 1 s, without asking.',
      ],
      ['escalated', 'People are told 11 s later, after 11 s; recorded: at once.'],
    ],
  ],
  [
    'rungs that changed places',
    [{ rung: clear, how: 'auto', helped: false }, { rung: restart, how: 'auto' }, ...recovered],
    [{ rung: restart, how: 'auto', helped: false }, { rung: clear, how: 'auto' }, ...recovered],
    [
      ['result', '“Restart the container” counts as not enough; recorded: it helped.'],
      ['earlier', '“Restart the container” comes earlier on the ladder than recorded.'],
      ['result', '“Clear caches” counts as having helped; recorded: not enough.'],
      ['later', '“Clear caches” is made 11 s later: after 12 s; recorded: after 1 s.'],
    ],
  ],
  [
    'the disruptive one of two that changed places as the one that moved',
    [{ rung: restart, how: 'auto', helped: false }, { rung: clear, how: 'auto' }, ...recovered],
    [{ rung: clear, how: 'auto', helped: false }, { rung: restart, how: 'auto' }, ...recovered],
    [
      ['result', '“Clear caches” counts as not enough; recorded: it helped.'],
      ['earlier', '“Clear caches” is made 11 s sooner: after 1 s; recorded: after 12 s.'],
      ['result', '“Restart the container” counts as having helped; recorded: not enough.'],
      ['later', '“Restart the container” comes later on the ladder than recorded.'],
    ],
  ],
  [
    'a change with other details',
    [{ rung: restart, how: 'auto' }, ...recovered],
    [{ rung: restart, how: 'auto', variant: 'with a grace time of 30 s' }, ...recovered],
    [
      [
        'changed',
        '“Restart the container” is another change: Restart k3f7x2ab with a grace time of 30 s; recorded: Restart k3f7x2ab.',
      ],
    ],
  ],
  [
    'a question to two, which nobody answers in time',
    [{ rung: restart, how: 'approved' }, ...escalated],
    [{ rung: restart, how: 'expired', after: 71, approvals: 2 }, ...escalated],
    [
      ['question', '“Restart the container” asks for 2 approvals; recorded: 1.'],
      ['answered', '“Restart the container” is asked for and not answered in time; recorded: approved.'],
    ],
  ],
  [
    'a change that somebody else overtakes',
    [{ rung: restart, how: 'auto' }, { end: 'recovered' }],
    [{ rung: restart, how: 'superseded' }, { end: 'recovered' }],
    [
      [
        'result',
        '“Restart the container” comes to something else: overtaken by something else: superseded; recorded: made after 1 s, without asking.',
      ],
    ],
  ],
  [
    'a longer watch and another soak',
    [{ watch: 60 }, { soak: 30, passed: false }, { end: 'escalated' }],
    [{ watch: 300 }, { soak: 20, passed: true }, { end: 'escalated' }],
    [
      ['watched', 'It is watched longer, for 5 min; recorded: for 1 min.'],
      ['watched', 'Its verification is shorter, 20 s; recorded: 30 s.'],
      [
        'verification',
        'Its verification comes to something else: passed; recorded: 1 check failed: below: 70 %.',
      ],
    ],
  ],
  [
    'a watch there was not, and people who are not told',
    [{ wait: 60 }, { escalate: 'the deadline has passed' }, { end: 'escalated' }],
    [{ watch: 60 }, { end: 'escalated' }],
    [
      ['notEscalated', 'People are not told; recorded: told after 1 min: the deadline has passed.'],
      ['watched', 'It is watched longer, for 1 min; recorded: not at all.'],
    ],
  ],
];

describe('a comparison', () => {
  it.each(recordedNames)('finds nothing where %s is worked as it was', (name) => {
    const facts = recordedFacts(name);
    const { status, differences, ladder, restarts } = compare(pairOf(facts, facts));
    expect({ status, differences, restarts }).toEqual({
      status: 'same',
      differences: [],
      restarts: { saved: 0, added: 0 },
    });
    expect(new Set(ladder.map(({ mark }) => mark))).toEqual(new Set(['same']));
  });

  it.each(cases)('finds %s', (_what, recorded, candidate, differences) => {
    const found = told(recorded, candidate);
    expect(found.differences.map(({ kind, sentence }) => [kind, sentence])).toEqual(differences);
    expect(found.status).toBe('different');
  });

  it('says of which rung, by which guardrail and by how much', () => {
    const found = told(
      [{ rung: restart, how: 'auto' }, ...recovered],
      [{ wait: 120 }, { rung: restart, how: 'auto' }, ...recovered],
    );
    expect(found.differences).toEqual([
      {
        kind: 'later',
        by: 'time',
        seconds: 120,
        runbook: 'MEM-001',
        remedy: restart,
        title: 'Restart the container',
        sentence: '“Restart the container” is made 2 min later: after 2 min 1 s; recorded: after 1 s.',
        recordedMove: 0,
        candidateMove: 0,
      },
    ]);
    const refused = told([...escalated], [{ rung: restart, how: 'refused' }, ...escalated]);
    expect(refused.differences[0]).toMatchObject({ kind: 'added', guardrail: 'freeze' });
  });

  it.each([
    [9, 'same'],
    [-9, 'same'],
    [11, 'different'],
  ])('takes %d seconds more before a restart as %s', (seconds, status) => {
    const facts = recordedFacts('recovered-by-an-automatic-restart');
    const moved = shifted(facts, ({ type }) => type === 'rungStarted', Math.max(0, seconds));
    const before = shifted(facts, ({ type }) => type === 'rungStarted', Math.max(0, -seconds));
    expect(compare(pairOf(before, moved)).status).toBe(status);
  });

  it('does not call an approval that still holds automatic', () => {
    const facts = recordedFacts('recovered-by-an-approved-restart');
    const hash = facts.flatMap((fact) => (fact.type === 'planned' ? fact.hash : []))[0];
    // Approved, not sent because nothing could be read, planned again: the engine does not ask a second time.
    const again = edited(facts, (fact) => {
      if (fact.type !== 'leased') return undefined;
      const planned = facts.find(({ type }) => type === 'planned');
      if (planned?.type !== 'planned') throw new Error('nothing was planned');
      return [{ ...planned, at: fact.at, change: { ...planned.change, id: 'other/2' } }];
    }).map((fact) =>
      'changeId' in fact && ['goingAhead', 'applied', 'settled'].includes(fact.type)
        ? { ...fact, changeId: 'other/2' }
        : fact,
    );
    const { ladder } = compare(pairOf(again, again));
    const moves = ladder.flatMap(({ recorded }) => (recorded?.type === 'change' ? recorded : []));
    expect(moves.map(({ hash: of, permission, end }) => [of === hash, permission, end])).toEqual([
      [true, 'asked', 'unfinished'],
      [true, 'approvedBefore', 'applied'],
    ]);
  });
});

describe('where nothing is known', () => {
  const recorded = recordedFacts('temporary-change-undone-after-recovery');
  const unknown = {
    asked: 'sample',
    why: 'it was never sampled in that state',
    at: later(recorded[0]!.at, 1),
  };

  it('a recorded restart beyond that point is neither missing nor saved', () => {
    const candidate = upTo(recorded, (fact) => fact.type === 'settled');
    const found = compare(pairOf(recorded, candidate, { unknown }));
    expect(found).toMatchObject({
      status: 'unknown',
      differences: [],
      restarts: { saved: 0, added: 0 },
      recorded: { restarts: 0, decisions: 0, outcome: 'recovered' },
      candidate: { restarts: 0, decisions: 0 },
      unknown: { ...unknown, afterSeconds: 1 },
    });
    expect(found.candidate.outcome).toBeUndefined();
    expect(found.ladder.map(({ mark }) => mark)).toEqual(['same', 'beyond', 'beyond', 'beyond', 'beyond']);
  });

  it('what was decided before it counts: a restart left out, a question not asked', () => {
    const skipped = tale('a', { skip: restart, why: 'it grows slowly' }, { watch: 30 });
    const found = compare(
      pairOf(tale('a', { rung: restart, how: 'approved' }, ...recovered), skipped, { unknown }),
    );
    expect(found.differences.map(({ kind }) => kind)).toEqual(['skipped', 'watched']);
    expect(found).toMatchObject({
      status: 'unknown',
      restarts: { saved: 1, added: 0 },
      recorded: { restarts: 1, decisions: 1 },
      candidate: { restarts: 0, decisions: 0 },
    });
  });

  it('a restart that went off and whose result was never recorded is one more', () => {
    const found = compare(
      pairOf(
        tale('a', { rung: clear, how: 'auto' }, ...recovered),
        tale('a', { skip: clear, why: 'later' }, { rung: restart, how: 'sent' }),
        { unknown: { ...unknown, asked: 'carryOut' } },
      ),
    );
    expect(found.restarts).toEqual({ saved: 0, added: 1 });
    expect(found.differences.map(({ kind, remedy }) => [kind, remedy])).toEqual([
      ['skipped', clear],
      ['added', restart],
    ]);
    const last = found.ladder.find(({ candidate }) => candidate?.type === 'change')?.candidate;
    expect(last && moveText(last)).toBe(
      'Restart a: sent at once, without asking; what came of it is not known',
    );
  });

  it('a question that is still open saves no restart, nor does one that lost its point', () => {
    for (const how of ['openQuestion', 'void'] as const) {
      const found = compare(
        pairOf(
          tale('a', { rung: restart, how: 'approved' }, ...recovered),
          tale('a', { rung: restart, how, after: 1 }),
          { unknown: { ...unknown, asked: 'decision' } },
        ),
      );
      expect(found.restarts).toEqual({ saved: 0, added: 0 });
      expect(found.recorded.restarts).toBe(0);
    }
  });

  it('a plan that needs nobody is told, though what comes of it is not known', () => {
    const was = tale('a', { rung: restart, how: 'rejected' }, { end: 'declined' });
    const is = upTo(tale('a', { rung: restart, how: 'auto' }), ({ type }) => type === 'planned');
    const found = compare(pairOf(was, is, { unknown: { ...unknown, asked: 'askGovernor' } }));
    expect(found.differences.map(({ kind, sentence }) => [kind, sentence])).toEqual([
      [
        'automatic',
        '“Restart the container” needs no decision (autonomy is allow); what comes of it is not known; recorded: it was asked for, and rejected by ana after a wait of 1 min.',
      ],
    ]);
    expect(found).toMatchObject({
      restarts: { saved: 0, added: 0 },
      recorded: { decisions: 1 },
      candidate: { decisions: 0 },
    });
  });

  it('a rung that the candidate has gone past is told, and saves nothing yet', () => {
    const was = tale('a', { rung: restart, how: 'auto' }, ...recovered);
    const is = tale('a', { soak: 120, passed: true });
    const found = compare(pairOf(was, is, { unknown }));
    expect(found.differences.map(({ sentence }) => sentence)).toEqual([
      '“Restart the container” had not been tried when what is known ends; recorded: made after 1 s, without asking.',
      'Its verification is longer, 2 min; recorded: 30 s.',
    ]);
    expect(found.restarts).toEqual({ saved: 0, added: 0 });
    expect(found.ladder.map(({ mark }) => mark)).toEqual(['different', 'different', 'beyond']);
  });

  it('a candidate that can’t be run has failed, with its reason', () => {
    const found = compare(pairOf(recorded, [], { failed: 'runbook is not a function' }));
    expect(found).toMatchObject({ status: 'failed', failed: 'runbook is not a function', differences: [] });
    expect(new Set(found.ladder.map(({ mark }) => mark))).toEqual(new Set(['beyond']));
  });

  it('the escalation that a defect ends in is none of the candidate’s decisions', () => {
    const defect = "a defect stopped the incident: can't read 'length'";
    const failed = edited(tale('a', { rung: clear, how: 'auto' }, ...escalated), (fact) =>
      fact.type === 'escalated' || fact.type === 'closed' ? { ...fact, why: defect } : undefined,
    );
    const was = tale('a', { rung: clear, how: 'auto' }, { rung: restart, how: 'approved' }, ...recovered);
    expect(compare(pairOf(was, failed, { failed: defect }))).toMatchObject({
      status: 'failed',
      differences: [],
      restarts: { saved: 0, added: 0 },
      recorded: { restarts: 0, decisions: 0 },
    });
  });
});
