import { percent } from '../../../../model/format.js';
import type { SessionReading, WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Recommendation, Seen } from '../../../../model/runbook.js';

/** What the sessions' Redis lacks: lives for every key, a bound, and an eviction policy that spares what has none. */
export function sessionAdvice({ latest, first }: Seen<WorkloadLook>): readonly Recommendation[] {
  const sessions = latest.details.sessions ?? first.details.sessions;
  return sessions === undefined
    ? []
    : [...withoutLife(sessions), ...evictionPolicy(sessions), ...clients(sessions)];
}

function withoutLife({ withoutTtl, sampled }: SessionReading): readonly Recommendation[] {
  if (withoutTtl === 0 || sampled === 0) return [];
  return [
    {
      title: 'Give every session key a life',
      why: `${withoutTtl} of ${sampled} sampled sessions (${percent((withoutTtl / sampled) * 100)}) never expire.`,
      snippet: { language: 'python', text: 'redis.set(key, value, ex=SESSION_TTL)' },
    },
  ];
}

/** The source says `allkeys-lru`; where sessions share a Redis with other data that would throw the others out, too. */
function evictionPolicy({ maxmemoryPolicy, maxmemoryBytes }: SessionReading): readonly Recommendation[] {
  const bounded = (maxmemoryBytes ?? 0) > 0;
  if (bounded && maxmemoryPolicy?.startsWith('volatile-')) return [];
  return [
    {
      title: 'Bound the Redis of the sessions, and let it drop sessions first',
      why: `Its policy is ${maxmemoryPolicy ?? 'not known'}${bounded ? '' : ', and it has no maxmemory'}. With volatile-lru only keys with a life are dropped; allkeys-lru, as the source has it, fits only a Redis that holds nothing but sessions.`,
      snippet: { language: 'conf', text: 'maxmemory <what it may have>\nmaxmemory-policy volatile-lru' },
    },
  ];
}

function clients({
  connectedClients,
  maxClients,
  rejectedConnections,
}: SessionReading): readonly Recommendation[] {
  if ((rejectedConnections ?? 0) === 0) return [];
  return [
    {
      title: 'Redis refuses connections',
      why: `It has refused ${rejectedConnections}; ${connectedClients ?? '?'} of ${maxClients ?? '?'} clients are connected now. Bound the pools of whoever holds most of them before you raise maxclients.`,
    },
  ];
}
