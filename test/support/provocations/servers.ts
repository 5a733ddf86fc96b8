/** The real servers behind the stand-ins: Redis, and one that speaks MongoDB's protocol where it can be had. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Servers } from './collect.js';

interface Part {
  ensure(options: { log: (line: string) => void }): Promise<{ readonly path: string }>;
}

/** Databases of the Redis: one for each stand-in that runs. */
export const databases = 64;

/** Starts both on free ports of this machine, in memory only. */
export async function startServers(): Promise<Servers & { stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-provocations-'));
  const children: ChildProcess[] = [];
  const launch = async (part: string, args: (port: number) => readonly string[]): Promise<number> => {
    const file = pathToFileURL(join(process.cwd(), `scripts/parts/${part}.mjs`)).href;
    const { path } = await ((await import(file)) as Part).ensure({ log: (line) => console.log(line) });
    const port = await freePort();
    children.push(spawn(path, [...args(port)], { stdio: 'ignore', cwd: folder, detached: true }));
    await listening(port);
    return port;
  };
  const stop = async (): Promise<void> => {
    for (const child of children) await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const redisPort = await launch('redis', (port) => [
      ...['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      ...['--databases', String(databases), '--maxclients', '20000'],
    ]);
    const mongoPort = await launch('mongo-server', (port) => [
      '--bind_ip',
      '127.0.0.1',
      '--port',
      String(port),
    ]);
    return { redisPort, mongoPort, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The whole group: both are started by a script that may stay beside them. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  process.kill(-child.pid, 'SIGKILL');
  await exit;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

async function listening(port: number): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 100) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing listens on port ${port}`);
}
