import type { HoldOff, IncidentEnd, LeaseReply, LeaseRequest, Recurrence } from './governor.js';
import { unhelped } from './governor.js';
import { overlaps } from './target.js';

const hour = 3_600_000;
const day = 24 * hour;
/** The time after which a lease that is in the way is asked about again: it mostly ends early. */
const pollMs = 5_000;
/** The third disruptive change to the same thing within a day is for people to decide. */
const mostPerDay = 2;

interface Lease {
  readonly changeId: string;
  readonly incident: string;
  readonly touches: readonly string[];
  readonly until: string;
}

interface Use {
  readonly changeId: string;
  readonly touches: readonly string[];
  readonly at: string;
  readonly helped?: boolean;
}

/** What the governor of a scope remembers; carried over when it continues as new. */
export interface GovernorState {
  readonly leases: readonly Lease[];
  /** Disruptive changes of the last 30 days. */
  readonly uses: readonly Use[];
  readonly holdOffs: Readonly<
    Record<string, HoldOff & { readonly resolved: boolean; readonly repeats: number }>
  >;
}

export const emptyGovernor: GovernorState = { leases: [], uses: [], holdOffs: {} };

/** Forgets what no rule asks about any more. */
export function tidy(state: GovernorState, now: string): GovernorState {
  const time = Date.parse(now);
  return {
    leases: state.leases.filter(({ until }) => until > now),
    uses: state.uses.filter(({ at }) => time - Date.parse(at) < 30 * day).slice(-5000),
    holdOffs: Object.fromEntries(
      Object.entries(state.holdOffs).filter(([, { until }]) => time - Date.parse(until) < day),
    ),
  };
}

/**
 * Permission to disrupt. A grant is a lease with an expiry, and asking again with the same change gets the same
 * grant; a refusal says when to ask again. The change counts from the grant on: an incident that dies with it
 * may have carried it out.
 */
export function ask(
  given: GovernorState,
  request: LeaseRequest,
  now: string,
): { readonly state: GovernorState; readonly reply: LeaseReply } {
  const state = giveBack(tidy(given, now), request.unused);
  const recurrence = recurrenceOf(state, request.touches, now);
  const held = state.leases.find(({ changeId }) => changeId === request.changeId);
  if (held) return { state, reply: { granted: true, until: held.until, recurrence } };
  const refusal = refusalOf(state, request, now, recurrence);
  if (refusal) return { state, reply: { granted: false, ...refusal, recurrence } };
  const { changeId, incident, touches } = request;
  const until = plus(now, request.seconds * 1000);
  return {
    state: {
      ...state,
      leases: [...state.leases, { changeId, incident, touches, until }],
      uses: [...state.uses, { changeId, touches, at: now }],
    },
    reply: { granted: true, until, recurrence },
  };
}

/** Grants that were never sent do not count. */
function giveBack(state: GovernorState, unused: readonly string[] = []): GovernorState {
  if (unused.length === 0) return state;
  const kept = ({ changeId }: { readonly changeId: string }): boolean => !unused.includes(changeId);
  return { ...state, leases: state.leases.filter(kept), uses: state.uses.filter(kept) };
}

type Refusal = Pick<Extract<LeaseReply, { granted: false }>, 'guardrail' | 'why' | 'askAgainAt'>;

function refusalOf(
  state: GovernorState,
  request: LeaseRequest,
  now: string,
  recurrence: Recurrence,
): Refusal | undefined {
  return (
    leaseInTheWay(state, request, now) ??
    tooManyAtOnce(state, request, now) ??
    overBudget(state, request, now) ??
    (request.decided ? undefined : (tooSoon(state, request, now) ?? refusedByRecurrence(recurrence)))
  );
}

function leaseInTheWay({ leases }: GovernorState, request: LeaseRequest, now: string): Refusal | undefined {
  const other = leases.find(
    (lease) => lease.incident !== request.incident && touching(lease.touches, request.touches),
  );
  return (
    other && {
      guardrail: 'lease',
      why: `${other.incident} is changing ${other.touches.join(', ')} until ${other.until} at the latest`,
      askAgainAt: earlier(other.until, plus(now, pollMs)),
    }
  );
}

function tooManyAtOnce(
  { leases }: GovernorState,
  { incident, budget }: LeaseRequest,
  now: string,
): Refusal | undefined {
  const others = new Set(
    leases.filter((lease) => lease.incident !== incident).map((lease) => lease.incident),
  );
  if (others.size < budget.atOnce) return undefined;
  const why = `${others.size} disruptive changes are under way here, and ${budget.atOnce} are allowed at once`;
  return { guardrail: 'budget', why, askAgainAt: plus(now, pollMs) };
}

