import type { Outcome } from '../../../model/facts.js';
import { groupBy } from '../../../model/insights/statistics.js';
import type { Insights } from '../../../model/insights/types.js';
import type { Planned } from './plan.js';

/** What the insights over all of them must count. */
export interface ExpectedInsights {
  readonly incidents: number;
  readonly rehearsals: number;
  readonly withoutResult: Readonly<Record<string, number>>;
  readonly outcomes: Readonly<Record<string, number>>;
  /** By remedy: times applied, and times that it brought the tank below its threshold. */
  readonly rungs: Readonly<Record<string, readonly [applied: number, helped: number]>>;
  readonly decisions: Readonly<Record<'asked' | 'approved' | 'rejected' | 'expired' | 'void', number>>;
  /** Targets and alerts that came back, with how often. */
  readonly recurrence: readonly string[];
}

/** Cancelled while it was open: a question without an end. */
const leftOpen = ['cancelled-while-paused', 'cancelled-at-the-server'];
const expired = ['decision-expired', 'decision-expired-and-skipped'];
const flushHelps = ['recovered-by-a-gentle-remedy', 'alert-of-another-runbook', 'paused-and-resumed'];

/** Counted from the stories alone. */
export function expectedInsights(plans: readonly Planned[]): ExpectedInsights {
  const ended = plans.filter(({ cut }) => cut === undefined);
  const real = ended.filter(({ shape }) => !shape.observeOnly);
  const sum = (of: (plan: Planned) => number): number => real.reduce((all, plan) => all + of(plan), 0);
  const asked = sum(({ kind, known }) => (leftOpen.includes(kind) ? 0 : known.asked));
  const approved = sum(({ known }) => known.approved);
  const rejected = sum(({ known }) => known.rejected);
  const late = sum(({ kind }) => Number(expired.includes(kind)));
  const flushed = sum(({ known, kind }) => (flushHelps.includes(kind) ? known.flushes : 0));
  const restarted = sum(({ known }) => known.restarts);
  return {
    incidents: real.length,
    rehearsals: ended.length - real.length,
    withoutResult: counts(plans.flatMap(({ cut }) => statusOf[cut ?? 'none'] ?? [])),
    outcomes: counts(real.map(({ shape }): Outcome => shape.outcome)),
    rungs: {
      flush: [sum(({ known }) => known.flushes), flushed],
      throttle: [sum(({ known }) => known.throttles), 0],
      restart: [restarted, restarted],
    },
    decisions: { asked, approved, rejected, expired: late, void: asked - approved - rejected - late },
    recurrence: recurrence(real),
  };
}

const statusOf: Readonly<Record<string, string>> = { terminated: 'TERMINATED', 'timed-out': 'TIMED_OUT' };

function counts(names: readonly string[]): Readonly<Record<string, number>> {
  const sorted = names.toSorted();
  return Object.fromEntries([...groupBy(sorted, (name) => name)].map(([name, all]) => [name, all.length]));
}

/** Only a third time in a day is on a tank that was full before: twice with the plain alert, then with its own. */
function recurrence(plans: readonly Planned[]): readonly string[] {
  return plans
    .filter(({ kind }) => kind === 'third-time-in-a-day-asks')
    .map(({ name, alert }) => `tanks/here/${name} TankFull ${alert.name === 'TankFull' ? 3 : 2}`)
    .toSorted();
}

/** The same as the insights tell it. */
export function toldInsights(insights: Insights): ExpectedInsights {
  const { asked, approved, rejected, expired: late, void: pointless } = insights.decisions;
  const counted = (all: readonly (readonly [string, number])[]): Readonly<Record<string, number>> =>
    Object.fromEntries(all);
  const remedies = [...new Set(insights.rungs.map(({ remedy }) => remedy))];
  const ofRemedy = (remedy: string, of: 'applied' | 'helped'): number =>
    insights.rungs.filter((rung) => rung.remedy === remedy).reduce((all, rung) => all + rung[of], 0);
  return {
    incidents: insights.incidents,
    rehearsals: insights.rehearsals.count,
    withoutResult: counted(insights.withoutResult.map(({ status, behind }) => [status, behind.count])),
    outcomes: counted(insights.outcomes.map(({ outcome, behind }) => [outcome, behind.count])),
    rungs: Object.fromEntries(
      remedies.map((remedy) => [remedy, [ofRemedy(remedy, 'applied'), ofRemedy(remedy, 'helped')] as const]),
    ),
    decisions: { asked, approved, rejected, expired: late, void: pointless },
    recurrence: insights.recurrence
      .map(({ target, alert, behind }) => `${target} ${alert} ${behind.count}`)
      .toSorted(),
  };
}
