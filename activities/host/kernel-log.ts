import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { messageOf } from '../failure.js';
import { isAboutOom, type KernelLine, type LoggedKill, OomLog, parseJournal, parseKmsg } from './oom-log.js';

export interface KernelLogReading {
  /** `/dev/kmsg` or `journalctl -k`. */
  readonly source: string;
  /** Every OOM kill seen since boot, as far back as the log reaches (or reached, while this process has run). */
  readonly kills: readonly LoggedKill[];
  /** The latest lines about it, oldest first. */
  readonly lines: readonly KernelLine[];
}

export interface KernelLog {
  read(signal: AbortSignal): Promise<KernelLogReading>;
  close(): Promise<void>;
}

const keptKills = 1000;
const keptLines = 20;

/** The kernel log of this host: each record is read once and its kills are remembered, so reading again is cheap. */
export function createKernelLog(kmsgPath = '/dev/kmsg', journal = readJournal): KernelLog {
  const kmsg = new Kmsg(kmsgPath);
  let turn: Promise<unknown> = Promise.resolve();
  const read = async (signal: AbortSignal): Promise<KernelLogReading> => {
    try {
      return await kmsg.read(signal);
    } catch (error) {
      signal.throwIfAborted();
      return journal(signal, messageOf(error));
    }
  };
  return {
    read(signal) {
      const mine = turn.then(() => read(signal));
      turn = mine.catch(() => undefined);
      return mine;
    },
    close: () => kmsg.close(),
  };
}

/** /dev/kmsg, non-blocking: one read gives one record, EAGAIN means that there is no more for now. */
class Kmsg {
  #file: FileHandle | undefined;
  #log = new OomLog();
  #kills: LoggedKill[] = [];
  #lines: KernelLine[] = [];
  #rest = '';

  constructor(private readonly path: string) {}

  async read(signal: AbortSignal): Promise<KernelLogReading> {
    this.#file ??= await open(this.path, constants.O_RDONLY | constants.O_NONBLOCK);
    const bootMs = Date.now() - Number(process.hrtime.bigint() / 1_000_000n);
    const buffer = Buffer.alloc(16_384);
    while (!signal.aborted) {
      const bytes = await readOrNothing(this.#file, buffer);
      if (bytes === 0) break;
      if (bytes > 0) this.#take(buffer.toString('utf8', 0, bytes), bootMs);
    }
    signal.throwIfAborted();
    return { source: this.path, kills: [...this.#kills], lines: [...this.#lines] };
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  #take(text: string, bootMs: number): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const record = parseKmsg(line);
      // The kernel's clock of log records is the monotonic one, which is also this process's.
      if (record) this.#takeLine({ atMs: bootMs + record.microseconds / 1000, text: record.text });
    }
  }

  #takeLine(line: KernelLine): void {
    const kill = this.#log.line(line);
    if (kill) this.#kills = [...this.#kills, kill].slice(-keptKills);
    if (isAboutOom(line.text)) this.#lines = [...this.#lines, line].slice(-keptLines);
  }
}

/** Bytes read; 0: no more for now; -1: records were overwritten before they were read, go on. */
async function readOrNothing(file: FileHandle, buffer: Buffer): Promise<number> {
  try {
    return (await file.read(buffer, 0, buffer.length, null)).bytesRead;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EAGAIN') return 0;
    if (code === 'EPIPE') return -1;
    throw error;
  }
}

/** Where /dev/kmsg may not be read. `why` is what was wrong with it. */
async function readJournal(signal: AbortSignal, why: string): Promise<KernelLogReading> {
  const args = ['-k', '-b', '-o', 'short-unix', '--no-pager', '-q'];
  const { stdout } = await promisify(execFile)('journalctl', args, {
    signal,
    maxBuffer: 32 * 1024 * 1024,
  }).catch((error: unknown) => {
    throw new Error(
      `neither /dev/kmsg (${why}) nor journalctl -k (${messageOf(error)}) can be read: ` +
        'let the worker read the kernel log (CAP_SYSLOG, or group systemd-journal)',
    );
  });
  const lines = stdout.split('\n').flatMap((line) => parseJournal(line) ?? []);
  // journald says nothing and ends well where the user may not see the kernel's messages.
  if (lines.length === 0) throw new Error(`/dev/kmsg: ${why}; journalctl -k shows nothing`);
  const log = new OomLog();
  const kills = lines.flatMap((line) => log.line(line) ?? []);
  return {
    source: 'journalctl -k',
    kills: kills.slice(-keptKills),
    lines: lines.filter(({ text }) => isAboutOom(text)).slice(-keptLines),
  };
}
