import { messageOf } from '../failure.js';
import type { Redis } from './client.js';

/** One session, looked at closely. */
export interface SampledSession {
  readonly bytes?: number;
  /** Milliseconds; -1: it never expires. */
  readonly pttl: number;
  readonly idleSeconds?: number;
}

interface Gap {
  readonly source: string;
  readonly name: string;
  readonly gap: string;
}

/** Sessions one by one; those that are gone since are left out. What may not be asked is a gap, told once. */
export async function readSample(
  redis: Redis,
  keys: readonly string[],
): Promise<{ readonly seen: readonly SampledSession[]; readonly gaps: readonly Gap[] }> {
  const gaps = new Map<string, Gap>();
  const ask = async (source: string, name: string, ...words: (string | number)[]): Promise<unknown> => {
    try {
      return await redis.send(...words);
    } catch (error) {
      gaps.set(name, { source, name, gap: messageOf(error) });
      return undefined;
    }
  };
  const sampled = await Promise.all(keys.map((key) => readOne(key, ask)));
  return { seen: sampled.filter((one) => one !== undefined), gaps: [...gaps.values()] };
}

/** None of these three counts as a use of the key. */
async function readOne(
  key: string,
  ask: (source: string, name: string, ...words: (string | number)[]) => Promise<unknown>,
): Promise<SampledSession | undefined> {
  const [bytes, pttl, idle] = await Promise.all([
    ask('MEMORY USAGE', 'sessions.bytes', 'MEMORY', 'USAGE', key, 'SAMPLES', 5),
    ask('PTTL', 'sessions.ttl', 'PTTL', key),
    // With an LFU policy there is no idle time, and the server says so.
    ask('OBJECT IDLETIME', 'sessions.idle', 'OBJECT', 'IDLETIME', key),
  ]);
  if (typeof pttl !== 'number' || pttl === -2) return undefined;
  return {
    pttl,
    ...(typeof bytes === 'number' && { bytes }),
    ...(typeof idle === 'number' && { idleSeconds: idle }),
  };
}
