import { type IncidentDifference, isRecovered } from '../../../model/backtest/difference.js';
import type { BacktestSum } from '../../../model/backtest/sum.js';
import type { Outcome } from '../../../model/facts.js';
import type { Policy } from '../../../model/policy.js';
import { demandedPercent } from '../tank/demanding.js';
import type { Planned } from './plan.js';

/** What a backtest must say of one incident. */
export interface Expected {
  readonly status: IncidentDifference['status'];
  /** Absent: nothing is known of the candidate's end. */
  readonly outcome?: Outcome;
  /** Disruptive changes and decisions of both, as far as they are compared. */
  readonly restarts: readonly [recorded: number, candidate: number];
  readonly saved: number;
  readonly added: number;
  readonly decisions: readonly [recorded: number, candidate: number];
  /** What was asked that the recording can't answer. */
  readonly unknown?: string;
}

/** Everything as it was. */
export function unchanged({ shape, known }: Planned): Expected {
  return {
    status: 'same',
    outcome: shape.outcome,
    restarts: [known.restarts, known.restarts],
    saved: 0,
    added: 0,
    decisions: [known.asked, known.asked],
  };
}

/** A restart was wanted, and refused by another guardrail than the one that refuses the candidate's. */
const restartsRefused = ['observed', 'rehearsal', 'watched-until-it-fell'];

/** The candidate policy that switches the restart off. */
export const withoutRestarts = (policy: Policy): Policy => ({
  ...policy,
  remediesOff: [...new Set([...policy.remediesOff, 'restart'])],
});

/** Whoever came to the restart is left with nothing on the ladder, at once: that needs no recording to be known. */
export function expectedWithoutRestarts(plan: Planned): Expected {
  if (restartsRefused.includes(plan.kind)) return { ...unchanged(plan), status: 'different' };
  return reachesRestart(plan) ? notRestarted(plan) : unchanged(plan);
}

function reachesRestart({ known }: Planned): boolean {
  return known.asked > 0 || known.restarts > 0;
}

function notRestarted({ known }: Planned): Expected {
  return {
    status: 'different',
    outcome: 'escalated',
    restarts: [known.restarts, 0],
    saved: known.restarts,
    added: 0,
    decisions: [known.asked, 0],
  };
}

/** Of demanding.ts: the same, but only where the tank was not full enough when it came to the restart. */
export function expectedOfDemanding(plan: Planned): Expected {
  if (fullnessAtRestart(plan) >= demandedPercent) return unchanged(plan);
  // Left out at first, as a warning; at critical it was full enough.
  if (plan.kind === 'watched-until-it-was-critical') return { ...unchanged(plan), status: 'different' };
  return expectedWithoutRestarts(plan);
}

function fullnessAtRestart({ tank, known }: Planned): number {
  if (tank === 'none') return 0;
  return (known.flushes > 0 ? tank.flushedTo : tank.used) ?? 0;
}

/** The candidate policy that restarts without asking, where nothing else asks. */
export const withoutAsking = (policy: Policy): Policy => ({
  ...policy,
  autonomy: { ...policy.autonomy, byDisruption: {} },
});

/** Asked for another reason than the autonomy. */
const stillAsked = ['something-going-on-asks', 'asked-about-what-came-up', 'third-time-in-a-day-asks'];
/** The tank that was asked about was replaced while people thought about it: only the other one was restarted. */
const replaced = 'void-by-replacement';

/** What was approved is restarted sooner. What was not had never been put to the governor: unknown from there. */
export function expectedWithoutAsking(plan: Planned): Expected {
  const { known, kind, shape } = plan;
  if (known.asked === 0 || stillAsked.includes(kind)) return unchanged(plan);
  if (known.restarts === 0 || kind === replaced)
    return {
      status: 'unknown',
      restarts: [0, 0],
      saved: 0,
      added: 0,
      decisions: [1, 0],
      unknown: 'askGovernor',
    };
  return {
    status: 'different',
    outcome: shape.outcome,
    restarts: [known.restarts, known.restarts],
    saved: 0,
    added: 0,
    decisions: [known.asked, 0],
  };
}

/** The same of what was compared, to be held against what was expected. */
export function told(difference: IncidentDifference): Expected {
  const { status, recorded, candidate, restarts, unknown } = difference;
  return {
    status,
    ...(candidate.outcome !== undefined && { outcome: candidate.outcome }),
    restarts: [recorded.restarts, candidate.restarts],
    saved: restarts.saved,
    added: restarts.added,
    decisions: [recorded.decisions, candidate.decisions],
    ...(unknown && { unknown: unknown.asked }),
  };
}

/** The same added up. */
export interface ExpectedSum {
  readonly same: number;
  readonly different: number;
  readonly unknown: number;
  readonly restarts: Readonly<Record<'recorded' | 'candidate' | 'saved' | 'added', number>>;
  readonly decisions: Readonly<Record<'recorded' | 'candidate' | 'fewer' | 'more', number>>;
  /** Recovered in the recording, and no longer. */
  readonly lost: number;
}

export function expectedSum(all: readonly (readonly [Planned, Expected])[]): ExpectedSum {
  const sum = (of: (expected: Expected, plan: Planned) => number): number =>
    all.reduce((total, [plan, expected]) => total + of(expected, plan), 0);
  const having = (status: Expected['status']): number => sum((one) => Number(one.status === status));
  const fewer = ({ decisions: [recorded, candidate] }: Expected): number => recorded - candidate;
  return {
    same: having('same'),
    different: having('different'),
    unknown: having('unknown'),
    restarts: {
      recorded: sum(({ restarts }) => restarts[0]),
      candidate: sum(({ restarts }) => restarts[1]),
      saved: sum(({ saved }) => saved),
      added: sum(({ added }) => added),
    },
    decisions: {
      recorded: sum(({ decisions }) => decisions[0]),
      candidate: sum(({ decisions }) => decisions[1]),
      fewer: sum((one) => Math.max(0, fewer(one))),
      more: sum((one) => Math.max(0, -fewer(one))),
    },
    lost: sum(({ outcome }, { shape }) =>
      Number(outcome !== undefined && isRecovered(shape.outcome) && !isRecovered(outcome)),
    ),
  };
}

/** As the backtest adds them up. */
export function toldSum(sum: BacktestSum): ExpectedSum {
  const { restarts, decisions } = sum;
  return {
    same: sum.same.count,
    different: sum.different.count,
    unknown: sum.unknown.count,
    restarts: {
      recorded: restarts.recorded,
      candidate: restarts.candidate,
      saved: restarts.saved.count,
      added: restarts.added.count,
    },
    decisions: {
      recorded: decisions.recorded,
      candidate: decisions.candidate,
      fewer: decisions.fewer.count,
      more: decisions.more.count,
    },
    lost: sum.recovered.lost.count,
  };
}
