import { readFile } from 'node:fs/promises';

/** Memory of this machine, bytes. */
export interface HostMemory {
  readonly total: number;
  readonly used: number;
}

/** As `free` has it, read here and not by Nightshift: what the tests set thresholds from. */
export async function hostMemory(): Promise<HostMemory> {
  const text = await readFile('/proc/meminfo', 'utf8');
  const of = (name: string): number => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(text)?.[1]) * 1024;
  const total = of('MemTotal');
  return { total, used: total - of('MemAvailable') };
}
