import { link, rename, rm, writeFile } from 'node:fs/promises';
import { CliError, exitCodes } from '../cli/exit-codes.js';
import { readIfThere } from './files.js';
import { lives, nameProcess, type ProcessName } from './process.js';

/** Held for as long as this process uses the state folder. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes the state folder for this process. Two servers on one database would destroy it, so a second `up` on the
 * same folder is refused; what a dead one left is taken over.
 */
export async function takeLock(path: string, folder: string): Promise<Lock> {
  const mine = JSON.stringify(nameProcess(process.pid));
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, mine, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      if (await place(draft, path)) return { release: () => release(path, mine) };
      await clearStale(path, folder);
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw inUse(folder, undefined);
}

/** A hard link either is made by one process alone, or not at all; and what it names is written already. */
async function place(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function clearStale(path: string, folder: string): Promise<void> {
  const text = await readIfThere(path);
  if (text === undefined) return;
  const holder = parse(text);
  if (holder && lives(holder)) throw inUse(folder, holder);
  // Moved away first: if another process did the same meanwhile, what is moved is its lock, and goes back.
  const aside = `${path}.stale.${process.pid}`;
  await rename(path, aside);
  if ((await readIfThere(aside)) !== text) await link(aside, path);
  await rm(aside, { force: true });
}

async function release(path: string, mine: string): Promise<void> {
  if ((await readIfThere(path)) === mine) await rm(path, { force: true });
}

function parse(text: string): ProcessName | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || typeof value !== 'object' || !('pid' in value)) return undefined;
    const { pid } = value;
    const ticks = 'ticks' in value && typeof value.ticks === 'string' ? { ticks: value.ticks } : {};
    return typeof pid === 'number' ? { pid, ...ticks } : undefined;
  } catch {
    return undefined;
  }
}

function inUse(folder: string, holder: ProcessName | undefined): CliError {
  return new CliError(
    exitCodes.usage,
    `${folder} is in use by another \`nightshift up\`${holder ? ` (process ${holder.pid})` : ''}`,
    'Use that one (`nightshift incident list` finds it), stop it, or give this one a folder of its own with --state.',
  );
}
