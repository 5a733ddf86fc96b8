import type { Change, Effect } from '../../model/change.js';
import type { ShortenTtlParams } from '../../model/changes/kubernetes/params.js';
import { duration } from '../../model/format.js';
import type { Json } from '../../model/json.js';
import type { Applier, ApplyContext } from '../adapter.js';
import { failure } from '../failure.js';
import { type Redis, withRedis } from './client.js';
import { redisAddress } from './sessions.js';
import { shortenScript, undoScript } from './ttl-scripts.js';

/** Keys in one script: it holds Redis for a third of a millisecond or so. */
const perScript = 100;
const perScan = 500;

/** Where the old expiries of one change are kept, in Redis itself. */
export function keptIn(changeId: string): string {
  return `nightshift:ttl:${changeId}`;
}

/**
 * Shortens the lives of idle sessions, or gives them back (the field's `after` is null then). Each key once per change:
 * the script that shortens writes the old expiry beside it, and leaves alone what has one. So a second attempt goes
 * over all keys again and does only what the first one did not.
 */
export const shortenTtlApplier: Applier<ShortenTtlParams> = async (change, context) => {
  const address = redisAddress(change.params, context.secret);
  const back = change.fields[0]?.after === null;
  return withRedis(address, context.signal, (redis) =>
    back ? giveBack(redis, change, context) : shorten(redis, change, context),
  );
};

async function shorten(
  redis: Redis,
  change: Change<ShortenTtlParams>,
  context: ApplyContext,
): Promise<Effect> {
  const { match, toSeconds, idleSeconds, hashBytesAtMost, undoSeconds } = change.params;
  const script = String(await redis.send('SCRIPT', 'LOAD', shortenScript));
  const hash = keptIn(change.id);
  await context.confirm();
  const counts = { looked: 0, shortened: 0, before: 0, full: false };
  const work = async (keys: readonly string[]): Promise<void> => {
    const [done, before, full] = (await redis.send(
      'EVALSHA',
      script,
      keys.length + 1,
      hash,
      ...keys,
      toSeconds * 1000,
      idleSeconds,
      hashBytesAtMost,
      undoSeconds * 1000,
    )) as number[];
    counts.looked += keys.length;
    counts.shortened += done ?? 0;
    counts.before += before ?? 0;
    counts.full ||= full === 1;
  };
  await eachKey(
    redis,
    match,
    async (keys) => {
      for (let at = 0; at < keys.length && !counts.full; at += perScript) {
        await work(keys.slice(at, at + perScript));
        await context.confirm({ begun: true });
      }
      return !counts.full;
    },
    context,
    counts,
  );
  return effectOf(context, counts, { toSeconds, undoSeconds, hash });
}

interface Counts {
  readonly looked: number;
  readonly shortened: number;
  /** Shortened by an earlier attempt of the same change. */
  readonly before: number;
  readonly full: boolean;
}

function effectOf(
  context: ApplyContext,
  counts: Counts,
  { toSeconds, undoSeconds, hash }: { toSeconds: number; undoSeconds: number; hash: string },
): Effect {
  const shortened = counts.shortened + counts.before;
  const until = new Date(context.now().getTime() + undoSeconds * 1000).toISOString();
  const cut = counts.full
    ? '; it stopped where the kept expiries would have taken more than was allowed'
    : '';
  const status = shortened === 0 ? 'nothing' : 'applied';
  return {
    status,
    at: context.now().toISOString(),
    note: `${shortened} of ${counts.looked} sessions end within ${duration(toSeconds)} now; can be undone until ${until}${cut}`,
    details: { shortened, looked: counts.looked, undoUntil: until, hash },
  };
}

/** Goes over all keys that match, by SCAN. `work` answers whether to go on. */
async function eachKey(
  redis: Redis,
  match: string,
  work: (keys: readonly string[]) => Promise<boolean>,
  context: ApplyContext,
  progress: object,
): Promise<void> {
  let cursor = '0';
  do {
    context.signal.throwIfAborted();
    const [next, keys] = (await redis.send('SCAN', cursor, 'MATCH', match, 'COUNT', perScan)) as [
      string,
      string[],
    ];
    cursor = String(next);
    if (keys.length > 0 && !(await work(keys))) return;
    context.heartbeat({ phase: 'shortening', ...(progress as { [key: string]: Json }) });
  } while (cursor !== '0');
}

/** What is kept of the change is given back, where nobody has renewed the key since. */
async function giveBack(
  redis: Redis,
  change: Change<ShortenTtlParams>,
  context: ApplyContext,
): Promise<Effect> {
  const { of } = change.fresh;
  if (typeof of !== 'string')
    throw failure('Misconfigured', `${change.sentence}: it does not say what it undoes`);
  const hash = keptIn(of);
  const script = String(await redis.send('SCRIPT', 'LOAD', undoScript));
  const kept = Number(await redis.send('HLEN', hash));
  await context.confirm();
  const counts = { given: 0, left: 0 };
  let cursor = '0';
  do {
    context.signal.throwIfAborted();
    const [next, flat] = (await redis.send('HSCAN', hash, cursor, 'COUNT', perScript)) as [string, string[]];
    cursor = String(next);
    const keys = flat.filter((_, index) => index % 2 === 0);
    if (keys.length === 0) continue;
    const [given, left] = (await redis.send('EVALSHA', script, keys.length + 1, hash, ...keys)) as number[];
    counts.given += given ?? 0;
    counts.left += left ?? 0;
    context.heartbeat({ phase: 'giving back', ...counts });
  } while (cursor !== '0');
  const at = context.now().toISOString();
  if (kept === 0)
    return {
      status: 'nothing',
      at,
      note: 'nothing is kept of it any more: its time to be undone is over',
      details: {},
    };
  const left = counts.left === 0 ? '' : `, ${counts.left} had been renewed or had ended and were left alone`;
  return {
    status: 'applied',
    at,
    note: `${counts.given} sessions have their lives back${left}`,
    details: counts,
  };
}
