import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Answer, Task } from './tasks.js';
import type { Verdict } from './verdict.js';

export interface CrewOptions {
  /** File of the bundle that all of them load. */
  readonly codePath: string;
  readonly jobs: number;
  /** Seconds that one recording may take before its process is given up. */
  readonly stuckSeconds: number;
  readonly signal?: AbortSignal;
}

/** No process could replay anything: today's code does not even load. */
export class CannotReplay extends Error {
  override readonly name = 'CannotReplay';
}

/** The next task, or undefined where there are no more. */
export type NextTask = () => Promise<Task | undefined>;

// The sources run only in tests; a child needs what the build made of them.
const program = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../dist/replay/child.js' : './child.js', import.meta.url),
);

/** So many tasks each child has at hand: one that it works on, and one more. Bounds what is kept in memory. */
const atHand = 2;

/**
 * Replays all tasks in child processes and tells each verdict. A child that dies or hangs takes only the recording
 * with it that it was on. Returns when all are told, or the signal is aborted. Throws `CannotReplay`.
 */
export async function replayTasks(
  next: NextTask,
  options: CrewOptions,
  tell: (n: number, verdict: Verdict) => void,
): Promise<void> {
  const crew = Array.from({ length: options.jobs }, () => new Hand(next, options, tell));
  const stop = (): void => {
    for (const hand of crew) hand.stop();
  };
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    await Promise.all(crew.map((hand) => hand.work()));
  } finally {
    options.signal?.removeEventListener('abort', stop);
    stop();
  }
}

/** One place at which a child works, and after its death the next one. */
class Hand {
  private readonly open: Task[] = [];
  private readonly sent = new Set<number>();
  /** Set: no further task could be had. */
  private broken: { readonly error: unknown } | undefined;
  private child: ChildProcess | undefined;
  private stopped = false;
  private dry = false;
  private watch: NodeJS.Timeout | undefined;
  private hung = false;

  constructor(
    private readonly next: NextTask,
    private readonly options: CrewOptions,
    private readonly tell: (n: number, verdict: Verdict) => void,
  ) {}

  stop(): void {
    this.stopped = true;
    clearTimeout(this.watch);
    this.child?.kill('SIGKILL');
  }

  async work(): Promise<void> {
    while (!this.stopped && !(this.dry && this.open.length === 0)) {
      // A child costs a quarter of a second: none where there is nothing left to do.
      await this.fill();
      if (this.open.length > 0 && !this.stopped) await this.live();
    }
  }

  /** The life of one child, from its start to its end. */
  private async live(): Promise<void> {
    const child = fork(program, [this.options.codePath], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    this.child = child;
    this.hung = false;
    let failed: string | undefined;
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-2_000);
    });
    child.on('message', (message: Answer) => {
      if ('failed' in message) failed = message.failed;
      else this.answered(child, message);
    });
    const gone = once(child, 'exit');
    this.sent.clear();
    this.send(child);
    this.rewatch();
    const [code, signal] = (await gone) as [number | null, string | null];
    clearTimeout(this.watch);
    if (this.broken) throw this.broken.error;
    if (this.stopped || this.open.length === 0) return;
    if (failed !== undefined) throw new CannotReplay(`today's code can't be replayed with: ${failed}`);
    this.buried(signal ?? `code ${code}`, said);
  }

  private answered(child: ChildProcess, { n, verdict }: Extract<Answer, { verdict: Verdict }>): void {
    const at = this.open.findIndex((task) => task.n === n);
    if (at >= 0) this.open.splice(at, 1);
    this.tell(n, verdict);
    this.rewatch();
    this.fill().then(
      () => {
        if (this.stopped || !child.connected) return;
        this.send(child);
        if (this.open.length === 0) child.disconnect();
      },
      (error: unknown) => {
        this.broken = { error };
        child.kill('SIGKILL');
      },
    );
  }

  /** What is at hand and that child does not have yet. */
  private send(child: ChildProcess): void {
    for (const task of this.open) {
      if (this.sent.has(task.n)) continue;
      this.sent.add(task.n);
      child.send(task);
    }
  }

  private filling: Promise<void> = Promise.resolve();

  /** Takes tasks until it has enough at hand or there are no more. */
  private fill(): Promise<void> {
    this.filling = this.filling.then(async () => {
      while (!this.dry && !this.stopped && this.open.length < atHand) {
        const task = await this.next();
        if (task) this.open.push(task);
        else this.dry = true;
      }
    });
    return this.filling;
  }

  /** The recording that it was on is told as lost; what was only at hand goes to the next child. */
  private buried(how: string, said: string): void {
    const task = this.open.shift();
    if (!task) return;
    const last = said
      .trim()
      .split('\n')
      .find((line) => /error/i.test(line));
    const why = this.hung
      ? `today's code did not come back within ${this.options.stuckSeconds} s: it may be in a loop`
      : `the process that replayed it died (${how})${last === undefined ? '' : `: ${last.trim()}`}`;
    this.tell(task.n, { name: task.name, end: 'crashed', why });
  }

  private rewatch(): void {
    clearTimeout(this.watch);
    if (this.open.length === 0) return;
    this.watch = setTimeout(() => {
      this.hung = true;
      this.child?.kill('SIGKILL');
    }, this.options.stuckSeconds * 1000);
  }
}
