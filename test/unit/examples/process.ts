import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** One line of an example's log. */
export interface LogLine {
  event: string;
  msg: string;
  pid: number;
  [field: string]: unknown;
}

/** How a process ended. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const WAIT_MS = 20_000;

/**
 * An example started as a process of its own. Everything started is ended by `endAll`.
 *
 * Its log goes to a file, not to a pipe: the examples write it synchronously, so a line that was written
 * before an answer is there when the answer has come, and "no such line" can be claimed without a wait.
 */
export class ExampleProcess {
  readonly ended: Promise<Ending>;
  private readonly child: ChildProcess;
  private readonly log = openUnlinked();
  private ending: string | undefined;

  constructor(script: string, env: Record<string, string>) {
    const path = fileURLToPath(new URL(`../../../examples/${script}`, import.meta.url));
    this.child = spawn(process.execPath, [path], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', this.log, 'inherit'],
    });
    this.ended = once(this.child, 'exit').then(([code, signal]) => {
      this.ending = readAll(this.log);
      closeSync(this.log);
      running.delete(this);
      return { code, signal };
    });
    running.add(this);
  }

  get pid(): number {
    return this.child.pid!;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** All whole lines so far. */
  get lines(): LogLine[] {
    const text = this.ending ?? readAll(this.log);
    const whole = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
    return whole.filter((line) => line !== '').map((line) => JSON.parse(line) as LogLine);
  }

  /** The lines of one event so far. */
  events(event: string): LogLine[] {
    return this.lines.filter((line) => line.event === event);
  }

  /** Waits for the n-th line of an event. @throws with the whole log when it does not come in 20 s */
  async event(event: string, n = 1): Promise<LogLine> {
    const deadline = Date.now() + WAIT_MS;
    while (this.events(event).length < n) {
      if (Date.now() > deadline) throw new Error(`no ${event} line; log: ${JSON.stringify(this.lines)}`);
      await sleep(20);
    }
    return this.events(event)[n - 1]!;
  }
}

const running = new Set<ExampleProcess>();

/** Ends every example that still runs. For `afterEach`. */
export async function endAll(): Promise<void> {
  const left = [...running];
  for (const example of left) example.kill('SIGKILL');
  await Promise.all(left.map((example) => example.ended));
}

/** A file without a name, so that nothing is left behind however the tests end. */
function openUnlinked(): number {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-log-'));
  const file = openSync(join(folder, 'log'), 'w+');
  rmSync(folder, { recursive: true });
  return file;
}

/** Reads by position: the offset belongs to the child as well. */
function readAll(file: number): string {
  const buffer = Buffer.alloc(fstatSync(file).size);
  const length = readSync(file, buffer, 0, buffer.length, 0);
  return buffer.toString('utf8', 0, length);
}
