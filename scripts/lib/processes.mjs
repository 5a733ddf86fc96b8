import { readdirSync, readFileSync } from 'node:fs';

/** Whether a process with this id lives (a zombie doesn't). */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  return stat(pid)?.state !== 'Z';
}

/** The arguments of a process, or null if there is none (or no /proc). */
export function argumentsOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
  } catch {
    return null;
  }
}

/**
 * When a process started, in clock ticks since boot: with the pid it names one process for good,
 * since pids are used again. Null where /proc doesn't exist.
 */
export function startTimeOf(pid) {
  return stat(pid)?.startTime ?? null;
}

/** The parent of a process, or null. */
export function parentOf(pid) {
  return stat(pid)?.parent ?? null;
}

function stat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may itself hold brackets and spaces.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0], parent: Number(fields[1]), startTime: fields[19] };
  } catch {
    return null;
  }
}

/** All process ids of the machine; none where /proc doesn't exist. */
export function allPids() {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** Waits until a process is gone; false if it still lives after `ms`. */
export async function waitGone(pid, ms) {
  const end = Date.now() + ms;
  while (isAlive(pid)) {
    if (Date.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}
