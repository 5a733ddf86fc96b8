import { bytes, percent } from '../../../../model/format.js';
import { reconciledWords } from '../../../../model/memory/reconcile.js';
import type { Recommendation } from '../../../../model/runbook.js';
import type { Lessons } from './lessons.js';

/** Swap, memory in no process, and containers without a limit on the same host. */
export function hostAdvice({ seen, worst }: Lessons): readonly Recommendation[] {
  const { details, target } = seen.first;
  const names = new Set(worst.causes.map(({ name }) => name));
  const unlimited = details.containers.filter(({ limitBytes }) => limitBytes === undefined);
  return [
    ...(names.has('swapping') ? [swapAdvice({ seen, worst })] : []),
    ...(names.has('memory-in-no-process') ? [noProcessAdvice({ seen, worst })] : []),
    ...(target.kind === 'host' && unlimited.length > 0
      ? [
          {
            title: `Give every container a memory limit: ${unlimited.length} have none`,
            why: `Any of them can exhaust the host: ${unlimited
              .slice(0, 10)
              .map(({ name, workingSetBytes }) =>
                workingSetBytes === undefined ? name : `${name} (${bytes(workingSetBytes)})`,
              )
              .join(', ')}.`,
          },
        ]
      : []),
  ];
}

function swapAdvice({ seen }: Lessons): Recommendation {
  const { host } = seen.first.details;
  const used =
    host === undefined || host.swapTotalBytes === 0
      ? 'Memory was moved to swap and back'
      : `${bytes(host.swapUsedBytes)} of ${bytes(host.swapTotalBytes)} of swap were in use (${percent((host.swapUsedBytes / host.swapTotalBytes) * 100)})`;
  return {
    title: 'Keep the service out of swap',
    why: `${used}. A container whose memswap_limit equals its memory limit can't swap: it is slow for nobody, and fails early where it can be seen.`,
  };
}

function noProcessAdvice({ seen }: Lessons): Recommendation {
  const { host, container } = seen.first.details;
  const mounts = container?.tmpfsMounts ?? [];
  const what =
    seen.first.target.kind === 'host' && host !== undefined
      ? reconciledWords(host)
      : `part of it belongs to no process${mounts.length > 0 ? ` (tmpfs on ${mounts.join(', ')})` : ''}`;
  return {
    title: 'Bound what is in memory without a process',
    why: `${what}. Give each tmpfs a size, and look for files left in /dev/shm and /tmp.`,
    snippet: { language: 'sh', text: "df -h -t tmpfs\ngrep -E '^(Shmem|SUnreclaim|Hugetlb):' /proc/meminfo" },
  };
}
