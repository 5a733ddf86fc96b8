import { readFileSync } from 'node:fs';
import { allPids, argumentsOf, isAlive, startTimeOf, waitGone } from './processes.mjs';

/** In the environment of what we start, and so of whatever that starts: who began it. */
const VARIABLE = 'NIGHTSHIFT_STARTED_BY';
const TERM_MS = 10_000;

/**
 * The mark of a process: its id and when it started, since ids are used again.
 * @param {{ pid: number, start: string | null }} [owner] this process, if not given
 */
export function markOf({ pid, start } = { pid: process.pid, start: startTimeOf(process.pid) }) {
  return `${pid}-${start}`;
}

/** The variable that marks a child as ours. */
export function markEnvironment() {
  return { [VARIABLE]: markOf() };
}

/**
 * Ends all processes that carry a mark, politely and then not. Where /proc doesn't exist, none is found.
 * @param {string} mark
 * @param {(line: string) => void} log names what is ended
 */
export async function endMarked(mark, log) {
  const left = allPids().filter((pid) => pid !== process.pid && hasMark(pid, mark));
  for (const pid of left) {
    log(`  ending what was left running: ${argumentsOf(pid)?.slice(0, 3).join(' ') ?? pid}`);
    kill(pid, 'SIGTERM');
  }
  const end = Date.now() + TERM_MS;
  for (const pid of left) if (!(await waitGone(pid, Math.max(0, end - Date.now())))) kill(pid, 'SIGKILL');
}

function hasMark(pid, mark) {
  try {
    return (
      isAlive(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`${VARIABLE}=${mark}`)
    );
  } catch {
    return false;
  }
}

function kill(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // it has ended already
  }
}
