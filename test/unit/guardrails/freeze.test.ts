import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFrozen } from '../../../model/guardrails/freeze.js';
import type { FreezeWindow } from '../../../model/policy.js';

const window = (from: string, to: string, days: string[] = [], timeZone = 'Europe/Berlin'): FreezeWindow => ({
  name: 'w',
  days,
  from,
  to,
  timeZone,
});

describe('a freeze window', () => {
  it.each([
    // Berlin is UTC+1 in winter and UTC+2 in summer.
    ['winter, before', window('09:00', '17:00'), '2026-01-15T07:59:59Z', false],
    ['winter, at its start', window('09:00', '17:00'), '2026-01-15T08:00:00Z', true],
    ['winter, at its end', window('09:00', '17:00'), '2026-01-15T16:00:00Z', false],
    ['summer, an hour earlier in UTC', window('09:00', '17:00'), '2026-07-15T07:00:00Z', true],
    ['summer, its end', window('09:00', '17:00'), '2026-07-15T15:00:00Z', false],
    ['past midnight, evening of its day', window('22:00', '06:00', ['fri']), '2026-01-16T22:30:00Z', true],
    ['past midnight, morning after its day', window('22:00', '06:00', ['fri']), '2026-01-17T04:30:00Z', true],
    [
      'past midnight, evening after its day',
      window('22:00', '06:00', ['fri']),
      '2026-01-17T22:30:00Z',
      false,
    ],
    ['past midnight, morning of its day', window('22:00', '06:00', ['fri']), '2026-01-16T04:30:00Z', false],
    [
      'the day is that of the time zone',
      window('00:00', '12:00', ['sat'], 'Pacific/Auckland'),
      '2026-01-16T20:00:00Z',
      true,
    ],
    ['equal ends are a whole day', window('00:00', '00:00', ['sun'], 'UTC'), '2026-01-18T23:59:59Z', true],
    ['equal ends, the day after', window('00:00', '00:00', ['sun'], 'UTC'), '2026-01-19T00:00:00Z', false],
    [
      'spring: 02:30 does not exist, the hour after is open',
      window('02:00', '04:00'),
      '2026-03-29T01:00:00Z',
      true,
    ],
    ['spring: before the jump', window('02:00', '04:00'), '2026-03-29T00:59:59Z', false],
    ['autumn: the first 02:30', window('02:00', '03:00'), '2026-10-25T00:30:00Z', true],
    ['autumn: the second 02:30', window('02:00', '03:00'), '2026-10-25T01:30:00Z', true],
    ['autumn: after both', window('02:00', '03:00'), '2026-10-25T02:00:00Z', false],
  ])('%s', (_what, frozen, now, expected) => {
    expect(isFrozen(frozen, now)).toBe(expected);
  });

  it('and the one from its end to its start together cover the clock exactly once', () => {
    const time = fc
      .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
      .map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`);
    const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/St_Johns');
    const moment = fc.date({ min: new Date('2026-01-01'), max: new Date('2027-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(time, time, zone, moment, (from, to, timeZone, at) => {
        fc.pre(from !== to);
        const now = at.toISOString();
        const one = isFrozen(window(from, to, [], timeZone), now);
        const other = isFrozen(window(to, from, [], timeZone), now);
        expect(one).not.toBe(other);
      }),
    );
  });
});
