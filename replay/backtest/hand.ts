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

/** What a child may take to load the candidate, on a machine that has much else to do. */
const loadSeconds = 60;

/** What a child made of its task, or how the candidate ended the child. */
export type Worked = Backtested | { readonly died: string };

/** A child process that works one recording at a time. One that dies or hangs takes only that recording with it. */
export class Hand {
  private child: ChildProcess | undefined;
  /** The child that has loaded the candidate. */
  private ready: ChildProcess | undefined;

  constructor(private readonly options: HandOptions) {}

  /** Throws `CannotBacktest`. */
  work(task: Task): Promise<Worked> {
    const child = this.living();
    const { stuckSeconds } = this.options;
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        clearTimeout(watch);
        child.off('message', said);
        child.off('exit', gone);
        end();
      };
      const lost = (died: string): void => {
        this.stop();
        settle(() => resolve({ died }));
      };
      const stuck = (): void =>
        lost(`it did not come to an end within ${stuckSeconds} s: it may be in a loop`);
      const gone = (code: number | null, signal: string | null): void =>
        lost(`the process that worked it died (${signal ?? `code ${code}`})`);
      const said = (message: Said): void => {
        if ('done' in message) settle(() => resolve(message.done));
        if ('failed' in message)
          settle(() => reject(new CannotBacktest(`the candidate does not load: ${message.failed}`)));
        if (!('ready' in message)) return;
        this.ready = child;
        clearTimeout(watch);
        watch = setTimeout(stuck, stuckSeconds * 1000);
      };
      const seconds = this.ready === child ? stuckSeconds : stuckSeconds + loadSeconds;
      let watch = setTimeout(stuck, seconds * 1000);
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
