import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { matchesProcess } from '../../../model/changes/process.js';
import type { ProcessMatch, ProcessReading } from '../../../model/container.js';
import type { JsonObject } from '../../../model/json.js';
import { failure } from '../../failure.js';
import { containerIdIn, parseCgroup, parseStatus } from '../../host/process.js';
import { readProcess } from '../../host/processes.js';

/** A process as it is at this moment, with what is needed to reach it. */
export interface LiveProcess extends ProcessReading {
  readonly uid: number;
  readonly gid: number;
  /** Its id within its own namespace: what tools in its container call it. */
  readonly innerPid: number;
}

/** Undefined where there is no such process. */
export async function readLiveProcess(proc: string, pid: number): Promise<LiveProcess | undefined> {
  const dir = join(proc, String(pid));
  const [status, cgroup] = await Promise.all([tryRead(join(dir, 'status')), tryRead(join(dir, 'cgroup'))]);
  const figures = parseStatus(status ?? '');
  if (figures === undefined || status === undefined) return undefined;
  const { memory, unified } = parseCgroup(cgroup ?? '');
  const containerId = containerIdIn(memory ?? '') ?? containerIdIn(unified ?? '');
  const reading = await readProcess(proc, { pid, ...figures, ...(containerId ? { containerId } : {}) });
  if (reading === undefined) return undefined;
  const inner = /^NSpid:\s+(.*)$/m.exec(status)?.[1]?.trim().split(/\s+/).at(-1);
  const gid = /^Gid:\s+(\d+)/m.exec(status)?.[1];
  return { ...reading, uid: figures.uid, gid: Number(gid ?? figures.uid), innerPid: Number(inner ?? pid) };
}

/**
 * The process that was planned for, if it still is the same one: process id, start time, executable and arguments.
 * Throws `PreconditionChanged` otherwise; a process id alone is soon used again.
 */
export async function samePlannedProcess(
  proc: string,
  match: ProcessMatch,
  fresh: JsonObject,
): Promise<LiveProcess> {
  const { pid, startTicks } = fresh;
  if (typeof pid !== 'number' || typeof startTicks !== 'number') {
    throw failure('PreconditionChanged', `The plan names no process ${match.executable}.`);
  }
  const now = await readLiveProcess(proc, pid);
  if (now === undefined) {
    throw failure(
      'PreconditionChanged',
      `Process ${pid} (${match.executable}) has ended since this was planned.`,
    );
  }
  if (now.startTicks !== startTicks || !matchesProcess(match, now)) {
    throw failure(
      'PreconditionChanged',
      `Process ${pid} is not the one that was planned for: it is ${now.executable}, started at another time or with other arguments.`,
    );
  }
  return now;
}

async function tryRead(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}
