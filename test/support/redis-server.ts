import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Redis, withRedis } from '../../activities/redis/client.js';
import { freePort } from '../../client/up/ports.js';

/** The real server, as `npm test` sets it. */
export const redisServer = process.env.NIGHTSHIFT_REDIS_SERVER;
export const needsRedis = 'needs a Redis server: NIGHTSHIFT_REDIS_SERVER, which npm test sets';

/** A Redis of a test's own. It keeps nothing on disk. */
export class TestRedis {
  readonly signal = new AbortController().signal;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(
    readonly port: number,
    child: ChildProcess,
    folder: string,
    private readonly login: { readonly username?: string; readonly password?: string },
  ) {
    this.#child = child;
    this.#folder = folder;
  }

  /** `options`: as on redis-server's command line. `login`: for the test's own commands. */
  static async open(
    options: readonly string[] = [],
    login: { readonly username?: string; readonly password?: string } = {},
  ): Promise<TestRedis> {
    const folder = mkdtempSync(join(tmpdir(), 'ns-redis-'));
    const port = await freePort('127.0.0.1');
    // Protected, it lets in 127.0.0.1 only, and no other address of this machine.
    const open = ['--bind', '127.0.0.1', '--protected-mode', 'no'];
    const own = [...open, '--save', '', '--appendonly', 'no', '--dir', folder];
    const ports = options.includes('--tls-port') ? [] : ['--port', String(port)];
    const given = options.map((word) => (word === 'PORT' ? String(port) : word));
    const child = spawn(redisServer ?? '', [...ports, ...own, ...given], { stdio: 'ignore' });
    const redis = new TestRedis(port, child, folder, login);
    for (const end = Date.now() + 15_000; !(await listens(port)); ) {
      if (Date.now() > end || child.exitCode !== null) throw new Error('redis-server does not listen');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  run<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    return withRedis({ url: this.url, ...this.login }, this.signal, work);
  }

  send(...words: readonly (string | number)[]): Promise<unknown> {
    return this.run((redis) => redis.send(...words));
  }

  /** Sessions `bruno:session:1` to `count`, of so many bytes, that live for so many seconds; 0: for ever. */
  async fill(count: number, { bytes = 200, seconds = 86_400, from = 1 } = {}): Promise<void> {
    const life = seconds === 0 ? '' : `, 'EX', ${seconds}`;
    const script = `for i=ARGV[1],ARGV[2] do redis.call('SET','bruno:session:'..string.format('%d',i), string.rep('x',${bytes})${life}) end`;
    for (let at = from; at < from + count; at += 20_000)
      await this.send('EVAL', script, 0, at, Math.min(at + 19_999, from + count - 1));
  }

  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  async close(): Promise<void> {
    this.#child.kill('SIGKILL');
    await new Promise((resolve) => this.#child.once('exit', resolve));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const told = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => told(true));
    socket.once('error', () => told(false));
  });
}
