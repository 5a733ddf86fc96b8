import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessReading } from '../../model/container.js';
import { redact } from '../../model/redact.js';
import {
  containerIdIn,
  type ProcessStatus,
  parseCgroup,
  parseCmdline,
  parseExe,
  parseStartTicks,
  parseStatus,
} from './process.js';

/** A process as far as all of them are read; the rest is read only of those that are shown. */
export interface BriefProcess extends ProcessStatus {
  readonly pid: number;
  readonly containerId?: string;
}

/** All processes with memory of their own, the largest first. Those that end meanwhile are left out. */
export async function listProcesses(proc: string, signal: AbortSignal): Promise<BriefProcess[]> {
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name)).map(Number);
  const found: BriefProcess[] = [];
  for (let start = 0; start < pids.length; start += 64) {
    signal.throwIfAborted();
    const batch = await Promise.all(pids.slice(start, start + 64).map((pid) => readBrief(proc, pid)));
    found.push(...batch.filter((one) => one !== undefined));
  }
  return found.sort((a, b) => b.rssBytes - a.rssBytes);
}

async function readBrief(proc: string, pid: number): Promise<BriefProcess | undefined> {
  const [status, cgroup] = await Promise.all([
    tryRead(join(proc, String(pid), 'status')),
    tryRead(join(proc, String(pid), 'cgroup')),
  ]);
  const figures = parseStatus(status ?? '');
  if (!figures) return undefined;
  const { memory, unified } = parseCgroup(cgroup ?? '');
  const containerId = containerIdIn(memory ?? '') ?? containerIdIn(unified ?? '');
  return { pid, ...figures, ...(containerId ? { containerId } : {}) };
}

/** The longest command line that is kept. */
const argsLimit = 300;

/** One process in full, its command line redacted. Undefined when it has ended. */
export async function readProcess(proc: string, brief: BriefProcess): Promise<ProcessReading | undefined> {
  const dir = join(proc, String(brief.pid));
  const [stat, cmdline, exe] = await Promise.all([
    tryRead(join(dir, 'stat')),
    tryRead(join(dir, 'cmdline')),
    readlink(join(dir, 'exe')).catch(() => undefined),
  ]);
  const startTicks = parseStartTicks(stat ?? '');
  if (startTicks === undefined) return undefined;
  const args = parseCmdline(cmdline ?? '');
  return {
    pid: brief.pid,
    startTicks,
    // Without the right to read the link, the first argument is the next best thing.
    executable: exe === undefined ? (args[0] ?? brief.name) : parseExe(exe),
    args: redact(args.join(' ')).slice(0, argsLimit),
    rssBytes: brief.rssBytes,
    swapBytes: brief.swapBytes,
    sharedBytes: brief.sharedBytes,
    user: brief.uid === 0 ? 'root' : `uid ${brief.uid}`,
    ...(brief.containerId ? { containerId: brief.containerId } : {}),
  };
}

async function tryRead(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}
