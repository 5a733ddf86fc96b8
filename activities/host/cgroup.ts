import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Pressure, parseCounters, parsePressure } from './memory.js';
import { type CgroupPaths, parseCgroup } from './process.js';

/** What a cgroup tells of its memory, of either version. Bytes; what it does not tell is absent. */
export interface CgroupMemory {
  readonly version: '1' | '2';
  readonly usageBytes: number;
  /** Absent: none. */
  readonly limitBytes?: number;
  readonly reservationBytes?: number;
  readonly swapBytes?: number;
  /** Memory plus swap. Absent: no limit, or no swap accounting. */
  readonly memorySwapBytes?: number;
  readonly peakBytes?: number;
  /** Processes in it that the OOM killer ended, since the cgroup was made (the container's last start). */
  readonly oomKills?: number;
  readonly underOom?: boolean;
  /** How often use hit the limit. */
  readonly limitHits?: number;
  readonly anonBytes: number;
  readonly shmemBytes: number;
  readonly inactiveFileBytes: number;
  readonly cacheBytes: number;
  readonly pressure?: Pressure;
}

/** Reads the memory cgroup of a process. Undefined where it has none (any more). */
export async function readCgroupMemory(
  roots: { readonly proc: string; readonly cgroup: string },
  pid: number,
): Promise<CgroupMemory | undefined> {
  const text = await tryRead(join(roots.proc, String(pid), 'cgroup'));
  return text === undefined ? undefined : readCgroup(roots.cgroup, parseCgroup(text));
}

/** The same by path. Version 1 wins where both trees are mounted: then the memory controller is there. */
export async function readCgroup(root: string, paths: CgroupPaths): Promise<CgroupMemory | undefined> {
  if (paths.memory !== undefined) return readV1(join(root, 'memory', paths.memory));
  if (paths.unified !== undefined) return readV2(join(root, paths.unified));
  return undefined;
}

/** Kernel documentation: admin-guide/cgroup-v1/memory.rst. */
async function readV1(dir: string): Promise<CgroupMemory | undefined> {
  const file = (name: string): Promise<string | undefined> => tryRead(join(dir, `memory.${name}`));
  const [usage, limit, soft, swapUsage, swapLimit, peak, failures, stat, oom] = await Promise.all(
    [
      'usage_in_bytes',
      'limit_in_bytes',
      'soft_limit_in_bytes',
      'memsw.usage_in_bytes',
      'memsw.limit_in_bytes',
      'max_usage_in_bytes',
      'failcnt',
      'stat',
      'oom_control',
    ].map(file),
  );
  if (usage === undefined || stat === undefined) return undefined;
  const counts = parseCounters(stat);
  const oomControl = parseCounters(oom ?? '');
  return {
    version: '1',
    usageBytes: Number(usage),
    limitBytes: limitOf(limit),
    reservationBytes: limitOf(soft),
    swapBytes: counts.get('total_swap') ?? differenceOf(swapUsage, usage),
    memorySwapBytes: limitOf(swapLimit),
    peakBytes: numberOf(peak),
    oomKills: oomControl.get('oom_kill'),
    underOom: oomControl.get('under_oom') === 1,
    limitHits: numberOf(failures),
    anonBytes: counts.get('total_rss') ?? 0,
    shmemBytes: counts.get('total_shmem') ?? 0,
    inactiveFileBytes: counts.get('total_inactive_file') ?? 0,
    cacheBytes: counts.get('total_cache') ?? 0,
  };
}

/** Kernel documentation: admin-guide/cgroup-v2.rst. memory.peak is there since 5.19, memory.swap.* where swap is counted. */
async function readV2(dir: string): Promise<CgroupMemory | undefined> {
  const file = (name: string): Promise<string | undefined> => tryRead(join(dir, `memory.${name}`));
  const [current, max, low, swap, swapMax, peak, stat, events, pressure] = await Promise.all(
    ['current', 'max', 'low', 'swap.current', 'swap.max', 'peak', 'stat', 'events', 'pressure'].map(file),
  );
  if (current === undefined || stat === undefined) return undefined;
  const counts = parseCounters(stat);
  const happened = parseCounters(events ?? '');
  const limitBytes = limitOf(max);
  const swapLimit = limitOf(swapMax);
  const both = limitBytes !== undefined && swapLimit !== undefined;
  return {
    version: '2',
    usageBytes: Number(current),
    limitBytes,
    reservationBytes: numberOf(low) || undefined,
    swapBytes: numberOf(swap),
    memorySwapBytes: both ? limitBytes + swapLimit : undefined,
    peakBytes: numberOf(peak),
    oomKills: happened.get('oom_kill'),
    limitHits: happened.get('max'),
    anonBytes: counts.get('anon') ?? 0,
    shmemBytes: counts.get('shmem') ?? 0,
    inactiveFileBytes: counts.get('inactive_file') ?? 0,
    cacheBytes: counts.get('file') ?? 0,
    pressure: parsePressure(pressure ?? ''),
  };
}

async function tryRead(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}

function numberOf(text: string | undefined): number | undefined {
  const value = Number(text?.trim() || Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}

/** `max`, and version 1's nearly-2^63, mean: none. */
function limitOf(text: string | undefined): number | undefined {
  const value = numberOf(text);
  return value === undefined || value >= 2 ** 60 ? undefined : value;
}

function differenceOf(more: string | undefined, less: string | undefined): number | undefined {
  const [a, b] = [numberOf(more), numberOf(less)];
  return a === undefined || b === undefined ? undefined : Math.max(0, a - b);
}
