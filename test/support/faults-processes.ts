import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { searchAttributeTypes } from '../../workflows/contract.js';
import { freePort, sleep } from './faults.js';
import { temporalCli } from './nightshift.js';

/** One process that a test may kill at any moment and start anew. */
class Mortal {
  #child: ChildProcess | undefined;
  deaths = 0;

  constructor(
    private readonly program: string,
    private readonly args: readonly string[],
    private readonly output: string,
  ) {}

  start(): void {
    const out = openSync(this.output, 'a');
    this.#child = spawn(this.program, this.args, { stdio: ['ignore', out, out] });
  }

  /** As by the kernel or a power cut: nothing is put in order. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    this.deaths += 1;
  }
}

/** A Temporal server with its database in a file, and a worker: each a process of its own, to be killed. */
export class MortalNight {
  readonly folder = mkdtempSync(join(tmpdir(), 'nightshift-chaos-'));
  readonly address: string;
  readonly server: Mortal;
  readonly worker: Mortal;
  #client: Client | undefined;

  private constructor(port: number, uiPort: number) {
    this.address = `127.0.0.1:${port}`;
    this.server = new Mortal(temporalCli(), serverArguments(this.folder, port, uiPort), this.log('server'));
    this.worker = new Mortal(process.execPath, [workerProgram(), this.configFile], this.log('worker'));
  }

  static async open(): Promise<MortalNight> {
    return new MortalNight(await freePort(), await freePort());
  }

  get configFile(): string {
    return join(this.folder, 'nightshift.yaml');
  }

  log(of: 'server' | 'worker'): string {
    return join(this.folder, `${of}.log`);
  }

  /** `text`: the configuration without `temporal`. */
  configure(text: string): void {
    const temporal = `temporal: { address: '${this.address}', namespace: default }`;
    writeFileSync(this.configFile, `${temporal}\n${text}`);
  }

  async start(): Promise<void> {
    this.server.start();
    await this.answering();
    this.worker.start();
  }

  /** A client; the same one over deaths of the server. */
  get client(): Client {
    this.#client ??= new Client({ connection: Connection.lazy({ address: this.address }) });
    return this.#client;
  }

  async answering(): Promise<void> {
    await persistently('the server answers', () =>
      this.client.workflowService.describeNamespace({ namespace: 'default' }),
    );
  }

  async close(): Promise<void> {
    await this.worker.kill();
    await this.server.kill();
    await this.#client?.connection.close();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** Tries until it succeeds: the server may be away. */
export async function persistently<T>(what: string, call: () => Promise<T>, seconds = 60): Promise<T> {
  for (const giveUp = Date.now() + seconds * 1000; ; ) {
    try {
      return await call();
    } catch (error) {
      if (Date.now() > giveUp) throw new Error(`not within ${seconds} s: ${what}`, { cause: error });
      await sleep(250);
    }
  }
}

/** Numbers from 0 to 1 that a seed repeats: mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function serverArguments(folder: string, port: number, uiPort: number): readonly string[] {
  const words: Readonly<Record<string, string>> = { KEYWORD: 'Keyword', BOOL: 'Bool' };
  const attributes = Object.entries(searchAttributeTypes).map(
    ([name, type]) => `${name}=${words[type] ?? type}`,
  );
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', `${port}`, '--ui-port', `${uiPort}`],
    ...['--db-filename', join(folder, 'temporal.db'), '--log-level', 'error'],
    ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=full'],
    ...['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=2000'],
    ...attributes.flatMap((attribute) => ['--search-attribute', attribute]),
  ];
}

/** Compiled, since plain node runs it: `npm test` builds first. */
function workerProgram(): string {
  const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/dist\/?$/, '');
  return createRequire(join(root, 'package.json')).resolve('./dist/test/support/worker-process.js');
}
