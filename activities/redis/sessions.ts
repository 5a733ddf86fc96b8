import type { SessionReading } from '../../model/kubernetes/details.js';
import type { SessionSettings } from '../../model/kubernetes/settings.js';
import { type Redis, withRedis } from './client.js';
import { connectionsByAddress, readInfo } from './info.js';

/** A scan ends here: what was not read is not claimed. Keys, and milliseconds. */
const scanLimit = 300_000;
const scanMs = 2_500;
const perScan = 2_000;
/** So many sessions are looked at one by one. */
const sampleSize = 200;

/** Sessions by SCAN (never KEYS, which holds the server), a sample of them, and what the server says of itself. */
export async function readSessions(
  settings: SessionSettings,
  secret: (name: string) => string,
  signal: AbortSignal,
): Promise<{ readonly reading: SessionReading; readonly connections: ReadonlyMap<string, number> }> {
  return withRedis(redisAddress(settings, secret), signal, async (redis) => {
    const [scanned, info, connections] = await Promise.all([
      scan(redis, settings.match),
      readInfo(redis),
      connectionsByAddress(redis),
    ]);
    const sampled = await Promise.all(scanned.sample.map((key) => readOne(redis, key)));
    const seen = sampled.filter((one) => one !== undefined);
    return { connections, reading: summed(scanned, seen, info) };
  });
}

/** The address with the password of its secret. */
export function redisAddress(
  { url, username, passwordSecret }: Pick<SessionSettings, 'url' | 'username' | 'passwordSecret'>,
  secret: (name: string) => string,
) {
  return {
    url,
    ...(username !== undefined && { username }),
    ...(passwordSecret !== undefined && { password: secret(passwordSecret).trim() }),
  };
}

interface Scanned {
  readonly keys: number;
  readonly complete: boolean;
  readonly sample: readonly string[];
}

/** Counts the keys, and keeps an even sample of them (algorithm R). */
async function scan(redis: Redis, match: string): Promise<Scanned> {
  const until = Date.now() + scanMs;
  const sample: string[] = [];
  let keys = 0;
  let cursor = '0';
  do {
    const [next, found] = (await redis.send('SCAN', cursor, 'MATCH', match, 'COUNT', perScan)) as [
      string,
      string[],
    ];
    cursor = String(next);
    for (const key of found) {
      keys += 1;
      if (sample.length < sampleSize) sample.push(key);
      else {
        const at = Math.floor(Math.random() * keys);
        if (at < sampleSize) sample[at] = key;
      }
    }
  } while (cursor !== '0' && keys < scanLimit && Date.now() < until);
  return { keys, complete: cursor === '0', sample };
}

interface One {
  readonly bytes?: number;
  /** Milliseconds; -1: it never expires. */
  readonly pttl: number;
  readonly idleSeconds?: number;
}

/** None of these three counts as a use of the key. Undefined: it is gone since. */
async function readOne(redis: Redis, key: string): Promise<One | undefined> {
  const [bytes, pttl, idle] = await Promise.all([
    redis.send('MEMORY', 'USAGE', key, 'SAMPLES', 5).catch(() => undefined),
    redis.send('PTTL', key),
    // With an LFU policy there is no idle time.
    redis.send('OBJECT', 'IDLETIME', key).catch(() => undefined),
  ]);
  if (Number(pttl) === -2) return undefined;
  return {
    pttl: Number(pttl),
    ...(typeof bytes === 'number' && { bytes }),
    ...(typeof idle === 'number' && { idleSeconds: idle }),
  };
}

/** A session that nobody has used for so long is idle, seconds: the least life that a session is left with. */
const idleFrom = 900;

function summed(
  { keys, complete }: Scanned,
  seen: readonly One[],
  info: ReadonlyMap<string, string>,
): SessionReading {
  const sizes = seen.flatMap(({ bytes }) => bytes ?? []);
  const idle = seen.flatMap(({ idleSeconds }) => idleSeconds ?? []);
  const lives = seen.filter(({ pttl }) => pttl >= 0).map(({ pttl }) => Math.round(pttl / 1000));
  const number = (name: string): number | undefined => {
    const value = Number(info.get(name));
    return info.has(name) && Number.isFinite(value) ? value : undefined;
  };
  const policy = info.get('maxmemory_policy');
  const figures = {
    maxmemoryBytes: number('maxmemory'),
    usedMemoryBytes: number('used_memory'),
    connectedClients: number('connected_clients'),
    maxClients: number('maxclients'),
    rejectedConnections: number('rejected_connections'),
  };
  return {
    keys,
    complete,
    sampled: seen.length,
    ...(sizes.length > 0 && { bytes: Math.round((sum(sizes) / sizes.length) * keys) }),
    withoutTtl: seen.filter(({ pttl }) => pttl === -1).length,
    ...(lives.length > 0 && { ttlSeconds: quartiles(lives) }),
    ...(idle.length > 0 && {
      idleSeconds: quartiles(idle),
      idleShare: idle.filter((seconds) => seconds >= idleFrom).length / idle.length,
    }),
    ...(policy !== undefined && { maxmemoryPolicy: policy }),
    ...Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined)),
    readOnly: info.get('role') === 'slave' && info.get('slave_read_only') !== '0',
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Least, quartiles, most. */
function quartiles(values: readonly number[]): readonly number[] {
  const sorted = values.toSorted((a, b) => a - b);
  return [0, 0.25, 0.5, 0.75, 1].map((share) => sorted[Math.round(share * (sorted.length - 1))] ?? 0);
}
