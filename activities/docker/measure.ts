import type { ContainerReading } from '../../model/container.js';
import type { Measure } from '../../model/evidence.js';

/** The measure, or why there is none. */
export type Measured = { readonly measure: Measure } | { readonly blind: string };

const hostsMemory = 'the host’s memory';

/**
 * Working set against the container's own limit; without one against all of the host's memory. A container that does
 * not run uses nothing, which is a reading and no gap: a crash loop must not look like blindness.
 */
export function measureContainer(container: ContainerReading, hostTotalBytes: number): Measured {
  const isUp = container.status === 'running' || container.status === 'paused';
  const used = container.workingSetBytes ?? (isUp ? undefined : 0);
  if (used === undefined) return { blind: container.gap ?? 'the engine tells nothing of its memory' };
  const limit = container.limitBytes ?? hostTotalBytes;
  if (limit <= 0) return { blind: 'it has no limit, and the size of the host’s memory is not known' };
  const against = container.limitBytes === undefined ? 'the host (no limit of its own)' : 'its own limit';
  return { measure: inMeasure(used, limit, against) };
}

/** MemTotal − MemAvailable against MemTotal: page cache that can be given back is not used memory. */
export function measureHost(meminfo: ReadonlyMap<string, number>): Measured {
  const total = meminfo.get('MemTotal');
  const available = meminfo.get('MemAvailable');
  if (!total || available === undefined) return { blind: '/proc/meminfo lacks MemTotal or MemAvailable' };
  return { measure: inMeasure(total - available, total, hostsMemory) };
}

/** Resident memory of one process against all of the host's. */
export function measureProcess(rssBytes: number, hostTotalBytes: number): Measured {
  return { measure: inMeasure(rssBytes, hostTotalBytes, hostsMemory) };
}

function inMeasure(used: number, limit: number, against: string): Measure {
  return { used, limit, unit: 'bytes', percent: (used / limit) * 100, against };
}
