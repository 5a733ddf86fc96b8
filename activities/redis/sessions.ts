import type { SessionReading } from '../../model/kubernetes/details.js';
import type { SessionSettings } from '../../model/kubernetes/settings.js';
import { messageOf } from '../failure.js';
import { type Redis, withRedis } from './client.js';
import { connectionsByAddress, figureOf, readInfo, readMaxClients, refuseCluster } from './info.js';
import { readSample, type SampledSession } from './session-sample.js';

/** A scan ends here: what was not read is not claimed. Keys, and milliseconds. */
const scanLimit = 300_000;
const scanMs = 2_500;
const perScan = 1_000;
/** So many sessions are looked at one by one. */
const sampleSize = 200;

/** What is counted in a server outside the cluster's API. */
export interface Counted<Reading> {
  readonly reading: Reading;
  /** By the client's address; absent where the server does not tell its clients apart. */
  readonly connections?: ReadonlyMap<string, number>;
  /** What it does not say, and why. */
  readonly gaps: readonly { readonly source: string; readonly name: string; readonly gap: string }[];
}

/**
 * Sessions by SCAN (never KEYS, which holds the server), a sample of them, and what the server says of itself. What
 * its user may not ask is a gap; only the scan itself is needed. Throws `Unreachable`, `Misconfigured`, `Unsupported`.
 */
export async function readSessions(
  settings: SessionSettings,
  secret: (name: string) => string,
  signal: AbortSignal,
): Promise<Counted<SessionReading>> {
  return withRedis(redisAddress(settings, secret), signal, async (redis) => {
    const gaps: { source: string; name: string; gap: string }[] = [];
    const orGap = async <T>(source: string, name: string, work: Promise<T>): Promise<T | undefined> => {
      try {
        return await work;
      } catch (error) {
        gaps.push({ source, name, gap: messageOf(error) });
        return undefined;
      }
    };
    const info = (await orGap('INFO', 'redis.info', readInfo(redis))) ?? new Map<string, string>();
    refuseCluster(info, settings.url);
    const [scanned, databaseKeys, maxClients, connections] = await Promise.all([
      scan(redis, settings.match),
      orGap('DBSIZE', 'redis.keys', redis.send('DBSIZE').then(Number)),
      orGap('CONFIG GET', 'redis.maxClients', readMaxClients(redis, info)),
      orGap('CLIENT LIST', 'redis.connections', connectionsByAddress(redis)),
    ]);
    if (!scanned.complete)
      gaps.push({
        source: 'SCAN',
        name: 'sessions.count',
        gap: `the scan ended at its limit: there are at least ${scanned.keys}`,
      });
    const { seen, gaps: unread } = await readSample(redis, scanned.sample);
    return {
      reading: {
        ...summed(scanned, seen, info, maxClients),
        ...(databaseKeys !== undefined && { databaseKeys }),
      },
      gaps: [...gaps, ...unread],
      ...(connections && { connections }),
    };
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

/** A session that nobody has used for so long is idle, seconds: the least life that a session is left with. */
const idleFrom = 900;

function summed(
  { keys, complete, sample }: Scanned,
  seen: readonly SampledSession[],
  info: ReadonlyMap<string, string>,
  maxClients: number | undefined,
): SessionReading {
  const sizes = seen.flatMap(({ bytes }) => bytes ?? []);
  const idle = seen.flatMap(({ idleSeconds }) => idleSeconds ?? []);
  const lengths = sample.map((key) => Buffer.byteLength(key));
  const lives = seen.filter(({ pttl }) => pttl >= 0).map(({ pttl }) => Math.round(pttl / 1000));
  const policy = info.get('maxmemory_policy');
  const figures = {
    maxmemoryBytes: figureOf(info, 'maxmemory'),
    usedMemoryBytes: figureOf(info, 'used_memory'),
    connectedClients: figureOf(info, 'connected_clients'),
    maxClients,
    rejectedConnections: figureOf(info, 'rejected_connections'),
  };
  return {
    keys,
    complete,
    sampled: seen.length,
    ...(sizes.length > 0 && { bytes: Math.round((sum(sizes) / sizes.length) * keys) }),
    ...(lengths.length > 0 && { keyBytes: Math.ceil(sum(lengths) / lengths.length) }),
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
