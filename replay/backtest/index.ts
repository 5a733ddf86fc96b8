import type { BacktestRun } from '../../model/backtest/types.js';
import type { Recording } from '../types.js';
import { decode } from './decode.js';
import { Reenactment } from './run.js';
import type { Candidate } from './types.js';
import { Machine } from './vm.js';

export { type BacktestOptions, backtestAll } from './all.js';
export { CannotBacktest } from './hand.js';
export type { Backtested, Candidate, CandidatePolicy, PolicyThen } from './types.js';

/** A candidate that is loaded, and can work one incident after the other. */
export class Backtest {
  private machine: Promise<Machine> | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly candidate: Candidate) {}

  /** Works one recording again. Throws `Unreadable` where its history can't be taken apart. */
  run(recording: Recording): Promise<BacktestRun> {
    const run = this.last.then(() => this.one(recording));
    this.last = run.catch(() => undefined);
    return run;
  }

  private async one(recording: Recording): Promise<BacktestRun> {
    const { history, workflowId, workflowType, facts } = recording;
    const tape = decode(history.events);
    const runId = String(
      tape.started.originalExecutionRunId ?? tape.started.firstExecutionRunId ?? workflowId,
    );
    const machine = await this.load();
    const names = { workflowId, workflowType, runId };
    try {
      const running = await machine.start(names, tape);
      try {
        return await new Reenactment(running, tape, names, facts, this.candidate.policy).run();
      } finally {
        await running.dispose();
      }
    } catch (error) {
      // Nothing is known of a machine in which something broke: the next incident gets a new one.
      this.machine = undefined;
      return {
        facts: [],
        stretchedSeconds: 0,
        failed: error instanceof Error ? error.message : String(error),
      };
    }
  }

  /** Loads the candidate, where it is not loaded yet. Throws where it can't be. */
  load(): Promise<Machine> {
    this.machine ??= Machine.load(this.candidate.bundle);
    return this.machine;
  }

  async close(): Promise<void> {
    await this.last;
    await this.machine?.then((machine) => machine.close());
  }
}

/** One recording through a candidate. For many, keep a `Backtest`. */
export async function backtest(recording: Recording, candidate: Candidate): Promise<BacktestRun> {
  const one = new Backtest(candidate);
  try {
    return await one.run(recording);
  } finally {
    await one.close();
  }
}
