import type { Change, Effect } from '../../model/change.js';
import type { ShortenTtlParams } from '../../model/changes/kubernetes/params.js';
import { leastTtlSeconds } from '../../model/changes/kubernetes/shorten-ttl.js';
import { bytes, duration } from '../../model/format.js';
import type { Applier, ApplyContext } from '../adapter.js';
import { Journal } from '../docker/appliers/journal.js';
import { failure } from '../failure.js';
import { type Redis, withRedis } from './client.js';
import { giveBack } from './give-back.js';
import { figureOf, readInfo, refuseCluster } from './info.js';
import { redisAddress } from './sessions.js';
import { shortenScript } from './ttl-scripts.js';

/** Keys in one script: it holds Redis for a third of a millisecond or so. */
const perScript = 100;
/** Keys in one page of the scan; before each, it is asked whether the change may still go on. */
const perScan = 500;
/** Of what is free below `maxmemory`, the kept expiries take this share at most: the sessions need room, too. */
const shareOfRoom = 0.5;
/** What is Nightshift's own is no session, whatever the pattern says. */
const ours = 'nightshift:';

/** Where the old expiries of one change are kept, in Redis itself. */
export function keptIn(changeId: string): string {
  return `${ours}ttl:${changeId}`;
}

/**
 * Shortens the lives of idle sessions, or gives them back (the field's `after` is null then). Each key once per change:
 * the script that shortens writes the old expiry beside it, and leaves alone what has one. So a second attempt goes
 * over all keys again and does only what the first one did not.
 */
export const shortenTtlApplier: Applier<ShortenTtlParams> = async (change, context) => {
  const address = redisAddress(change.params, context.secret);
  return withRedis(address, context.signal, async (redis) => {
    if (change.fields[0]?.after !== null) return shorten(redis, change, context);
    const { of } = change.fresh;
    if (typeof of !== 'string')
      throw failure('Misconfigured', `${change.sentence}: it does not say what it undoes`);
    return giveBack(redis, keptIn(of), context);
  });
};

async function shorten(
  redis: Redis,
  change: Change<ShortenTtlParams>,
  context: ApplyContext,
): Promise<Effect> {
  const { match, toSeconds, idleSeconds, undoSeconds, url } = change.params;
  if (toSeconds < leastTtlSeconds)
    throw failure(
      'Misconfigured',
      `${change.sentence}: no session is left with less than ${leastTtlSeconds} s`,
    );
  const most = await bytesAtMost(redis, change.params, url);
  const script = String(await redis.send('SCRIPT', 'LOAD', shortenScript));
  const hash = keptIn(change.id);
  const counts = { looked: 0, shortened: 0, unknown: 0, full: false };
  const work = async (keys: readonly string[]): Promise<void> => {
    const words = [script, keys.length + 1, hash, ...keys];
    const limits = [toSeconds * 1000, idleSeconds, most, undoSeconds * 1000];
    const [done = 0, unknown = 0, full] = (await redis.send('EVALSHA', ...words, ...limits)) as number[];
    counts.looked += keys.length;
    counts.shortened += done;
    counts.unknown += unknown;
    counts.full ||= full === 1;
  };
  const journal = new Journal(context);
  let cursor = '0';
  // By what Redis itself has kept: whatever a killed attempt could still tell, what was begun is seen through.
  let begun = (await redis.send('EXISTS', hash)) === 1;
  do {
    context.signal.throwIfAborted();
    const page = await redis.send('SCAN', cursor, 'MATCH', match, 'COUNT', perScan);
    const [next, found] = page as [string, string[]];
    cursor = String(next);
    const keys = found.filter((key) => !key.startsWith(ours));
    if (keys.length > 0) await journal.confirm({ begun });
    for (let at = 0; at < keys.length && !counts.full; at += perScript)
      await work(keys.slice(at, at + perScript));
    begun ||= counts.shortened > 0;
    journal.note({ phase: 'shortening', ...counts });
  } while (cursor !== '0' && !counts.full);
  return effectOf(redis, context, change.params, { ...counts, hash, most });
}

/** What was approved, or less where Redis has less room: it must not throw out sessions to keep their expiries. */
async function bytesAtMost(
  redis: Redis,
  { hashBytesAtMost }: ShortenTtlParams,
  url: string,
): Promise<number> {
  const info = await readInfo(redis).catch(() => undefined);
  if (info === undefined) return hashBytesAtMost;
  refuseCluster(info, url);
  const [limit = 0, used = 0] = [figureOf(info, 'maxmemory'), figureOf(info, 'used_memory')];
  return limit === 0
    ? hashBytesAtMost
    : Math.min(hashBytesAtMost, Math.max(0, Math.floor((limit - used) * shareOfRoom)));
}

interface Done {
  readonly looked: number;
  readonly unknown: number;
  readonly full: boolean;
  readonly hash: string;
  readonly most: number;
}

/** What Redis itself has kept tells how many there were, over all attempts, and until when it can be undone. */
async function effectOf(
  redis: Redis,
  context: ApplyContext,
  { toSeconds, idleSeconds }: ShortenTtlParams,
  { looked, unknown, full, hash, most }: Done,
): Promise<Effect> {
  const [shortened, left] = [Number(await redis.send('HLEN', hash)), Number(await redis.send('PTTL', hash))];
  const until = new Date(context.now().getTime() + Math.max(0, left)).toISOString();
  const notes = [
    `${shortened} of ${looked} sessions end within ${duration(toSeconds)} now`,
    ...(shortened > 0 ? [`can be undone until ${until}`] : []),
    ...(full ? [`it stopped where the kept expiries would have taken more than ${bytes(most)}`] : []),
    ...(unknown > 0
      ? [
          `${unknown} were left alone: Redis does not say whether they were idle for ${duration(idleSeconds)} (an LFU policy, or OBJECT is forbidden)`,
        ]
      : []),
  ];
  return {
    status: shortened === 0 ? 'nothing' : 'applied',
    at: context.now().toISOString(),
    note: notes.join('; '),
    details: { shortened, looked, hash, ...(shortened > 0 && { undoUntil: until }) },
  };
}
