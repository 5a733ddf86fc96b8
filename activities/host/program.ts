import { spawn as spawnProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { failure, messageOf } from '../failure.js';

export interface ProgramOptions {
  /** Beyond it the program is killed, and `Unreachable` is thrown. */
  readonly timeoutMs: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly spawn?: typeof spawnProcess;
}

/** What a program left. `output` is both streams, the last 16 kB of it. */
export interface ProgramEnd {
  /** 127 where there is no such program, 126 where it may not be run; 128 + signal where a signal ended it. */
  readonly exitCode: number;
  readonly output: string;
}

const outputLimit = 16 * 1024;

/**
 * Runs a program as it is, without a shell, with nothing of the worker's environment but PATH and the locale: that
 * one holds secrets. It has a session of its own, so that Ctrl-C at the worker doesn't reach it. A service that it
 * leaves in the background must have redirected its output: the pipes break when the worker ends.
 */
export function runProgram(argv: readonly string[], options: ProgramOptions): Promise<ProgramEnd> {
  const { timeoutMs, spawn = spawnProcess, ...user } = options;
  const [program = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      shell: false,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: minimalEnv(),
      cwd: '/',
      ...user,
    });
    let output = '';
    const take = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-outputLimit);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(
        failure(
          'Unreachable',
          `${program} did not end within ${timeoutMs / 1000} s. ${lastLine(output)}`.trim(),
        ),
      );
    }, timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve({ exitCode: startFailure(error), output: messageOf(error) });
    });
    // Not `close`: a service that it started may hold its output open for as long as it lives.
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      // One turn more, for output that is there already; then it is read on without keeping the worker alive.
      setImmediate(() => {
        resolve({ exitCode: code ?? 128 + signalNumber(signal), output });
        for (const pipe of [child.stdout, child.stderr]) if (pipe instanceof Socket) pipe.unref();
      });
    });
  });
}

function minimalEnv(): NodeJS.ProcessEnv {
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  return { PATH: process.env.PATH ?? path, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' };
}

/** As a shell tells it: not found, or not to be run. */
function startFailure(error: Error): number {
  return Reflect.get(error, 'code') === 'ENOENT' ? 127 : 126;
}

const signalNumber = (signal: NodeJS.Signals | null): number =>
  signal === null ? 0 : (constants.signals[signal] ?? 0);

export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
}
