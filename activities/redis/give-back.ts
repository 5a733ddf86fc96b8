import type { Effect } from '../../model/change.js';
import type { ApplyContext } from '../adapter.js';
import { Journal } from '../docker/appliers/journal.js';
import type { Redis } from './client.js';
import { undoScript } from './ttl-scripts.js';

/** Kept expiries in one script. */
const perScript = 100;
/** How long it stays known what was given back, so that a second attempt tells the whole, milliseconds. */
const countsKeptMs = 24 * 3600 * 1000;

/**
 * Gives back what is kept of a change, where nobody has renewed the key since. Each key once: its kept expiry is taken
 * out in the same script. An attempt after one that was killed goes on where that one ended.
 */
export async function giveBack(redis: Redis, hash: string, context: ApplyContext): Promise<Effect> {
  const script = String(await redis.send('SCRIPT', 'LOAD', undoScript));
  const counts = `${hash}:undone`;
  const kept = Number(await redis.send('HLEN', hash));
  const journal = new Journal(context);
  // What was given back is counted in Redis itself: an attempt before this one has begun.
  await journal.confirm({ begun: (await redis.send('EXISTS', counts)) === 1 });
  let cursor = '0';
  do {
    context.signal.throwIfAborted();
    const page = await redis.send('HSCAN', hash, cursor, 'COUNT', perScript);
    const [next, flat] = page as [string, string[]];
    cursor = String(next);
    const keys = flat.filter((_, index) => index % 2 === 0);
    // A small hash comes in one page, whatever was asked for.
    for (let at = 0; at < keys.length; at += perScript) {
      const some = keys.slice(at, at + perScript);
      await redis.send('EVALSHA', script, some.length + 2, hash, counts, ...some, countsKeptMs);
    }
    journal.note({ phase: 'giving back', kept });
  } while (cursor !== '0');
  return effectOf(redis, counts, context);
}

async function effectOf(redis: Redis, counts: string, context: ApplyContext): Promise<Effect> {
  const at = context.now().toISOString();
  const told = (await redis.send('HMGET', counts, 'given', 'left')) as (string | null)[];
  if (told[0] === null || told[0] === undefined)
    return {
      status: 'nothing',
      at,
      note: 'nothing is kept of it any more: its time to be undone is over',
      details: {},
    };
  const [given, left] = [Number(told[0]), Number(told[1] ?? 0)];
  const alone = left === 0 ? '' : `, ${left} had been renewed or had ended and were left alone`;
  return {
    status: 'applied',
    at,
    note: `${given} sessions have their lives back${alone}`,
    details: { given, left },
  };
}
