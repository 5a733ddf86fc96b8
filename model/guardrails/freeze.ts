import type { Change } from '../change.js';
import type { FreezeWindow } from '../policy.js';
import { allow, disruptsNothing, type Guardrail, refuse } from './guardrail.js';
import { reaches } from './patterns.js';

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** In a freeze window nothing disruptive is done, not even with a decision. */
export const freeze: Guardrail = {
  name: 'freeze',
  rule: 'In a freeze window nothing disruptive is done, not even with a decision.',
  judge(change, { policy }, { now }) {
    if (disruptsNothing(change)) return allow('disrupts nothing, so no freeze window binds it');
    const frozen = policy.freezes.find((window) => binds(window, change) && isFrozen(window, now));
    if (!frozen) return allow('no freeze window is open');
    return refuse(`freeze window '${frozen.name}' is open until ${frozen.to} (${frozen.timeZone})`);
  },
};

function binds({ targets }: FreezeWindow, change: Change): boolean {
  return targets === undefined || targets.some((pattern) => reaches(change, pattern) !== undefined);
}

/**
 * True where the window is open at that moment. It is compared with the clock on the wall of its time zone, so it
 * moves with daylight saving time. A window that runs past midnight belongs to the day on which it starts.
 * Throws `RangeError` on an unknown time zone or an unreadable time.
 */
export function isFrozen(window: FreezeWindow, now: string): boolean {
  const { day, minute } = wallClock(now, window.timeZone);
  const from = minutes(window.from);
  const to = minutes(window.to);
  const onDay = (index: number) =>
    window.days.length === 0 || window.days.includes(weekdays[index % 7] ?? '');
  if (to > from) return onDay(day) && minute >= from && minute < to;
  return (onDay(day) && minute >= from) || (onDay(day + 6) && minute < to);
}

function wallClock(now: string, timeZone: string): { readonly day: number; readonly minute: number } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(new Date(now));
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? '';
  const day = weekdays.indexOf(part('weekday').toLowerCase());
  const minute = Number(part('hour')) * 60 + Number(part('minute'));
  if (day < 0 || Number.isNaN(minute)) throw new RangeError(`no wall clock for ${timeZone}`);
  return { day, minute };
}

function minutes(time: string): number {
  const match = /^(\d\d):(\d\d)$/.exec(time);
  if (!match) throw new RangeError(`'${time}' is no time of day (HH:MM)`);
  return Number(match[1]) * 60 + Number(match[2]);
}
