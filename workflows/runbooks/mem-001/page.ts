import type { RunbookPage } from '../../../model/runbook.js';

/** What `nightshift runbook show MEM-001` tells. The text of the source, with what is done about it here. */
export const page: RunbookPage = {
  alerts: [
    'HostMemoryHigh',
    'HostMemoryProactive',
    'HostMemoryExhausted',
    'HostMemoryGrowing',
    'HostSwapping',
    'HostSwapNearlyFull',
    'HostOomKill',
    'ContainerMemoryHigh',
    'ContainerMemoryProactive',
    'ContainerMemoryExhausted',
    'ContainerMemoryGrowing',
    'ContainerOomKill',
    'AgentMemoryHigh',
    'AgentMemoryProactive',
    'AgentMemoryExhausted',
    'AgentMemoryGrowing',
    'AgentCacheOverItems',
    'AgentCacheOverBytes',
    'AgentGcOverdue',
  ],
  symptoms: [
    'Memory in use above 90 % (warning from 80 %)',
    'Processes killed by the OOM killer',
    '"Out of memory" in logs',
    'Slow answers, because memory is swapped',
    'Containers that restart with OOMKilled=true',
  ],
  impact:
    'Critical. Requests fail or are slow; when the memory is gone, the kernel kills whatever it chooses. Recovery takes one to two minutes.',
  lookedAt: [
    'Memory: available on the host; working set of the container against its limit; its growth, and when the limit is reached',
    'Used memory of the host, reconciled: containers, processes, tmpfs, slab, huge pages, unexplained',
    'All containers by working set, limit, reservation and swap limit; the processes by resident memory and swap',
    'OOM kills: kernel log, cgroup counters, Docker events, exit codes and restart counts, reconciled',
    'Swap: devices, pages in and out, memory pressure',
    "The app's own figures (caches, heap, collections, requests), log lines about memory, health, restart policy, heap flags",
  ],
  verification: [
    'Below the warning threshold: also in the worst sample of the last part of the soak',
    'Not growing back: at the measured rate the threshold is far away',
    'No new OOM kill: since the last change',
    'Running and healthy: and not started anew during the soak',
    'Containers are up again: on a host, all that ran before',
    'Clean logs: no new line about a lack of memory',
    'Answers its probe: where one is configured',
  ],
  escalation: [
    'Nothing that may be done is left, and it is still above the threshold',
    'Its deadline has passed: 15 min at warning, 5 min at critical, never later than the predicted limit',
    'The memory is in no process, or only a protected container would help: people must decide',
    'A decision was rejected or not answered',
  ],
};
