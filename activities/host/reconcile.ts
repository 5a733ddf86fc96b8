import type { HostReading } from '../../model/container.js';

/**
 * Explains MemTotal − MemAvailable, so that memory in no process is seen. The parts add up to it exactly:
 *
 * - containers: their anonymous memory. Their tmpfs is in `tmpfs`, their kernel objects in `slab`.
 * - processes: anonymous memory of everything outside the containers, shared pages counted once.
 * - tmpfs: Shmem, i.e. tmpfs and shared memory wherever mounted, containers included.
 * - slab: what the kernel can't give back of it (SUnreclaim).
 * - hugePages: reserved, used or not.
 * - kernel: stacks, page tables, per-CPU, vmalloc, and the reserve that the kernel keeps back: the free memory, page
 *   cache and reclaimable slab that it does not count as available.
 * - unexplained: the rest: drivers, balloons, pages of no kind. May be slightly below zero, as the figures are
 *   read one after another.
 *
 * Page cache is otherwise not used memory: the kernel gives it back, and MemAvailable counts it as available.
 */
export function reconcile(
  meminfo: ReadonlyMap<string, number>,
  containersAnonBytes: number,
): HostReading['reconciled'] {
  const of = (name: string): number => meminfo.get(name) ?? 0;
  const used = of('MemTotal') - of('MemAvailable');
  const hugePages = meminfo.get('Hugetlb') ?? of('HugePages_Total') * of('Hugepagesize');
  const givesBack = of('MemFree') + of('Active(file)') + of('Inactive(file)') + of('SReclaimable');
  const reserve = Math.max(0, givesBack - of('MemAvailable'));
  const parts = {
    containers: containersAnonBytes,
    processes: Math.max(0, of('AnonPages') - containersAnonBytes),
    tmpfs: of('Shmem'),
    slab: of('SUnreclaim'),
    hugePages,
    kernel:
      of('KernelStack') + of('PageTables') + of('SecPageTables') + of('Percpu') + of('VmallocUsed') + reserve,
  };
  const explained = Object.values(parts).reduce((sum, part) => sum + part, 0);
  return { ...parts, unexplained: used - explained };
}
