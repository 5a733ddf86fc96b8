import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { throwIfInterrupted } from './errors.mjs';
import { withLock } from './lock.mjs';

const STAMP = '.verified.json';

/** Where parts are kept: $NIGHTSHIFT_CACHE, or ~/.cache/nightshift. Outside the work tree, shared by all clones. */
export function cacheRoot() {
  return process.env.NIGHTSHIFT_CACHE || join(homedir(), '.cache', 'nightshift');
}

/** The folder of one part in one version. */
export function partDir(part, version) {
  return join(cacheRoot(), part, version);
}

/**
 * What the cache holds of a part, or null. Only a folder with a stamp counts: the stamp is written
 * after the part was seen to work, so a half-written folder is never taken for a part.
 * @returns {{ dir: string, how: string } | null}
 */
export function cached(part, version) {
  const dir = partDir(part, version);
  try {
    const stamp = JSON.parse(readFileSync(join(dir, STAMP), 'utf8'));
    return { dir, how: stamp.how };
  } catch {
    return null;
  }
}

/**
 * Fills the cache with a part, once. Each way in `ways` fills an empty folder; the first one whose
 * result passes `verify` is kept, by a rename, so an interruption anywhere leaves either nothing or
 * the whole part. Two processes at once: the second waits and finds it done.
 *
 * @param {{ part: string, version: string, title: string, log: (line: string) => void, signal?: AbortSignal,
 *   ways: { how: string, fill: (dir: string) => Promise<string | null> }[],
 *   verify: (dir: string) => Promise<void> | void }} options
 *   `fill` returns null when done, or the reason why this way isn't open; `verify` throws
 * @returns {Promise<{ dir: string, how: string } | { reasons: string[] }>}
 */
export function fillCache({ part, version, title, log, signal, ways, verify }) {
  const lock = join(cacheRoot(), part, `${version}.lock`);
  return withLock(lock, { log, signal, what: part }, async () => {
    const there = cached(part, version);
    if (there) return there;
    removeLeftovers(part, version);
    const adopted = await adopt({ part, version, log, verify });
    if (adopted) return adopted;
    log(`${title}: not here yet; it goes to ${partDir(part, version)}`);
    const reasons = [];
    for (const way of ways) {
      throwIfInterrupted(signal);
      const reason = await tryWay({ part, version, way, verify });
      if (reason === null) return { dir: partDir(part, version), how: way.how };
      log(`  ${part}: ${way.how} didn't work: ${reason.split('\n').pop()}`);
      reasons.push(`${way.how}: ${reason}`);
    }
    return { reasons };
  });
}

/** Fills a folder beside the final one, verifies it, stamps it, and moves it into place. */
async function tryWay({ part, version, way, verify }) {
  const dir = `${partDir(part, version)}.tmp-${process.pid}`;
  mkdirSync(dir, { recursive: true });
  try {
    const reason = await way.fill(dir);
    if (reason !== null) return reason;
    await verify(dir);
    stamp(dir, part, version, way.how);
    renameSync(dir, partDir(part, version));
    return null;
  } catch (error) {
    if (error.name === 'Interrupted' || error.name === 'PartError') throw error;
    return error.message;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A folder without a stamp: put there by hand, or by an older version. Kept if it works, otherwise removed. */
async function adopt({ part, version, log, verify }) {
  const dir = partDir(part, version);
  if (!existsSync(dir)) return null;
  try {
    await verify(dir);
    stamp(dir, part, version, 'cache');
    return { dir, how: 'cache' };
  } catch {
    log(`  ${part}: what is in the cache doesn't work; getting it again`);
    rmSync(dir, { recursive: true, force: true });
    return null;
  }
}

function stamp(dir, part, version, how) {
  writeFileSync(
    join(dir, STAMP),
    `${JSON.stringify({ part, version, how, at: new Date().toISOString() })}\n`,
  );
}

/** Folders that an interrupted run left. We hold the lock, so nobody is writing to them. */
function removeLeftovers(part, version) {
  const parent = join(cacheRoot(), part);
  for (const name of readdirSync(parent)) {
    if (name.startsWith(`${version}.tmp-`)) rmSync(join(parent, name), { recursive: true, force: true });
  }
}
