import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Said, Task, Told } from './messages.js';
import type { Backtested, CandidatePolicy } from './types.js';

/** The candidate can't be run at all: its bundle does not load. */
export class CannotBacktest extends Error {
  override readonly name = 'CannotBacktest';
}

export interface HandOptions {
  /** File of the bundle. */
  readonly codePath: string;
  readonly policy?: CandidatePolicy;
  /** Seconds that one recording may take before its process is given up. */
  readonly stuckSeconds: number;
}

// The sources run only in tests; a child needs what the build made of them.
const program = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/replay/backtest/child.js' : './child.js',
    import.meta.url,
  ),
);

/** A child process that works one recording at a time. One that dies or hangs takes only that recording with it. */
export class Hand {
  private child: ChildProcess | undefined;

  constructor(private readonly options: HandOptions) {}

  /** Throws `CannotBacktest`. */
  work(task: Task): Promise<Backtested> {
    const child = this.living();
    return new Promise((resolve, reject) => {
      const lost = (how: string): void => resolve({ name: task.name, left: how });
      const watch = setTimeout(() => {
        lost(`it did not come to an end within ${this.options.stuckSeconds} s`);
        child.kill('SIGKILL');
      }, this.options.stuckSeconds * 1000);
      const gone = (code: number | null, signal: string | null): void =>
        settle(() => lost(`the process that worked it died (${signal ?? `code ${code}`})`));
      const said = (message: Said): void => {
        if ('done' in message) settle(() => resolve(message.done));
        if ('failed' in message)
          settle(() => reject(new CannotBacktest(`the candidate does not load: ${message.failed}`)));
      };
      const settle = (end: () => void): void => {
        clearTimeout(watch);
        child.off('message', said);
        child.off('exit', gone);
        end();
      };
      child.on('message', said);
      child.on('exit', gone);
      child.send({ task } satisfies Told);
    });
  }

  stop(): void {
    this.child?.kill('SIGKILL');
    this.child = undefined;
  }

  private living(): ChildProcess {
    if (this.child?.connected) return this.child;
    const { codePath, policy } = this.options;
    const child = fork(program, [codePath, policy ? 'policy' : ''], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    child.on('message', (message: Said) => {
      if ('question' in message) void this.tellPolicy(child, message);
    });
    this.child = child;
    return child;
  }

  private async tellPolicy(
    child: ChildProcess,
    { question, target, policy, settings }: Extract<Said, { readonly question: number }>,
  ): Promise<void> {
    let told: Told;
    try {
      const then = await this.options.policy?.(target, policy, settings);
      told = then ? { question, policy: then } : { question, noPolicy: 'there is no candidate policy' };
    } catch (error) {
      told = { question, noPolicy: error instanceof Error ? error.message : String(error) };
    }
    if (child.connected) child.send(told);
  }
}
