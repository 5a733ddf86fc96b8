import { createClient } from '@redis/client';
import { shortenTtlApplier } from '../../activities/redis/shorten.js';
import type { Effect } from '../../model/change.js';
import type { ShortenTtlParams } from '../../model/changes/kubernetes/params.js';
import { aChange, anAttempt } from '../../test/support/apply-context.js';
import type { Row } from '../report.js';
import { timed } from '../statistics.js';

type Redis = ReturnType<typeof createClient>;

/** Puts so many sessions there that nobody has used for two hours. */
export async function fillSessions(url: string, keys: number): Promise<void> {
  await withClient(url, (redis) => redis.eval(fill, { arguments: [String(keys)] }));
}

/** Shortens the lives of so many sessions, and gives them back: how fast, and what held Redis meanwhile. */
export async function shortening(url: string, keys: number): Promise<readonly Row[]> {
  await fillSessions(url, keys);
  const params = {
    url,
    match: 'bruno:session:*',
    toSeconds: 3600,
    idleSeconds: 900,
    hashBytesAtMost: 256 * 2 ** 20,
    undoSeconds: 3600,
  };
  const change = (id: string, after: number | null, fresh: { readonly of?: string } = {}) =>
    aChange<ShortenTtlParams>({
      kind: 'sessions.shortenTtl',
      id,
      fields: [{ name: 'ttlSeconds', before: null, after }],
      params,
      fresh,
    });
  return withClient(url, async (redis) => {
    const shortened = await watched(redis, () =>
      shortenTtlApplier(change('bench/1', params.toSeconds), anAttempt().context),
    );
    const undone = await watched(redis, () =>
      shortenTtlApplier(change('bench/1-undo', null, { of: 'bench/1' }), anAttempt().context),
    );
    return [
      ...rows('sessions shortened', 'shortened', shortened),
      ...rows('sessions given back (the undo)', 'given', undone),
    ];
  });
}

interface Watched {
  readonly ms: number;
  readonly value: Effect;
  readonly holds: readonly Hold[];
  /** Processor time that Redis took for it, ms: unlike the rest it says the same on a busy machine. */
  readonly cpuMs: number;
  readonly commands: number;
}

interface Hold {
  readonly what: string;
  readonly ms: number;
}

/** `counted`: what of the effect's details says how many there were. */
function rows(what: string, counted: string, watch: Watched): readonly Row[] {
  const { ms, value, holds, cpuMs, commands } = watch;
  const keys = Number(value.details?.[counted]);
  const worst = holds.reduce((most, one) => (one.ms > most.ms ? one : most), { what: 'nothing', ms: 0 });
  return [
    {
      what,
      value: keys / (ms / 1000),
      unit: '/s',
      goal: { atLeast: 20_000 },
      ...(value.note !== undefined && { note: value.note }),
    },
    {
      what: '… for a second of Redis’s processor time',
      value: keys / (cpuMs / 1000),
      unit: '/s',
      note: `${(cpuMs / commands).toFixed(2)} ms of it a script or page of a scan, on average of ${commands}`,
    },
    {
      what: '… longest that anything held Redis meanwhile',
      value: worst.ms,
      unit: 'ms',
      goal: { atMost: 5 },
      note:
        holds.length === 0
          ? 'nothing took 1 ms (SLOWLOG of all commands, LATENCY LATEST)'
          : `${worst.what}; ${holds.length} took 1 ms or longer (SLOWLOG of all commands, LATENCY LATEST)`,
    },
  ];
}

/** What Redis itself says of the time in which it is done: every command of anybody, and what it does by itself. */
async function watched(redis: Redis, work: () => Promise<Effect>): Promise<Watched> {
  await redis.configSet({
    'latency-monitor-threshold': '1',
    'slowlog-log-slower-than': '1000',
    'slowlog-max-len': '10000',
  });
  await redis.sendCommand(['SLOWLOG', 'RESET']);
  await redis.sendCommand(['LATENCY', 'RESET']);
  const before = await usage(redis);
  const { ms, value } = await timed(work);
  const after = await usage(redis);
  const slow = (await redis.sendCommand(['SLOWLOG', 'GET', '-1'])) as unknown as SlowCommand[];
  const latest = (await redis.sendCommand(['LATENCY', 'LATEST'])) as unknown as Latency[];
  const holds = [
    ...slow.map(([, , us, [command]]) => ({ what: command ?? 'a command', ms: us / 1000 })),
    // A slow command is in both; what Redis does by itself (expiry, rehashing, forks) is only here.
    ...latest
      .filter(([event]) => event !== 'command' && event !== 'fast-command')
      .map(([event, , , most]) => ({ what: event, ms: most })),
  ];
  const cpuMs = after.cpuMs - before.cpuMs;
  return { ms, value, holds, cpuMs, commands: after.commands - before.commands };
}

/** What Redis has used since it started, and how many scripts and pages of scans it has answered. */
async function usage(redis: Redis): Promise<{ readonly cpuMs: number; readonly commands: number }> {
  const info = `${await redis.info('cpu')}\n${await redis.info('commandstats')}`;
  const figure = (name: string): number => Number(new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1]);
  return {
    cpuMs: 1000 * (figure('used_cpu_user') + figure('used_cpu_sys')),
    // What a script calls is counted, too, but it holds Redis as one.
    commands: [...info.matchAll(/^cmdstat_(?:evalsha|h?scan):calls=(\d+)/gm)].reduce(
      (sum, [, calls]) => sum + Number(calls),
      0,
    ),
  };
}

type SlowCommand = [id: number, at: number, microseconds: number, words: string[]];
type Latency = [event: string, at: number, last: number, most: number];

async function withClient<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis: Redis = createClient({ url });
  await redis.connect();
  try {
    return await work(redis);
  } finally {
    redis.destroy();
  }
}

/** Sessions that nobody has used for two hours. */
const fill = `
local dump
for n = 1, tonumber(ARGV[1]) do
  local key = 'bruno:session:bench-' .. n
  if not dump then redis.call('SET', key, string.rep('x', 512)); dump = redis.call('DUMP', key) end
  redis.call('RESTORE', key, 86400000, dump, 'REPLACE', 'IDLETIME', 7200)
end
return 1`;
