/** Parsers of the files of one process under /proc/<pid>/. Pure. */

export interface ProcessStatus {
  readonly name: string;
  readonly uid: number;
  readonly rssBytes: number;
  readonly swapBytes: number;
  readonly sharedBytes: number;
}

/** /proc/<pid>/status. Undefined for kernel threads and zombies, which have no memory of their own. */
export function parseStatus(text: string): ProcessStatus | undefined {
  const kilobytes = (name: string): number | undefined => {
    const value = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
    return value === undefined ? undefined : Number(value) * 1024;
  };
  const rssBytes = kilobytes('VmRSS');
  if (rssBytes === undefined) return undefined;
  return {
    name: /^Name:\t(.*)$/m.exec(text)?.[1] ?? '',
    uid: Number(/^Uid:\s+(\d+)/m.exec(text)?.[1] ?? -1),
    rssBytes,
    swapBytes: kilobytes('VmSwap') ?? 0,
    sharedBytes: kilobytes('RssShmem') ?? 0,
  };
}

/** Start time in clock ticks since boot, field 22 of /proc/<pid>/stat. The name (field 2) may hold spaces and parentheses. */
export function parseStartTicks(text: string): number | undefined {
  const afterName = text
    .slice(text.lastIndexOf(')') + 1)
    .trim()
    .split(/\s+/);
  const ticks = Number(afterName[19]);
  return Number.isInteger(ticks) ? ticks : undefined;
}

/** /proc/<pid>/cmdline: arguments, each ended by a NUL. */
export function parseCmdline(text: string): string[] {
  return text.split('\0').filter((part, index, all) => part !== '' || index < all.length - 1);
}

/** The target of /proc/<pid>/exe: a path, with a mark where the file has been replaced or removed since. */
export function parseExe(link: string): string {
  return link.replace(/ \(deleted\)$/, '');
}

export interface ProportionalMemory {
  /** Proportional set size: shared pages counted by share. Bytes. */
  readonly pssBytes: number;
  readonly privateBytes: number;
  readonly swapPssBytes: number;
}

/** /proc/<pid>/smaps_rollup. */
export function parseSmapsRollup(text: string): ProportionalMemory | undefined {
  const kilobytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1024;
  if (!/^Pss:/m.test(text)) return undefined;
  return {
    pssBytes: kilobytes('Pss'),
    privateBytes: kilobytes('Private_Clean') + kilobytes('Private_Dirty'),
    swapPssBytes: kilobytes('SwapPss'),
  };
}

export interface CgroupPaths {
  /** Path in the memory controller's own tree (cgroup v1). */
  readonly memory?: string;
  /** Path in the unified tree (cgroup v2, or the unused one beside v1). */
  readonly unified?: string;
}

/** /proc/<pid>/cgroup: lines of `id:controllers:path`. */
export function parseCgroup(text: string): CgroupPaths {
  const paths: { memory?: string; unified?: string } = {};
  for (const line of text.split('\n')) {
    const match = /^(\d+):([^:]*):(.*)$/.exec(line);
    if (!match) continue;
    const [, id, controllers = '', path = ''] = match;
    if (controllers.split(',').includes('memory')) paths.memory = path;
    else if (id === '0' && controllers === '') paths.unified = path;
  }
  return paths;
}

/**
 * The container that a cgroup path belongs to, whichever driver made it: `/docker/<id>`, `docker-<id>.scope`,
 * `/kubepods/…/<id>`, `cri-containerd-<id>.scope`. Of nested ones the outermost: the one this engine knows.
 */
export function containerIdIn(path: string): string | undefined {
  return /(?:^|[/-])([0-9a-f]{64})(?:\.scope)?(?:\/|$)/.exec(path)?.[1];
}
