import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process, named for good: process ids are used again, their start times are not. */
export interface ProcessName {
  readonly pid: number;
  /** In clock ticks since boot; absent where there is no /proc. */
  readonly ticks?: string;
}

/** The process of that id, named. */
export function nameProcess(pid: number): ProcessName {
  const ticks = startTicks(pid);
  return ticks === undefined ? { pid } : { pid, ticks };
}

/** True where that very process lives (a zombie does not). */
export function lives({ pid, ticks }: ProcessName): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const now = stat(pid);
  if (now?.state === 'Z') return false;
  return ticks === undefined || now === undefined || now.ticks === ticks;
}

/** Asks it to end, and ends it after so many milliseconds. Returns when it is gone. */
export async function stopProcess(name: ProcessName, graceMs = 10_000): Promise<void> {
  if (!lives(name)) return;
  kill(name.pid, 'SIGTERM');
  const end = Date.now() + graceMs;
  while (lives(name) && Date.now() < end) await sleep(50);
  if (!lives(name)) return;
  kill(name.pid, 'SIGKILL');
  while (lives(name)) await sleep(50);
}

/** Resident memory in bytes; undefined where there is no /proc. */
export function residentBytes(pid: number): number | undefined {
  try {
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function startTicks(pid: number): string | undefined {
  return stat(pid)?.ticks;
}

function stat(pid: number): { readonly state: string; readonly ticks: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may itself hold brackets and spaces.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', ticks: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}
