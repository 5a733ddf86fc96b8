import { describe, expect, it } from 'vitest';
import type { SampleRequest } from '../../../model/activities.js';
import type { LeaseReply, LeaseRequest } from '../../../model/governor.js';
import type { JsonObject } from '../../../model/json.js';
import { decode } from '../../../replay/backtest/decode.js';
import { leaseUnder } from '../../../replay/backtest/lease.js';
import { nearAt } from '../../../replay/backtest/nearness.js';
import { answerTo, sameQuestion } from '../../../replay/backtest/questions.js';
import { nowhereEasier, synthesise } from '../../../replay/backtest/samples.js';
import { type Reading, statesOf } from '../../../replay/backtest/states.js';
import { isoOf, microsOf, moved, second } from '../../../replay/backtest/times.js';
import { recording } from './kit.js';

const start = microsOf('2026-11-01T03:00:00Z');
const target = { key: 'tanks/here/a', kind: 'tank', scope: 'tanks/here' };

function wait(given: Partial<SampleRequest>): SampleRequest {
  return { target, runbook: 'TANK-1', seconds: 60, everySeconds: 10, stopWhen: {}, ...given };
}

/** Readings of a tank of 100, so many seconds after the start. */
function readings(...points: readonly (readonly [seconds: number, used: number])[]): readonly Reading[] {
  return points.map(([seconds, used]) => {
    const at = start + seconds * second;
    return { at, sample: { at: isoOf(at), used, limit: 100 } };
  });
}

const every10 = readings(...[0, 10, 20, 30, 40, 50, 60].map((at) => [at, 95 - at / 2] as const));

describe('a wait put together from readings', () => {
  it('takes those of the same moments, and ends in its time', () => {
    const made = synthesise(every10, start, 0, wait({ seconds: 30 }), 0);
    expect(made).toMatchObject({ at: start + 30 * second, stretched: 0, result: { stoppedBy: 'time' } });
    expect('result' in made && made.result.samples.map(({ used }) => used)).toEqual([95, 90, 85, 80]);
  });

  it('ends where the rule of the activity ends it', () => {
    const stopWhen = { belowPercent: { percent: 81, inARow: 3 } };
    const made = synthesise(every10, start, 0, wait({ stopWhen }), 0);
    expect(made).toMatchObject({ at: start + 50 * second, result: { stoppedBy: 'belowPercent' } });
  });

  it('carries the time of the backtest', () => {
    const made = synthesise(every10, start, 0, wait({ seconds: 10 }), 3600 * second);
    expect('result' in made && made.result.samples.map(({ at }) => at)).toEqual([
      '2026-11-01T04:00:00.000Z',
      '2026-11-01T04:00:10.000Z',
    ]);
  });

  it('takes no more than was asked for from readings that are denser', () => {
    const dense = readings(...Array.from({ length: 61 }, (_, n) => [n, 95] as const));
    const made = synthesise(dense, start, 0, wait({ seconds: 30, everySeconds: 10 }), 0);
    expect('result' in made && made.result.samples.length).toBeLessThanOrEqual(7);
  });

  it('knows nothing where they end before the rule decides', () => {
    const made = synthesise(every10, start, 0, wait({ seconds: 300 }), 0);
    expect(made).toEqual({ knownUntil: start + 70 * second });
  });

  it('knows nothing where there is a long gap, and bridges a short one', () => {
    const request = wait({ seconds: 120 });
    const long = readings([0, 95], [10, 95], [100, 95], [110, 95], [120, 95]);
    expect(synthesise(long, start, 0, request, 0)).toEqual({ knownUntil: start + 20 * second });
    const short = readings([0, 95], [10, 95], [60, 95], [110, 95], [120, 95]);
    expect(synthesise(short, start, 0, request, 0)).toMatchObject({ stretched: 20 * second });
  });

  it('knows nothing where nothing was read', () => {
    expect(synthesise([], start, 0, wait({}), 0)).toEqual({ knownUntil: start });
  });
});

