import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type CgroupMemory, readCgroupMemory } from './cgroup.js';
import { createKernelLog, type KernelLog } from './kernel-log.js';
import { parseBootTime, parseCounters, parseMeminfo, parsePressure, parseSwaps } from './memory.js';
import { type ProportionalMemory, parseSmapsRollup } from './process.js';
import { type BriefProcess, listProcesses, readProcess } from './processes.js';

/** The host that this process runs on, as its /proc and cgroup trees show it. */
export interface HostReader {
  readonly hostname: string;
  /** `/proc` and the cgroup mount. */
  readonly roots: { readonly proc: string; readonly cgroup: string };
  meminfo(): Promise<ReadonlyMap<string, number>>;
  vmstat(): Promise<ReadonlyMap<string, number>>;
  swaps(): Promise<ReturnType<typeof parseSwaps>>;
  pressure(): Promise<ReturnType<typeof parsePressure>>;
  bootTime(): Promise<string>;
  kernelRelease(): Promise<string>;
  processes(signal: AbortSignal): Promise<BriefProcess[]>;
  process(brief: BriefProcess): ReturnType<typeof readProcess>;
  proportional(pid: number): Promise<ProportionalMemory | undefined>;
  /** Text of /proc/<pid>/cgroup; undefined where there is no such process. */
  cgroupText(pid: number): Promise<string | undefined>;
  cgroupMemory(pid: number): Promise<CgroupMemory | undefined>;
  readonly kernelLog: KernelLog;
}

export interface HostReaderOptions {
  /** Default `/proc`; a worker in a container is given the host's by a mount. */
  readonly proc?: string;
  /** Default `/sys/fs/cgroup`. */
  readonly cgroup?: string;
  /** Default `/dev/kmsg`. */
  readonly kmsg?: string;
  readonly hostname?: string;
}

/** Opens nothing yet. Close `kernelLog` at shutdown. */
export function createHostReader(options: HostReaderOptions = {}): HostReader {
  const { proc = '/proc', cgroup = '/sys/fs/cgroup' } = options;
  const roots = { proc, cgroup };
  const text = (path: string): Promise<string> => readFile(join(proc, path), 'utf8');
  const textOrNothing = (path: string): Promise<string | undefined> => text(path).catch(() => undefined);
  return {
    hostname: options.hostname ?? hostname(),
    roots,
    meminfo: async () => parseMeminfo(await text('meminfo')),
    vmstat: async () => parseCounters(await text('vmstat')),
    swaps: async () => parseSwaps(await text('swaps')),
    pressure: async () => parsePressure((await textOrNothing('pressure/memory')) ?? ''),
    bootTime: async () => required(parseBootTime(await text('stat')), '/proc/stat has no btime'),
    kernelRelease: async () => (await text('sys/kernel/osrelease')).trim(),
    processes: (signal) => listProcesses(proc, signal),
    process: (brief) => readProcess(proc, brief),
    proportional: async (pid) => parseSmapsRollup((await textOrNothing(`${pid}/smaps_rollup`)) ?? ''),
    cgroupText: (pid) => textOrNothing(`${pid}/cgroup`),
    cgroupMemory: (pid) => readCgroupMemory(roots, pid),
    kernelLog: createKernelLog(options.kmsg),
  };
}

function required<T>(value: T | undefined, message: string): T {
  if (value === undefined) throw new Error(message);
  return value;
}
