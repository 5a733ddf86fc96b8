import { bytes, percent } from '../../../../model/format.js';
import type { MongoReading, SessionReading, WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Recommendation, Seen } from '../../../../model/runbook.js';
import { figuresOfWorst } from './against-cause.js';

/** More open cursors than this are not closed by somebody. */
const manyCursors = 100;
/** A cache that holds this share of what is to be explained wants a bound. */
const largeCache = 0.3;

/** What Redis, MongoDB and the app's own caches lack: the source's optimisation tips, where what was read asks for them. */
export function storeAdvice(seen: Seen<WorkloadLook>): readonly Recommendation[] {
  const sessions = seen.latest.details.sessions ?? seen.first.details.sessions;
  const mongo = seen.first.details.mongo ?? seen.latest.details.mongo;
  return [
    ...cacheAdvice(seen),
    ...(sessions === undefined
      ? []
      : [...withoutLife(sessions), ...evictionPolicy(sessions), ...clients(sessions)]),
    ...(mongo === undefined ? [] : cursors(mongo)),
  ];
}

function cacheAdvice(seen: Seen<WorkloadLook>): readonly Recommendation[] {
  const accounts = figuresOfWorst(seen)?.accounts;
  if (accounts?.caches === undefined || accounts.caches.most < accounts.amount * largeCache) return [];
  return [
    {
      title: "Bound the app's caches",
      why: `They held ${accounts.caches.words} of ${accounts.amountWords}. Give each a size, drop what was used longest ago, and keep large objects out of them.`,
    },
  ];
}

function withoutLife({ withoutTtl, sampled, usedMemoryBytes }: SessionReading): readonly Recommendation[] {
  if (withoutTtl === 0 || sampled === 0) return [];
  const used = usedMemoryBytes === undefined ? '' : ` Redis uses ${bytes(usedMemoryBytes)} in all.`;
  return [
    {
      title: 'Give every session key a life',
      why: `${withoutTtl} of ${sampled} sampled sessions (${percent((withoutTtl / sampled) * 100)}) never expire.${used} A hash for each session, written field by field, takes less than one text that is written anew.`,
      snippet: { language: 'python', text: 'redis.set(key, value, ex=SESSION_TTL)' },
    },
  ];
}

/**
 * The source says `allkeys-lru`; where sessions share a Redis with other data that would throw the others out, too.
 * Whether they share it is told by the number of its keys; what `INFO` did not say is not said.
 */
function evictionPolicy({
  keys,
  complete,
  databaseKeys,
  maxmemoryPolicy,
  maxmemoryBytes,
  usedMemoryBytes,
}: SessionReading): readonly Recommendation[] {
  if (maxmemoryPolicy === undefined && maxmemoryBytes === undefined) return [];
  const unbounded = maxmemoryBytes === 0;
  const shared = databaseKeys === undefined || !complete ? undefined : databaseKeys > keys;
  const fits = shared === false ? /^(?:volatile|allkeys)-/ : /^volatile-/;
  if (!unbounded && fits.test(maxmemoryPolicy ?? '')) return [];
  const used = usedMemoryBytes === undefined ? '' : ` It uses ${bytes(usedMemoryBytes)} now.`;
  const policy = shared === false ? 'allkeys-lru' : 'volatile-lru';
  return [
    {
      title: 'Bound the Redis of the sessions, and let it drop sessions first',
      why: `Its policy is ${maxmemoryPolicy ?? 'not known'}${unbounded ? ', and it has no maxmemory' : ''}.${used} ${policyWords(shared, (databaseKeys ?? 0) - keys)}`,
      snippet: { language: 'conf', text: `maxmemory <what it may have>\nmaxmemory-policy ${policy}` },
    },
  ];
}

/** `count`: keys beside the sessions. */
function policyWords(shared: boolean | undefined, count: number): string {
  if (shared === false)
    return 'It holds nothing but sessions, so allkeys-lru fits: the session that was used longest ago goes first.';
  const others = shared === true ? `It holds ${count} other keys beside the sessions. ` : '';
  return `${others}With volatile-lru only keys with a life are dropped; allkeys-lru, as the source has it, fits only a Redis that holds nothing but sessions.`;
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
      why: `It has refused ${rejectedConnections} since it began; ${connectedClients ?? '?'} of ${maxClients ?? '?'} clients are connected now. Bound the pools of whoever holds most of them before you raise maxclients.`,
    },
  ];
}

function cursors({ openCursors, current }: MongoReading): readonly Recommendation[] {
  if ((openCursors ?? 0) < manyCursors) return [];
  return [
    {
      title: 'Close cursors explicitly',
      why: `MongoDB has ${openCursors} open cursors on ${current} connections. Close each (with find(...) as cursor), ask only for the fields that are needed (projection), and read page by page.`,
    },
  ];
}