it('a reading stands for a minute, or for a tenth of the age of its state', () => {
  expect(nearAt(30 * second)).toBe(60 * second);
  expect(nearAt(7200 * second)).toBe(720 * second);
});

it.each([
  [{ belowPercent: { percent: 80, inARow: 3 } }, { belowPercent: { percent: 80, inARow: 3 } }, true],
  [{ belowPercent: { percent: 80, inARow: 3 } }, { belowPercent: { percent: 70, inARow: 3 } }, true],
  [{ belowPercent: { percent: 80, inARow: 3 } }, { belowPercent: { percent: 85, inARow: 3 } }, false],
  [{ belowPercent: { percent: 80, inARow: 3 } }, { belowPercent: { percent: 80, inARow: 2 } }, false],
  [{}, { belowPercent: { percent: 80, inARow: 3 } }, false],
  [{ atOrAbovePercent: 90 }, { atOrAbovePercent: 95 }, true],
  [{ atOrAbovePercent: 90 }, { atOrAbovePercent: 85 }, false],
  [{ atOrAbovePercent: 90, killsAbove: 1 }, { killsAbove: 2 }, true],
  [{ otherThan: { id: 'a' } }, { otherThan: { id: 'b' } }, false],
])('a silent wait by %j says the same for %j: %s', (recorded, asked, same) => {
  expect(nowhereEasier(recorded, asked)).toBe(same);
});

describe('the governor’s answer under other limits', () => {
  const lease: LeaseRequest = {
    changeId: 'a/1',
    incident: 'incident/a',
    target: target.key,
    touches: [target.key],
    seconds: 60,
    budget: { perObjectPerHour: 3, perScopePerHour: 20, atOnce: 2 },
    cooldownSeconds: 0,
    severity: 'critical',
    decided: false,
  };
  const granted = (day: number): LeaseReply => ({
    granted: true,
    until: '2026-11-01T04:00:00.000Z',
    recurrence: { day, week: day, month: day },
  });
  const budget = (given: Partial<LeaseRequest['budget']>) => ({ budget: { ...lease.budget, ...given } });

  it.each<[string, number, Partial<LeaseRequest>, Partial<LeaseRequest>, string]>([
    ['the same', 0, {}, {}, 'granted'],
    ['more', 2, {}, budget({ perObjectPerHour: 9 }), 'granted'],
    ['fewer, but more than there were in a whole day', 1, {}, budget({ perObjectPerHour: 2 }), 'granted'],
    ['fewer than there may have been', 2, {}, budget({ perObjectPerHour: 2 }), 'unknown'],
    ['none at all', 0, {}, budget({ atOnce: 0 }), 'budget'],
    ['fewer in the scope', 0, {}, budget({ perScopePerHour: 5 }), 'unknown'],
    ['without the person, the third time in a day', 2, { decided: true }, {}, 'recurrence'],
    ['without the person, the first time', 0, { decided: true }, { cooldownSeconds: 600 }, 'granted'],
    ['without the person, cooling down perhaps', 1, { decided: true }, { cooldownSeconds: 600 }, 'unknown'],
    ['a longer cooldown', 1, { cooldownSeconds: 60 }, { cooldownSeconds: 600 }, 'unknown'],
    ['a shorter cooldown', 1, { cooldownSeconds: 60 }, { cooldownSeconds: 30 }, 'granted'],
  ])('%s', (_name, day, then, now, said) => {
    const reply = leaseUnder({ lease: { ...lease, ...then }, reply: granted(day) }, { ...lease, ...now });
    expect(reply === undefined ? 'unknown' : reply.granted ? 'granted' : reply.guardrail).toBe(said);
  });

  it('refuses where it refused, and is not told otherwise', () => {
    const refused: LeaseReply = {
      granted: false,
      guardrail: 'budget',
      why: 'enough for now',
      recurrence: { day: 3, week: 3, month: 3 },
    };
    expect(leaseUnder({ lease, reply: refused }, lease)).toBe(refused);
    expect(
      leaseUnder({ lease, reply: refused }, { ...lease, ...budget({ perObjectPerHour: 9 }) }),
    ).toBeUndefined();
  });
});

