import type { BundledIncident } from '../bundle/types.js';
import type { Fact } from '../facts.js';

/** What was asked of the recording that it can't answer: from here on nothing is known, and nothing is invented. */
export interface UnknownFromHere {
  /** The call that was never recorded: `carryOut`, `sample`, `look`, `askGovernor`, `decision`. */
  readonly asked: string;
  /** A sentence for people: `restart-container was never done before the caches were cleared`. */
  readonly why: string;
  /** ISO, by the clock of the backtest. */
  readonly at: string;
}

/** One recorded incident, worked again by the candidate: today's code, and a candidate policy where one is given. */
export interface BacktestRun {
  /** As the candidate appended them; up to `unknown`, where the recording had no answer. */
  readonly facts: readonly Fact[];
  readonly unknown?: UnknownFromHere;
  /** Why the candidate could not be run at all: a defect in it. Then there are no facts beyond it. */
  readonly failed?: string;
  /**
   * Longest time, in seconds, between the moment that was asked for and the recorded reading of the same state that
   * answered. 0: every answer was of its own moment.
   */
  readonly stretchedSeconds: number;
}

/** What a backtest compares: the incident as it was, and as the candidate would have worked it. */
export interface BacktestPair {
  readonly incident: BundledIncident;
  readonly recorded: readonly Fact[];
  readonly candidate: BacktestRun;
}
