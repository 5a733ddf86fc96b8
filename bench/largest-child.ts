import { readFileSync } from 'node:fs';
import { residentBytes } from '../client/up/process.js';

/** Resident memory, bytes, of the largest child process that runs that program. NaN where there is no /proc. */
export function largestChild(program: string): number {
  try {
    const pids = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean);
    const running = pids.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(program));
    return Math.max(...running.map((pid) => residentBytes(Number(pid)) ?? 0));
  } catch {
    return Number.NaN;
  }
}
