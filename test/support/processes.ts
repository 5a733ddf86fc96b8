import { type ChildProcess, spawn } from 'node:child_process';
import { readLiveProcess } from '../../activities/docker/appliers/live-process.js';
import type { JsonObject } from '../../model/json.js';

/** Processes that a test started; `endAll` ends them. */
const started = new Set<ChildProcess>();

export interface Spawned {
  readonly pid: number;
  /** Waits for text on either of its outputs; answers with the match. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Starts a program and keeps what it says. */
export function start(program: string, args: readonly string[]): Spawned {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  started.add(child);
  child.once('exit', () => started.delete(child));
  let text = '';
  const take = (chunk: Buffer): void => {
    text += chunk.toString();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const said = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (let waited = 0; waited < 15_000; waited += 20) {
      const match = pattern.exec(text);
      if (match) return match;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`${program} did not say ${pattern}: ${text}`);
  };
  if (child.pid === undefined) throw new Error(`${program} could not be started`);
  return { pid: child.pid, said };
}

export async function endAll(): Promise<void> {
  const all = [...started].map((child) => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    return ended;
  });
  await Promise.all(all);
}

/** The identity of a process, as a plan keeps it. */
export async function identityOf(pid: number): Promise<JsonObject & { readonly pid: number }> {
  const process = await readLiveProcess('/proc', pid);
  if (!process) throw new Error(`no process ${pid}`);
  return { pid, startTicks: process.startTicks, rssBytes: process.rssBytes };
}
