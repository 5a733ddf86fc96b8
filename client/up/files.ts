import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where `nightshift up` keeps everything: `$NIGHTSHIFT_STATE`, or the user's own state folder. */
export function stateFolder(env: Readonly<Record<string, string | undefined>>, asked?: string): string {
  const named = asked ?? env.NIGHTSHIFT_STATE;
  if (named) return resolve(named);
  const home = env.XDG_STATE_HOME || join(homedir(), '.local', 'state');
  return join(home, 'nightshift');
}

/** The files of a state folder. */
export function filesOf(folder: string) {
  return {
    folder,
    lock: join(folder, 'up.lock'),
    up: join(folder, 'up.json'),
    database: join(folder, 'temporal.db'),
    serverLog: join(folder, 'temporal.log'),
    server: join(folder, 'temporal.json'),
    log: join(folder, 'nightshift.log'),
    config: join(folder, 'nightshift.yaml'),
    tokens: join(folder, 'nightshift.tokens'),
    operatorToken: join(folder, 'operator.token'),
    webhookToken: join(folder, 'webhook.token'),
  } as const;
}

export type StateFiles = ReturnType<typeof filesOf>;

/** What a running `nightshift up` says of itself, so that the other commands find it. */
export interface UpRecord {
  readonly pid: number;
  readonly started: string;
  readonly temporal: { readonly address: string; readonly namespace: string };
  readonly ui?: string;
  readonly api: string;
  readonly tokenFile: string;
  readonly config: string;
}

/** The state folder, readable by its owner only: histories and tokens are in it. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
}

/** Written whole or not at all, readable by its owner only. */
export async function writePrivate(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, path);
}

/** The text of a file, or undefined where there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

export async function remove(path: string): Promise<void> {
  await rm(path, { force: true });
}
