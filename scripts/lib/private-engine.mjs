import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheRoot } from './cache.mjs';
import { Interrupted, PartError, throwIfInterrupted } from './errors.mjs';
import { withLock } from './lock.mjs';
import { startProgress } from './log.mjs';

const KEEPER = fileURLToPath(new URL('./engine-keeper.mjs', import.meta.url));
const READY_MS = 60_000;

/**
 * The folders of a private engine. Its images stay in the cache from one run to the next. Sockets and
 * process state go to /run: a unix socket's path may have at most 107 characters, a cache's path any number.
 * @param {string} name engines of different names have nothing in common
 */
export function enginePaths(name) {
  const state = join(cacheRoot(), 'docker-engine', name);
  const id = createHash('sha256').update(state).digest('hex').slice(0, 8);
  const run = join(process.getuid?.() === 0 ? '/run' : tmpdir(), `nightshift-${id}`);
  return {
    data: join(state, 'data'),
    log: join(state, 'dockerd.log'),
    run,
    exec: join(run, 'exec'),
    socket: join(run, 'docker.sock'),
    pidFile: join(run, 'dockerd.pid'),
    keeper: join(run, 'keeper.sock'),
    bridge: `ns-${id}`,
    namespace: `nightshift-${id}`,
    lock: `${run}.lock`,
  };
}

/**
 * Starts a Docker engine of our own, or joins the one that another run of ours has started.
 *
 * A keeper process owns it, and every user holds a connection to the keeper. When the last one ends,
 * by `stop()` or by its process's death, however that comes about, the keeper stops the engine.
 *
 * @param {{ dockerd: string, name: string, log: (line: string) => void, signal?: AbortSignal }} options
 * @returns {Promise<{ host: string, pid: number, stop: () => Promise<void> }>} `pid` is dockerd's
 */
export async function startPrivateEngine({ dockerd, name, log, signal }) {
  const paths = enginePaths(name);
  mkdirSync(paths.data, { recursive: true });
  const what = 'the private Docker engine';
  const connection = await withLock(paths.lock, { log, signal, what }, () =>
    joinOrStart({ dockerd, paths, log, signal }),
  );
  return {
    host: `unix://${paths.socket}`,
    pid: Number(readFileSync(paths.pidFile, 'utf8')),
    stop: () => leave(connection),
  };
}

async function joinOrStart({ dockerd, paths, log, signal }) {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    throwIfInterrupted(signal);
    const socket = (await tryConnect(paths.keeper)) ?? (await spawnKeeper({ dockerd, paths, log, signal }));
    const answer = await firstLine(socket, signal);
    if (answer === 'ready') return socket;
    socket.destroy();
    if (answer.startsWith('failed')) {
      throw new PartError(
        `the private Docker engine doesn't start: ${answer.slice('failed '.length)}`,
        `look into ${paths.log}; or start a Docker engine yourself, and set DOCKER_HOST if it isn't at the usual place`,
      );
    }
    // It was on its way out when we came; once it has gone, a new one is started.
  }
  throw new PartError('the private Docker engine stops as soon as it is started', `look into ${paths.log}`);
}

async function spawnKeeper({ dockerd, paths, log, signal }) {
  log(`  docker: starting a private engine (images: ${paths.data}; log: ${paths.log})`);
  const progress = startProgress(log, 'docker');
  const out = openSync(paths.log, 'w');
  const args = [KEEPER, JSON.stringify({ dockerd, paths })];
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', out, out] });
  closeSync(out);
  child.unref();
  const end = Date.now() + READY_MS;
  try {
    for (;;) {
      throwIfInterrupted(signal);
      const socket = await tryConnect(paths.keeper);
      if (socket) return socket;
      if (child.exitCode !== null || Date.now() > end)
        throw new Error(`its keeper has ended; see ${paths.log}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } catch (error) {
    child.kill('SIGTERM');
    throw error;
  } finally {
    progress.end();
  }
}

/** A connection to a keeper, or null if none is there. */
function tryConnect(path) {
  return new Promise((resolve) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(null));
  });
}

/** What the keeper says: `ready`, `failed <why>`, or `stopping` (also when it just closes). */
function firstLine(socket, signal) {
  return new Promise((resolve, reject) => {
    let text = '';
    // Interrupted, we wait until the keeper has put everything away again.
    const onAbort = () => socket.end();
    const finish = (line) => {
      signal?.removeEventListener('abort', onAbort);
      if (signal?.aborted) reject(new Interrupted());
      else resolve(line);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.on('error', () => {});
    socket.on('close', () => finish('stopping'));
    socket.on('end', () => socket.end());
    socket.on('data', (data) => {
      text += data;
      if (text.includes('\n')) finish(text.split('\n')[0]);
    });
  });
}

/** Says goodbye; returns when the keeper closes: at once if others use the engine, otherwise when it has stopped. */
function leave(socket) {
  return new Promise((resolve) => {
    if (socket.closed) return resolve();
    socket.once('close', () => resolve());
    socket.end();
  });
}
