import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { residentBytes } from '../client/up/process.js';

/** What a child process is for: its one argument, as JSON. */
export type ChildTask = { readonly address: string } & (
  | { readonly role: 'worker'; readonly bundlePath: string; readonly padding: number }
  | { readonly role: 'api'; readonly tokensFile: string; readonly names: readonly string[] }
);

export interface Child {
  /** Of an API. */
  readonly url: string;
  /** Resident memory now, bytes. */
  memory(): number;
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL('./child.js', import.meta.url));

/** Processes of the bench's own, each ended at the end, whatever happens. */
export class Children {
  private readonly running = new Set<ChildProcess>();

  async start(task: ChildTask): Promise<Child> {
    const child = fork(program, [JSON.stringify(task)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.running.add(child);
    const failed = once(child, 'exit').then(([code]) => {
      throw new Error(`a ${task.role} process of the bench ended with code ${code} before it was ready`);
    });
    const [message] = (await Promise.race([once(child, 'message'), failed])) as [{ url: string }];
    failed.catch(() => undefined);
    return {
      url: message.url,
      memory: () => residentBytes(child.pid ?? 0) ?? Number.NaN,
      stop: () => this.stop(child),
    };
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.running].map((child) => this.stop(child)));
  }

  private async stop(child: ChildProcess): Promise<void> {
    this.running.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await gone;
    clearTimeout(force);
  }
}
