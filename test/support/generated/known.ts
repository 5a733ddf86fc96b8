/**
 * What each shape of incident comes to, as its story in tank-shapes.ts tells it: written by hand, so that what a
 * backtest or the insights say of the generated incidents can be compared with something that they did not make.
 */
export interface Known {
  /** Questions put to people. */
  readonly asked: number;
  /** Of these, answered by an approval; and by a refusal. */
  readonly approved: number;
  readonly rejected: number;
  /** Times that a remedy was applied. */
  readonly flushes: number;
  readonly throttles: number;
  readonly restarts: number;
  /** Runs that the story makes besides the one that it is about: each of them one automatic restart. */
  readonly others: number;
  /** Takes long whatever the machine, so there are few of them. */
  readonly slow: boolean;
}

const nothing: Known = {
  asked: 0,
  approved: 0,
  rejected: 0,
  flushes: 0,
  throttles: 0,
  restarts: 0,
  others: 0,
  slow: false,
};
const known = (given: Partial<Known>): Known => ({ ...nothing, ...given });

const automatic = known({ restarts: 1 });
const approved = known({ asked: 1, approved: 1, restarts: 1 });
const unanswered = known({ asked: 1 });
const rejected = known({ asked: 1, rejected: 1 });
/** Asked about the restart when the gentle remedies were done. */
const gentleFirst = { flushes: 1, throttles: 1 };

export const knownOf: Readonly<Record<string, Known>> = {
  'recovered-by-a-gentle-remedy': known({ flushes: 1 }),
  'recovered-by-an-automatic-restart': automatic,
  'temporary-change-undone-after-recovery': { ...approved, ...gentleFirst },
  'nothing-left-and-a-change-stays': known(gentleFirst),
  'remedy-overtaken-by-somebody-else': automatic,
  'precondition-changed': automatic,
  'remedy-out-of-reach': { ...automatic, slow: true },

  'asked-about-what-came-up': approved,

  'recovered-by-an-approved-restart': approved,
  'approved-by-two-of-two': approved,
  'answers-that-do-not-count': rejected,
  'approved-by-a-trusted-signal': approved,
  declined: rejected,
  'decision-expired': unanswered,
  'decision-expired-and-skipped': unanswered,
  'self-recovered-while-deciding': { ...unanswered, slow: true },
  'void-by-replacement': { ...approved, asked: 2, slow: true },
  'restarted-by-itself-while-deciding': { ...approved, slow: true },
  'deadline-passed-while-deciding': { ...approved, slow: true },
  'something-going-on-asks': approved,
  'third-time-in-a-day-asks': { ...approved, others: 2, slow: true },

  'joined-and-repeated-alerts': approved,
  'alerts-resolved-while-deciding': unanswered,
  'alerts-resolved-and-the-soak-failed': { ...approved, asked: 2 },
  'alert-of-another-runbook': known({ flushes: 1, slow: true }),
  'late-alert': { ...approved, throttles: 1 },
  'alert-that-our-restart-caused': automatic,

  observed: nothing,
  rehearsal: nothing,
  'self-recovered-at-once': nothing,
  'blind-to-the-end': { ...nothing, slow: true },
  'target-gone': nothing,
  'watched-until-it-fell': known(gentleFirst),
  'watched-until-it-was-critical': { ...automatic, slow: true },

  'paused-and-resumed': known({ flushes: 1 }),
  'pause-ran-out': known({ asked: 1, approved: 1 }),
  'cancelled-while-paused': { ...unanswered, ...gentleFirst },
  'cancelled-at-the-server': { ...unanswered, ...gentleFirst },
  'opened-by-a-person': rejected,
  'waited-for-another-change': { ...automatic, others: 1, slow: true },

  terminated: unanswered,
  'timed-out': unanswered,
};
