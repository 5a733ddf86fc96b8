import { describe, expect, it } from 'vitest';
import { isPast, mustTell, planRun, resultOf, stateOf, tooSeldom } from '../../../model/archiver.js';

const at = '2026-11-22T12:00:00.000Z';
const now = Date.parse(at);
const hours = (count: number): string => new Date(now + count * 3_600_000).toISOString();
const hour = 3600;
const day = 24 * hour;

describe('what a run looks at', () => {
  it('is everything where nothing is remembered', () => {
    expect(planRun(undefined, hour, now)).toEqual({ mayPruneByAge: false });
  });

  it('is what is new, with an hour more, since visibility lags', () => {
    const before = { at: hours(-1), sweptAt: hours(-2), cursor: hours(-1) };
    expect(planRun(before, hour, now)).toEqual({ mayPruneByAge: true, since: hours(-2) });
  });

  it.each([
    ['a day has passed since it last was', { at: hours(-1), cursor: hours(-1), sweptAt: hours(-24) }],
    ['it never was', { at: hours(-1), cursor: hours(-1) }],
    ['the clock was a day ahead', { at: hours(-1), cursor: hours(-1), sweptAt: hours(24) }],
    ['what closed last is yet to come', { at: hours(-1), cursor: hours(48), sweptAt: hours(-1) }],
  ])('is everything where %s', (_, before) => {
    expect(planRun(before, hour, now).since).toBeUndefined();
  });
});

describe('pruning for age', () => {
  it.each([
    ['the last run was long ago', hours(-49), false],
    ['the last run is yet to come', hours(1), false],
    ['the last run was yesterday', hours(-24), true],
  ])('where %s: %s %s', (_, before, may) => {
    expect(planRun({ at: before }, hour, now).mayPruneByAge).toBe(may);
  });

  it('waits three turns of a slow schedule', () => {
    expect(planRun({ at: hours(-24 * 6) }, 2 * day, now).mayPruneByAge).toBe(true);
    expect(planRun({ at: hours(-24 * 7) }, 2 * day, now).mayPruneByAge).toBe(false);
  });
});

describe('what is not archived any more', () => {
  it('is what the retention would take at once, and what was pruned', () => {
    expect(isPast(hours(-3), { keepSeconds: 2 * hour }, now)).toBe(true);
    expect(isPast(hours(-1), { keepSeconds: 2 * hour }, now)).toBe(false);
    expect(isPast(hours(-1), { prunedUntil: hours(-1) }, now)).toBe(true);
    expect(isPast(hours(-1), {}, now)).toBe(false);
    // Pruned under a clock that was ahead.
    expect(isPast(hours(-1), { prunedUntil: hours(48) }, now)).toBe(false);
  });
});

describe('people are told', () => {
  const namespaceSeconds = 30 * day;
  it('three days before Temporal forgets an incident, once a day', () => {
    expect(mustTell(hours(-24 * 26), { namespaceSeconds }, now)).toBe(false);
    expect(mustTell(hours(-24 * 27 - 1), { namespaceSeconds }, now)).toBe(true);
    expect(mustTell(hours(-24 * 28), { namespaceSeconds, escalatedAt: hours(-23) }, now)).toBe(false);
    expect(mustTell(hours(-24 * 28), { namespaceSeconds, escalatedAt: hours(-24) }, now)).toBe(true);
    expect(mustTell(hours(-24 * 28), { namespaceSeconds, escalatedAt: hours(48) }, now)).toBe(true);
  });

  it('of a retention of a day, six hours before', () => {
    expect(mustTell(hours(-17), { namespaceSeconds: day }, now)).toBe(false);
    expect(mustTell(hours(-19), { namespaceSeconds: day }, now)).toBe(true);
  });

  it('that the archiver runs too seldom for the retention', () => {
    expect(tooSeldom(hour, namespaceSeconds)).toBeUndefined();
    expect(tooSeldom(hour, day)).toBeUndefined();
    expect(tooSeldom(6 * hour, day)).toMatch(/runs every .* and Temporal keeps/);
  });
});

describe('what a run has left', () => {
  const state = {
    at,
    cursor: hours(-1),
    sweptAt: hours(-2),
    newest: { workflowId: 'incident/a', runId: 'r', closedAt: hours(-1) },
    prunedUntil: hours(-9),
    namespaceSeconds: day,
    pruneDue: true,
    escalatedAt: hours(-3),
  };

  it('is read as it was written', () => {
    expect(stateOf({ state })).toEqual(state);
    const result = { state, written: 1, there: 2, failed: 0, failures: [], pruned: 0, prunedBytes: 0 };
    expect(resultOf(JSON.parse(JSON.stringify(result)))).toEqual(result);
  });

  it.each([[undefined], [null], ['text'], [{}], [{ state: null }], [{ state: { at: 'yesterday' } }]])(
    'is nothing where it is %j',
    (value) => {
      expect(stateOf(value)).toBeUndefined();
      expect(resultOf(value)).toBeUndefined();
    },
  );

  it('is believed only where it makes sense', () => {
    expect(stateOf({ state: { at, cursor: 7, newest: { runId: 'r' }, namespaceSeconds: 'x' } })).toEqual({
      at,
    });
  });
});
