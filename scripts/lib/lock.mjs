import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { throwIfInterrupted } from './errors.mjs';
import { endMarked, markOf } from './mark.mjs';
import { isAlive, startTimeOf } from './processes.mjs';

const POLL_MS = 250;
const SAY_EVERY_MS = 5_000;

/**
 * Runs `work` while no other process holds the same lock. A lock whose holder has died is taken over.
 *
 * @template T
 * @param {string} path the lock file
 * @param {{ log: (line: string) => void, signal?: AbortSignal, what: string }} options `what` is named while waiting
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, { log, signal, what }, work) {
  mkdirSync(dirname(path), { recursive: true });
  let said = 0;
  for (;;) {
    throwIfInterrupted(signal);
    const holder = await tryTake(path, log);
    if (holder === null) break;
    if (holder === undefined) continue;
    if (Date.now() - said > SAY_EVERY_MS) {
      log(`  ${what}: another process (${holder}) is at it; waiting for it`);
      said = Date.now();
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/**
 * Takes the lock and returns null, or returns the id of the process that holds it; undefined where that one
 * was dead. What a dead holder had started (a build, npm) is ended before its lock is removed, so that two
 * never write to one place.
 */
async function tryTake(path, log) {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, JSON.stringify({ pid: process.pid, start: startTimeOf(process.pid) }));
  try {
    // A link appears whole or not at all, so nobody ever reads a half-written lock.
    linkSync(mine, path);
    return null;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(mine, { force: true });
  }
  const holder = read(path);
  if (holder && lives(holder)) return holder.pid;
  if (holder) await endMarked(markOf(holder), log);
  removeStale(path, holder);
  return undefined;
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

function lives({ pid, start }) {
  return isAlive(pid) && (start === null || startTimeOf(pid) === start);
}

/** Moves a dead process's lock away. If another one took it in between, that one is put back. */
function removeStale(path, seen) {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
    const moved = read(aside);
    if (moved && (moved.pid !== seen?.pid || moved.start !== seen?.start)) linkSync(aside, path);
  } catch {
    // somebody else was quicker
  }
  rmSync(aside, { force: true });
}