function overBudget(
  state: GovernorState,
  { touches, budget }: LeaseRequest,
  now: string,
): Refusal | undefined {
  const lately = state.uses.filter(({ at }) => Date.parse(now) - Date.parse(at) < hour);
  const same = lately.filter((use) => touching(use.touches, touches));
  const over = (uses: readonly Use[], most: number, what: string): Refusal | undefined =>
    uses.length < most
      ? undefined
      : {
          guardrail: 'budget',
          why: `${uses.length} disruptive changes ${what} in the last hour, and ${most} are allowed`,
          askAgainAt: plus((uses[uses.length - most] as Use).at, hour),
        };
  return (
    over(same, budget.perObjectPerHour, `to ${touches.join(', ')}`) ??
    over(lately, budget.perScopePerHour, 'in this scope')
  );
}

function tooSoon({ uses }: GovernorState, request: LeaseRequest, now: string): Refusal | undefined {
  const last = uses.filter((use) => touching(use.touches, request.touches)).at(-1);
  if (!last) return undefined;
  const free = plus(last.at, request.cooldownSeconds * 1000);
  if (free <= now) return undefined;
  return {
    guardrail: 'cooldown',
    why: `${last.touches.join(', ')} was changed at ${last.at}: it cools down until ${free}`,
    askAgainAt: free,
  };
}

/** The refusal of a change that nobody decided about, where the same thing was changed too often of late. */
export function refusedByRecurrence({ day: today, week, month }: Recurrence): Refusal | undefined {
  if (today < mostPerDay) return undefined;
  const why = `this would be disruptive change number ${today + 1} to it within 24 h (${week} in 7 d, ${month} in 30 d): people should decide`;
  return { guardrail: 'recurrence', why };
}

function recurrenceOf({ uses }: GovernorState, touches: readonly string[], now: string): Recurrence {
  const same = uses.filter((use) => touching(use.touches, touches));
  const within = (ms: number): number =>
    same.filter(({ at }) => Date.parse(now) - Date.parse(at) < ms).length;
  return { day: within(day), week: within(7 * day), month: within(30 * day) };
}

/** An incident has ended: its leases go back, what was never sent does not count, and the hold-off begins. */
export function end(
  given: GovernorState,
  ended: IncidentEnd,
  now: string,
): { readonly state: GovernorState; readonly holdOff: HoldOff | undefined } {
  const current = tidy(given, now);
  // A grant whose answer never arrived was never sent.
  const lost = current.leases
    .filter(
      ({ incident, changeId }) =>
        incident === ended.incident && !ended.releases.some((each) => each.changeId === changeId),
    )
    .map(({ changeId }) => changeId);
  const state = giveBack(current, lost);
  const released = new Map(ended.releases.map((release) => [release.changeId, release]));
  const leases = state.leases.filter(({ changeId }) => !released.has(changeId));
  const uses = state.uses
    .filter(({ changeId }) => released.get(changeId)?.used !== false)
    .map((use) => {
      const helped = released.get(use.changeId)?.helped;
      return helped === undefined ? use : { ...use, helped };
    });
  const { [ended.target]: before, ...others } = state.holdOffs;
  if (!unhelped.includes(ended.outcome))
    return { state: { leases, uses, holdOffs: others }, holdOff: undefined };
  const holdOff = holdOffAfter(ended, before, now);
  const holdOffs = { ...others, [ended.target]: { ...holdOff, resolved: false, repeats: 0 } };
  return { state: { leases, uses, holdOffs }, holdOff };
}

function holdOffAfter(
  ended: IncidentEnd,
  before: (HoldOff & { resolved: boolean }) | undefined,
  now: string,
): HoldOff {
  const { target, fingerprints, severity, outcome } = ended;
  const same = before && !before.resolved && before.fingerprints.some((each) => fingerprints.includes(each));
  const seconds = same ? Math.min(before.seconds * 2, ended.holdOff.maxSeconds) : ended.holdOff.firstSeconds;
  return { target, fingerprints, severity, outcome, seconds, until: plus(now, seconds * 1000) };
}

/** An alert of a target that is held off: does it get a ladder after all? */
export function heldOff(
  state: GovernorState,
  alert: { readonly target: string; readonly fingerprint: string; readonly severity: string },
  now: string,
): { readonly state: GovernorState; readonly start: boolean } {
  const held = state.holdOffs[alert.target];
  const start =
    !held ||
    held.resolved ||
    held.until <= now ||
    !held.fingerprints.includes(alert.fingerprint) ||
    (alert.severity === 'critical' && held.severity === 'warning');
  if (start || !held) return { state, start };
  const counted = { ...held, repeats: held.repeats + 1 };
  return { state: { ...state, holdOffs: { ...state.holdOffs, [alert.target]: counted } }, start };
}

/** The alert has resolved: when it fires again, it is a new one. */
export function resolvedMeanwhile(state: GovernorState, target: string, fingerprint: string): GovernorState {
  const held = state.holdOffs[target];
  if (!held?.fingerprints.includes(fingerprint)) return state;
  return { ...state, holdOffs: { ...state.holdOffs, [target]: { ...held, resolved: true } } };
}

function touching(a: readonly string[], b: readonly string[]): boolean {
  return a.some((one) => b.some((other) => overlaps(one, other)));
}

function plus(time: string, ms: number): string {
  return new Date(Date.parse(time) + ms).toISOString();
}

function earlier(a: string, b: string): string {
  return a < b ? a : b;
}