describe('a history taken apart', () => {
  it('puts everything into the state in which it was', () => {
    const states = statesOf(decode(recording('temporary-change-undone-after-recovery').history.events));
    expect(states.map(({ sentences }) => sentences.length)).toEqual([0, 1, 2, 3, 4]);
    expect(states.map(({ key }) => key.split(', ').at(-1)?.split(' ')[0] ?? '')).toEqual([
      '',
      'do',
      'do',
      'do',
      'undo',
    ]);
    const last = states.at(3);
    expect(last?.readings.every(({ sample }) => (sample.used ?? 0) <= 20)).toBe(true);
  });

  it('keeps an alert that our own change caused with that change', () => {
    const states = statesOf(decode(recording('alert-that-our-restart-caused').history.events));
    const during = states.flatMap((state) => [...state.during.values()].flat());
    const after = states.slice(1).flatMap(({ messages }) => messages);
    const names = [...during, ...after].map(({ value }) => (value as JsonObject).name);
    expect(names).toContain('TankDown');
    expect(states[0]?.messages.map(({ value }) => (value as JsonObject).name)).not.toContain('TankDown');
  });

  it('hears of what came in a task that failed with the next one', () => {
    const { events } = recording('observed').history;
    const started = events.findIndex(({ eventType }) => eventType === 'EVENT_TYPE_WORKFLOW_TASK_STARTED');
    const failed = events.map((event, n) =>
      n === started + 1 ? { ...event, eventType: 'EVENT_TYPE_WORKFLOW_TASK_FAILED' } : event,
    );
    expect(decode(failed).firstTaskAt).toBeGreaterThan(decode(events).firstTaskAt);
  });
});

it('times keep their microseconds, and move', () => {
  expect(microsOf('2026-11-22T06:33:20.011018718Z') % second).toBe(11_018);
  expect(isoOf(microsOf('2026-11-22T06:33:20.011999Z'))).toBe('2026-11-22T06:33:20.011Z');
  expect(moved('2026-11-22T06:33:20.011Z', 1_500_000)).toBe('2026-11-22T06:33:21.511Z');
  expect(moved('not a time', second)).toBe('not a time');
});

it('an answer to a change out of which a secret was taken is one to what is left of it', () => {
  const message = {
    kind: 'update',
    name: 'decide',
    value: { hash: 'with', answer: 'approve', by: 'ana' },
    attributes: {},
    at: start,
    order: 7,
  } as const;
  const recorded = {
    askedAt: start,
    closedAt: start,
    closed: true,
    answers: [message],
    hash: 'without',
    answered: 'with',
  };
  const open = { hash: 'without', sentence: 'Restart tank a' };
  expect(sameQuestion([recorded], new Set(), open)).toBe(recorded);
  expect(sameQuestion([recorded], new Set([recorded]), open)).toBeUndefined();
  expect(answerTo(message, recorded, open).value).toMatchObject({ hash: 'without', by: 'ana' });
  expect(answerTo({ ...message, value: { hash: 'stale' } }, recorded, open).value).toEqual({ hash: 'stale' });
});

it('an encrypted history is not taken apart', () => {
  const { events } = recording('observed').history;
  const [first, ...rest] = events;
  const sealed = JSON.parse(
    JSON.stringify(first).replaceAll(
      '"anNvbi9wbGFpbg=="',
      JSON.stringify(Buffer.from('binary/encrypted').toString('base64')),
    ),
  ) as JsonObject;
  expect(() => decode([sealed, ...rest])).toThrow('may be encrypted');
});
