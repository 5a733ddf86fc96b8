import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Interrupted } from './errors.mjs';
import { markEnvironment } from './mark.mjs';

const GRACE_MS = 3_000;
const TAIL_LINES = 40;

/**
 * Runs a command to its end in a process group of its own, so that an interruption reaches its
 * children too (a compiler, a package manager's helpers).
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ signal?: AbortSignal, env?: NodeJS.ProcessEnv, cwd?: string, onLine?: (line: string) => void,
 *   uninterruptible?: boolean }} options `uninterruptible`: an interruption is honoured only after the command's end
 * @returns {Promise<{ code: number, output: string, tail: string }>} output is stdout and stderr
 * @throws {Interrupted} when the signal fired
 */
export function runCommand(command, args, options = {}) {
  const { signal, env, cwd, onLine, uninterruptible = false } = options;
  if (signal?.aborted) return Promise.reject(new Interrupted());
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      // Marked, so that the next run can end it if this process is killed; what must not be interrupted isn't.
      env: { ...(env ?? process.env), ...(uninterruptible ? {} : markEnvironment()) },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const take = lineTaker((line) => onLine?.(line));
    const onData = (data) => {
      output += data;
      take(String(data));
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    let force;
    const stop = () => {
      if (uninterruptible) return;
      killGroup(child.pid, 'SIGTERM');
      force = setTimeout(() => killGroup(child.pid, 'SIGKILL'), GRACE_MS);
    };
    signal?.addEventListener('abort', stop, { once: true });
    const done = () => {
      clearTimeout(force);
      signal?.removeEventListener('abort', stop);
    };
    child.on('error', (error) => {
      done();
      reject(error);
    });
    child.on('close', (code) => {
      done();
      if (signal?.aborted) reject(new Interrupted());
      else resolve({ code: code ?? 1, output, tail: lastLines(output) });
    });
  });
}

/** Cuts a stream of text into lines. */
function lineTaker(onLine) {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split(/\r?\n|\r/);
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim()) onLine(line);
  };
}

function lastLines(output) {
  return output.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
}

function killGroup(pid, name) {
  if (!pid) return;
  try {
    process.kill(-pid, name);
  } catch {
    // the group has ended already
  }
}

/**
 * Runs a quick command that only looks (`--version`), and gives its output, or null if it fails.
 * @param {string} command
 * @param {string[]} args
 */
export function peek(command, args, { timeout = 20_000, env = process.env } = {}) {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    timeout,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return result.status === 0 ? `${result.stdout}${result.stderr}` : null;
}

/**
 * The full path of a program on PATH (and in /usr/sbin, which a user's PATH often lacks), or null.
 * @param {string} name
 */
export function which(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  for (const folder of folders) if (folder && isExecutable(join(folder, name))) return join(folder, name);
  return null;
}

/** Whether this is a file that may be executed. */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
