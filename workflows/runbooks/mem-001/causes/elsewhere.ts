import type { ContainerReading, DockerLook, HostReading } from '../../../../model/container.js';
import type { Cause } from '../../../../model/diagnosis.js';
import { bytes, percent } from '../../../../model/format.js';
import { inNoProcess, reconciledWords } from '../../../../model/memory/reconcile.js';
import { weigh } from '../../../../model/memory/weigh.js';
import type { Figures } from '../figures.js';

/** Pages a second in and out of swap that people feel: 1000 pages are 4 MB. As in the alert rules. */
const swappedPages = 1000;
/** So many processes a look holds at most. */
const mostProcesses = 30;

/** Memory that no restart of a process gives back: tmpfs, slab, huge pages. */
export function inNoProcessCause(figures: Figures): Cause | undefined {
  const { look, container } = figures;
  if (look.target.kind === 'host')
    return look.details.host === undefined ? undefined : ofHost(look.details.host);
  if (look.target.kind === 'container' && container !== undefined) return ofContainer(figures, container);
  return undefined;
}

function ofHost(host: HostReading): Cause {
  const used = host.memTotalBytes - host.memAvailableBytes;
  const size = inNoProcess(host);
  const share = used > 0 ? size / used : 0;
  return weigh(
    {
      name: 'memory-in-no-process',
      summary: `${bytes(size)} are in tmpfs, slab or huge pages: no restart gives them back.`,
    },
    [
      { holds: share >= 0.2, weight: Math.min(0.9, 0.1 + 1.2 * share), words: reconciledWords(host) },
      {
        holds: host.reconciled.unexplained > used * 0.2,
        weight: 0.1,
        words: `${bytes(host.reconciled.unexplained)} are unexplained`,
      },
    ],
  );
}

function ofContainer({ look }: Figures, container: ContainerReading): Cause | undefined {
  const used = container.workingSetBytes;
  const processes = look.details.processes.filter(({ containerId }) => containerId === container.id);
  // A full list is cut off: what the rest has is not known.
  if (used === undefined || used <= 0 || processes.length === 0 || processes.length >= mostProcesses)
    return undefined;
  const anonymous = processes.reduce(
    (sum, { rssBytes, sharedBytes }) => sum + Math.max(0, rssBytes - sharedBytes),
    0,
  );
  const rest = used - anonymous;
  const share = rest / used;
  return weigh(
    {
      name: 'memory-in-no-process',
      summary: `${bytes(rest)} of it belong to no process: tmpfs, shared memory or files in use.`,
    },
    [
      {
        holds: share >= 0.3,
        weight: Math.min(0.85, 0.1 + share),
        words: `its processes have ${bytes(anonymous)} of ${bytes(used)}`,
      },
      {
        holds: share >= 0.3 && (container.tmpfsMounts ?? []).length > 0,
        weight: 0.05,
        words: `it has a tmpfs on ${(container.tmpfsMounts ?? []).join(', ')}`,
      },
    ],
  );
}

/** Swapping: what makes answers slow, whatever fills the memory. */
export function swapping({ look, container }: Figures): Cause | undefined {
  const { host } = look.details;
  const pages = (host?.swapInPerSecond ?? 0) + (host?.swapOutPerSecond ?? 0);
  const swapped = look.target.kind === 'container' ? (container?.swapBytes ?? 0) : (host?.swapUsedBytes ?? 0);
  const full = host !== undefined && host.swapTotalBytes > 0 ? host.swapUsedBytes / host.swapTotalBytes : 0;
  return weigh(
    { name: 'swapping', summary: 'Memory is moved to swap and back, which makes everything slow.' },
    [
      {
        holds: pages >= swappedPages,
        weight: 0.35,
        words: `${Math.round(pages)} pages a second go in and out of swap`,
      },
      { holds: swapped > 0 && pages > 0, weight: 0.1, words: `${bytes(swapped)} are in swap` },
      { holds: full >= 0.8, weight: 0.1, words: `swap is ${percent(full * 100)} full` },
      {
        holds: (host?.pressureSomePercent ?? 0) >= 10,
        weight: 0.1,
        words: `work waits for memory ${percent(host?.pressureSomePercent ?? 0)} of the time`,
      },
    ],
  );
}

/** Page cache of a host that looks full in `free` and is not. */
export function hostPageCache({ look, measure }: Figures): Cause | undefined {
  const { host } = look.details;
  const warning = look.policy.thresholds.warningPercent;
  if (look.target.kind !== 'host' || host === undefined || measure.percent >= warning) return undefined;
  const available = percent((host.memAvailableBytes / host.memTotalBytes) * 100);
  return weigh(
    {
      name: 'page-cache-only',
      summary: 'What looks full is page cache, which the kernel gives back: no exhaustion.',
    },
    [
      {
        holds: pageCacheOf(look) > 0.3 * host.memTotalBytes,
        weight: 0.6,
        words: `${available} are available`,
      },
    ],
  );
}

/** The page cache that the containers are charged with, bytes. */
function pageCacheOf({ details }: DockerLook): number {
  return details.containers.reduce((sum, { cacheBytes = 0 }) => sum + cacheBytes, 0);
}
