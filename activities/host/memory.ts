/** Parsers of the memory figures under /proc. Pure: text in, numbers out. See proc(5) and the kernel's filesystems/proc.rst. */

/** /proc/meminfo. Sizes in bytes; the HugePages counts as they stand. */
export function parseMeminfo(text: string): ReadonlyMap<string, number> {
  const figures = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^([^:]+):\s+(\d+)(?: (kB))?\s*$/.exec(line);
    if (match?.[1] && match[2]) figures.set(match[1], Number(match[2]) * (match[3] ? 1024 : 1));
  }
  return figures;
}

/** Lines of a name and a number, as in /proc/vmstat, memory.stat, memory.events, memory.oom_control. */
export function parseCounters(text: string): ReadonlyMap<string, number> {
  const figures = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^(\S+)\s+(\d+)$/.exec(line.trim());
    if (match?.[1] && match[2]) figures.set(match[1], Number(match[2]));
  }
  return figures;
}

export interface SwapDevice {
  readonly name: string;
  readonly sizeBytes: number;
  readonly usedBytes: number;
}

/** /proc/swaps: what `swapon -s` shows. The kernel writes spaces in names as \040. */
export function parseSwaps(text: string): SwapDevice[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length >= 4)
    .map(([name = '', , size, used]) => ({
      name: name.replace(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8))),
      sizeBytes: Number(size) * 1024,
      usedBytes: Number(used) * 1024,
    }));
}

export interface Pressure {
  /** Percent of the last 10 s in which some task waited for memory. */
  readonly somePercent: number;
  /** Percent of the last 10 s in which all of them did. */
  readonly fullPercent: number;
}

/** /proc/pressure/memory, or a cgroup's memory.pressure. Undefined where the text is none. */
export function parsePressure(text: string): Pressure | undefined {
  const some = /^some avg10=([\d.]+)/m.exec(text)?.[1];
  const full = /^full avg10=([\d.]+)/m.exec(text)?.[1];
  if (some === undefined) return undefined;
  return { somePercent: Number(some), fullPercent: Number(full ?? 0) };
}

/** Boot time from /proc/stat, ISO. */
export function parseBootTime(text: string): string | undefined {
  const seconds = /^btime (\d+)$/m.exec(text)?.[1];
  return seconds === undefined ? undefined : new Date(Number(seconds) * 1000).toISOString();
}
