import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { ensure } from '../../scripts/parts/temporal.mjs';
import { searchAttributeTypes } from '../../workflows/contract.js';
import { CliError, exitCodes } from '../cli/exit-codes.js';
import { typeWords } from '../search-attributes.js';
import { readIfThere, remove, type StateFiles, writePrivate } from './files.js';
import { freePort, portOr } from './ports.js';
import { nameProcess, type ProcessName, residentBytes, stopProcess } from './process.js';

export interface TemporalServer {
  readonly address: string;
  readonly namespace: string;
  /** Address of Temporal's own web page. */
  readonly ui: string;
  readonly pid: number;
  readonly version: string;
  /** Fires with the reason when the server ends without being asked to. */
  readonly died: Promise<string>;
  /** Resident memory, bytes, where it can be told. */
  memory(): number | undefined;
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly files: StateFiles;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
  /** Where absent: those that Temporal uses by default, or free ones. */
  readonly port?: number;
  readonly uiPort?: number;
}

const host = '127.0.0.1';
const namespace = 'default';
const usualPort = 7233;
const usualUiPort = 8233;
const retentionDays = 30;
const startMs = 30_000;
/**
 * What it logs once it listens. Until then whoever answers at its port is somebody else, whose namespace is not ours to
 * set. One that logs it in other words is believed once it has lived so long: it ends at once where the port is taken.
 */
const upWords = /^Server:/m;
const silentMs = 10_000;

/**
 * Starts the embedded Temporal server on loopback, its database in the state folder, and waits until it answers.
 * Throws `CliError` with the end of its log where it does not come up.
 */
export async function startTemporal(options: ServerOptions): Promise<TemporalServer> {
  const { files, log, signal } = options;
  // First: what it leaves is what the next one is likely to want, its ports among it.
  await stopLeftOver(files, log);
  const part = await ensure({ log, signal });
  const { port, uiPort } = options;
  try {
    return await launch(part, options, {
      port: port ?? (await portOr(host, usualPort)),
      uiPort: uiPort ?? (await portOr(host, usualUiPort)),
    });
  } catch (error) {
    if (!(error instanceof PortTaken) || (port !== undefined && uiPort !== undefined)) throw error;
    // Another process took it between the look at it and the start.
    return launch(part, options, {
      port: port ?? (await freePort(host)),
      uiPort: uiPort ?? (await freePort(host)),
    });
  }
}

/** Somebody else listens on a port that the server was to have. */
class PortTaken extends CliError {
  constructor({ port, uiPort }: Ports) {
    super(
      exitCodes.usage,
      `the embedded Temporal server can’t have port ${port} or ${uiPort}: another process listens there`,
      'Choose others with --port and --ui-port, or none: then free ones are found.',
    );
  }
}

interface Ports {
  readonly port: number;
  readonly uiPort: number;
}

async function launch(
  part: Awaited<ReturnType<typeof ensure>>,
  { files, signal }: ServerOptions,
  ports: Ports,
): Promise<TemporalServer> {
  const { port, uiPort } = ports;
  const before = ((await readIfThere(files.serverLog)) ?? '').length;
  const output = await open(files.serverLog, 'a', 0o600);
  // A group of its own: Ctrl-C reaches this process alone, which stops the server last.
  const child = spawn(part.path, serverArguments(files, port, uiPort), {
    stdio: ['ignore', output.fd, output.fd],
    detached: true,
  });
  const failed = once(child, 'error').then(([error]) => String(error));
  const ended = once(child, 'exit').then(([code, by]) => `it ended ${by ? `by ${by}` : `with code ${code}`}`);
  const died = Promise.race([failed, ended]);
  await output.close();
  if (child.pid === undefined) throw await notUp(files, await died, before);
  const name = nameProcess(child.pid);
  await writePrivate(files.server, JSON.stringify(name));
  const stop = async () => {
    await stopProcess(name);
    await remove(files.server);
  };
  const address = `${host}:${port}`;
  try {
    await untilHealthy({ address, died, signal, said: () => logSince(files, before) });
  } catch (error) {
    await stop();
    if (error instanceof CliError || signal.aborted) throw error;
    const said = await logSince(files, before);
    throw said.includes('address already in use')
      ? new PortTaken(ports)
      : await notUp(files, reasonOf(error), before);
  }
  const about = { address, namespace, ui: `http://${host}:${uiPort}`, pid: name.pid, version: part.version };
  return { ...about, died, memory: () => residentBytes(name.pid), stop };
}

/**
 * `synchronous=full`: an answered decision survives a power cut. The rate: one history shard's default of 20 queue
 * reads a second makes every task wait for a 50 ms slot.
 */
function serverArguments(files: StateFiles, port: number, uiPort: number): readonly string[] {
  const attributes = Object.entries(searchAttributeTypes).map(([name, type]) => `${name}=${typeWords[type]}`);
  return [
    ...['server', 'start-dev', '--ip', host, '--port', `${port}`, '--ui-port', `${uiPort}`],
    ...['--db-filename', files.database, '--log-level', 'warn'],
    ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=full'],
    ...['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=2000'],
    ...attributes.flatMap((attribute) => ['--search-attribute', attribute]),
  ];
}

interface Starting {
  readonly address: string;
  readonly died: Promise<string>;
  readonly signal: AbortSignal;
  /** What it has logged since its start. */
  said(): Promise<string>;
}

/** Throws where it ends, or does not come up in its time. */
async function untilHealthy({ address, died, signal, said }: Starting): Promise<void> {
  const begin = Date.now();
  const dead = died.then((why) => {
    throw new Error(why);
  });
  dead.catch(() => undefined);
  for (;;) {
    signal.throwIfAborted();
    const waited = Date.now() - begin;
    try {
      if (waited < silentMs && !upWords.test(await said()))
        throw new Error('it has not said yet that it is up');
      return await Promise.race([checkOnce(address), dead]);
    } catch (error) {
      await Promise.race([sleep(100), dead]);
      if (waited > startMs)
        throw new Error(`it did not answer within ${startMs / 1000} s: ${reasonOf(error)}`);
    }
  }
}

/** Answers, and keeps closed incidents for 30 days. */
async function checkOnce(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  try {
    await connection.withDeadline(Date.now() + 2_000, async () => {
      await connection.workflowService.updateNamespace({
        namespace,
        config: { workflowExecutionRetentionTtl: msToTs(`${retentionDays} days`) },
      });
    });
  } finally {
    await connection.close();
  }
}

/** The server of an `up` that was killed still runs, with the database open. The lock says that it is nobody's. */
async function stopLeftOver(files: StateFiles, log: (line: string) => void): Promise<void> {
  const text = await readIfThere(files.server);
  if (text === undefined) return;
  const left: ProcessName = JSON.parse(text);
  await stopProcess(left);
  await remove(files.server);
  log(`Stopped the Temporal server that an earlier run had left (process ${left.pid}).`);
}

async function logSince({ serverLog }: StateFiles, before: number): Promise<string> {
  return ((await readIfThere(serverLog)) ?? '').slice(before);
}

async function notUp(files: StateFiles, why: string, before: number): Promise<CliError> {
  const tail = (await logSince(files, before)).trim().split('\n').slice(-5).join('\n  ');
  return new CliError(
    exitCodes.failed,
    `the embedded Temporal server did not come up: ${why}${tail === '' ? '' : `\n  ${tail}`}`,
    `Its log is ${files.serverLog}. If its database is damaged, move ${files.database} away: incidents in it are lost.`,
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
