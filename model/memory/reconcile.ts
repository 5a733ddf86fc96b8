import type { HostReading } from '../container.js';
import { bytes, percent } from '../format.js';

/** Names of the parts of used memory, in words. */
const parts: readonly (readonly [keyof HostReading['reconciled'], string])[] = [
  ['containers', 'containers'],
  ['processes', 'processes outside containers'],
  ['tmpfs', 'tmpfs'],
  ['slab', "the kernel's slab"],
  ['hugePages', 'huge pages'],
  ['kernel', 'the rest of the kernel'],
  ['unexplained', 'unexplained'],
];

/** Used memory of a host, part by part, the largest first: `used 3.1 GiB: containers 2 GiB (65 %), …`. */
export function reconciledWords(host: HostReading): string {
  const used = host.memTotalBytes - host.memAvailableBytes;
  const listed = parts
    .map(([name, words]) => ({ words, size: host.reconciled[name] }))
    // Under a hundredth it is noise, unless it says that the sum does not add up.
    .filter(({ size }) => Math.abs(size) >= used / 100)
    .sort((a, b) => b.size - a.size)
    .map(({ words, size }) => `${words} ${bytes(size)} (${percent((size / used) * 100)})`);
  return `used ${bytes(used)}: ${listed.length > 0 ? listed.join(', ') : 'not told apart'}`;
}

/** Memory that no restart of a process or container gives back. Bytes. */
export function inNoProcess({ reconciled }: HostReading): number {
  return reconciled.tmpfs + reconciled.slab + reconciled.hugePages;
}
