import {
  type Difference,
  type DifferenceKind,
  differenceKinds,
  type IncidentDifference,
  isRecovered,
  type LeftOut,
  sameTime,
} from './difference.js';

/** A figure, and the short ids of the incidents behind it. */
export interface Figure {
  readonly count: number;
  readonly incidents: readonly string[];
}

/** One way of deciding otherwise, and where it was found. */
export interface DifferenceGroup {
  readonly kind: DifferenceKind;
  readonly remedy?: string;
  readonly title?: string;
  readonly guardrail?: string;
  readonly incidents: readonly string[];
}

/** What a backtest comes to over all incidents. */
export interface BacktestSum {
  /** Those that were compared: same, different, unknown and failed together. */
  readonly incidents: number;
  readonly same: Figure;
  readonly different: Figure;
  readonly unknown: Figure;
  readonly failed: Figure;
  readonly leftOut: Figure;
  /**
   * Disruptive changes that were made. `recorded` counts what could be compared. `savedSoFar` is that part of `saved`
   * that was saved up to a point from which nothing is known: it may have been made later.
   */
  readonly restarts: {
    readonly recorded: number;
    readonly candidate: number;
    readonly saved: Figure;
    readonly savedSoFar: Figure;
    readonly added: Figure;
    /** True where nothing is known of some incidents from some point on: there may be more of it beyond. */
    readonly atLeast: boolean;
  };
  readonly decisions: {
    readonly recorded: number;
    readonly candidate: number;
    readonly fewer: Figure;
    readonly more: Figure;
    readonly atLeast: boolean;
  };
  readonly recovered: {
    readonly recorded: number;
    readonly candidate: number;
    readonly lost: Figure;
    readonly gained: Figure;
  };
  /** From opening to the end, where both recovered and it differs by more than a reading. Whole seconds. */
  readonly secondsToRecovery: { readonly sooner: Figure; readonly later: Figure };
  /** The commonest first. */
  readonly groups: readonly DifferenceGroup[];
}

/** Adds up what was compared. */
export function sum(all: readonly IncidentDifference[], leftOut: readonly LeftOut[] = []): BacktestSum {
  const ofStatus = (status: IncidentDifference['status']) =>
    figure(all, (one) => (one.status === status ? 1 : 0));
  const atLeast = all.some(({ status }) => status === 'unknown' || status === 'failed');
  return {
    incidents: all.length,
    same: ofStatus('same'),
    different: ofStatus('different'),
    unknown: ofStatus('unknown'),
    failed: ofStatus('failed'),
    leftOut: { count: leftOut.length, incidents: leftOut.map(({ name }) => name) },
    restarts: { ...restarts(all), atLeast },
    decisions: { ...decisions(all), atLeast },
    recovered: recovered(all),
    secondsToRecovery: {
      sooner: figure(all, (one) => Math.max(0, -gainOf(one))),
      later: figure(all, (one) => Math.max(0, gainOf(one))),
    },
    groups: groups(all),
  };
}

/** Adds up a number of each incident, and names those where it is more than nothing. */
function figure(all: readonly IncidentDifference[], of: (one: IncidentDifference) => number): Figure {
  const counted = all.map((one) => [one.incident.shortId, of(one)] as const).filter(([, n]) => n > 0);
  return { count: total(counted.map(([, n]) => n)), incidents: counted.map(([id]) => id) };
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, n) => sum + n, 0);
}

function restarts(all: readonly IncidentDifference[]) {
  return {
    recorded: total(all.map((one) => one.recorded.restarts)),
    candidate: total(all.map((one) => one.candidate.restarts)),
    saved: figure(all, (one) => one.restarts.saved),
    savedSoFar: figure(all, (one) => (isKnown(one) ? 0 : one.restarts.saved)),
    added: figure(all, (one) => one.restarts.added),
  };
}

function decisions(all: readonly IncidentDifference[]) {
  const more = (one: IncidentDifference) => one.candidate.decisions - one.recorded.decisions;
  return {
    recorded: total(all.map((one) => one.recorded.decisions)),
    candidate: total(all.map((one) => one.candidate.decisions)),
    fewer: figure(all, (one) => Math.max(0, -more(one))),
    more: figure(all, (one) => Math.max(0, more(one))),
  };
}

/** Nothing is said of incidents of which the candidate's end is not known. */
function recovered(all: readonly IncidentDifference[]) {
  const known = all.filter(isKnown);
  const then = (one: IncidentDifference) => isRecovered(one.recorded.outcome);
  const now = (one: IncidentDifference) => isRecovered(one.candidate.outcome);
  return {
    recorded: known.filter(then).length,
    candidate: known.filter(now).length,
    lost: figure(known, (one) => (then(one) && !now(one) ? 1 : 0)),
    gained: figure(known, (one) => (now(one) && !then(one) ? 1 : 0)),
  };
}

function isKnown({ status }: IncidentDifference): boolean {
  return status === 'same' || status === 'different';
}

/** How many seconds later the candidate has recovered; 0 where one of them has not, or as good as at the same time. */
function gainOf({ recorded, candidate }: IncidentDifference): number {
  const { endedAfterSeconds: then } = recorded;
  const { endedAfterSeconds: now } = candidate;
  if (then === undefined || now === undefined) return 0;
  if (!isRecovered(recorded.outcome) || !isRecovered(candidate.outcome) || sameTime(then, now)) return 0;
  return Math.round(now - then);
}

function groups(all: readonly IncidentDifference[]): readonly DifferenceGroup[] {
  const found = new Map<string, DifferenceGroup & { readonly incidents: string[] }>();
  for (const { incident, differences } of all) {
    for (const difference of differences) {
      const key = groupKey(difference);
      const { kind, remedy, title, guardrail } = difference;
      const group = found.get(key) ?? {
        kind,
        ...(remedy !== undefined && { remedy, title }),
        ...(guardrail !== undefined && { guardrail }),
        incidents: [],
      };
      if (!group.incidents.includes(incident.shortId)) group.incidents.push(incident.shortId);
      found.set(key, group);
    }
  }
  const order = ({ kind }: DifferenceGroup) => differenceKinds.indexOf(kind);
  return [...found.values()].sort((a, b) => b.incidents.length - a.incidents.length || order(a) - order(b));
}

function groupKey({ kind, runbook, remedy, guardrail }: Difference): string {
  return [kind, runbook ?? '', remedy ?? '', guardrail ?? ''].join('\n');
}
