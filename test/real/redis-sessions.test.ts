import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { failure, failureType } from '../../activities/failure.js';
import { withRedis } from '../../activities/redis/client.js';
import { readSessions } from '../../activities/redis/sessions.js';
import { keptIn, shortenTtlApplier } from '../../activities/redis/shorten.js';
import type { Effect } from '../../model/change.js';
import type { ShortenTtlParams } from '../../model/changes/kubernetes/params.js';
import type { Json } from '../../model/json.js';
import type { SessionSettings } from '../../model/kubernetes/settings.js';
import { aChange, anAttempt } from '../support/apply-context.js';
import { needsRedis, redisServer, TestRedis } from '../support/redis-server.js';

const signal = new AbortController().signal;
const noSecret = (): string => '';
const match = 'bruno:session:*';

function settings(url: string, more: Partial<SessionSettings> = {}): SessionSettings {
  return { url, match, heldBy: 'inProcess', shortenToSeconds: 3600, ...more };
}

function params(url: string, more: Partial<ShortenTtlParams> = {}): ShortenTtlParams {
  const limits = { idleSeconds: 0, hashBytesAtMost: 64 * 2 ** 20, undoSeconds: 3600 };
  return { url, match, toSeconds: 3600, ...limits, ...more };
}

const kind = 'sessions.shortenTtl';
const id = 'abcd2345/1';
const shorten = (given: ShortenTtlParams, attempt = anAttempt(), id = 'abcd2345/1'): Promise<Effect> => {
  const fields = [{ name: 'ttlSeconds', before: null, after: given.toSeconds }];
  return shortenTtlApplier(aChange({ kind, params: given, id, fields }), attempt.context);
};
const undo = (given: ShortenTtlParams, attempt = anAttempt(), of = 'abcd2345/1'): Promise<Effect> => {
  const fields = [{ name: 'ttlSeconds', before: given.toSeconds, after: null }];
  return shortenTtlApplier(
    aChange({ kind, params: given, id: `${of}/undo`, fields, fresh: { of } }),
    attempt.context,
  );
};

describe.skipIf(!redisServer)(`sessions in a real Redis (${needsRedis})`, () => {
  let redis: TestRedis;
  const others: TestRedis[] = [];
  const another = async (...given: Parameters<typeof TestRedis.open>): Promise<TestRedis> => {
    const opened = await TestRedis.open(...given);
    others.push(opened);
    return opened;
  };

  beforeAll(async () => {
    redis = await TestRedis.open();
  });
  afterEach(async () => {
    await redis.send('FLUSHALL');
    await Promise.all(others.splice(0).map((one) => one.close()));
  });
  afterAll(() => redis.close());

  const ttl = async (key: number): Promise<number> => Number(await redis.send('TTL', `bruno:session:${key}`));
  const ourClients = async (): Promise<number> =>
    String(await redis.send('CLIENT', 'LIST'))
      .split('\n')
      .filter(Boolean).length;

  describe('a look', () => {
    it('counts 100,000 sessions by SCAN, samples their size and life, and leaves no connection behind', async () => {
      await redis.fill(100_000);
      await redis.fill(25_000, { seconds: 0 });
      await redis.send('SET', 'somebody:else', 'x');
      await redis.send('CONFIG', 'RESETSTAT');
      const look = () => readSessions(settings(redis.url), noSecret, signal);
      // On a machine that has no time for it, a scan ends at its limit and says so.
      await expect.poll(async () => (await look()).reading.complete, { timeout: 20_000 }).toBe(true);
      const { reading, gaps } = await look();
      expect(gaps).toEqual([]);
      expect(reading).toMatchObject({ keys: 100_000, complete: true, sampled: 200, readOnly: false });
      // What is kept of each for an undo is reckoned by it: bruno:session:12345.
      expect(reading.keyBytes).toBe(19);
      expect(reading.bytes).toBeGreaterThan(100_000 * 200);
      expect(reading.bytes).toBeLessThan(100_000 * 500);
      expect(reading.withoutTtl).toBeGreaterThan(20);
      expect(reading.withoutTtl).toBeLessThan(85);
      expect(reading.ttlSeconds?.[2]).toBeGreaterThan(86_000);
      expect(reading).toMatchObject({ maxmemoryPolicy: 'noeviction', maxClients: 10_000 });
      const stats = String(await redis.send('INFO', 'commandstats'));
      expect(stats).toContain('cmdstat_scan:');
      expect(stats).not.toContain('cmdstat_keys:');
      expect(await ourClients()).toBe(1);
    });

    it('tells clients apart by their address, ours left out', async () => {
      const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.2'];
      const clients = addresses.map((localAddress) =>
        connect({ port: redis.port, host: '127.0.0.1', localAddress }),
      );
      await Promise.all(clients.map((client) => once(client, 'connect')));
      try {
        const { connections } = await readSessions(settings(redis.url), noSecret, signal);
        expect(Object.fromEntries(connections ?? [])).toEqual({ '127.0.0.1': 1, '127.0.0.2': 2 });
      } finally {
        for (const client of clients) client.destroy();
      }
    });

    it('logs in as the default user, and as a user of an access list', async () => {
      const closed = await another(['--requirepass', 'open sesame'], { password: 'open sesame' });
      await closed.fill(3);
      const named = settings(closed.url, { passwordSecret: 'redis' });
      const { reading } = await readSessions(named, () => 'open sesame\n', signal);
      expect(reading.keys).toBe(3);
      for (const given of [settings(closed.url), settings(closed.url, { passwordSecret: 'redis' })])
        await expect(readSessions(given, () => 'wrong', signal)).rejects.toThrow(/sessions\.password/);
      await closed.send('ACL', 'SETUSER', 'night', 'on', '>shift', '~*', '+@all');
      const user = settings(closed.url, { username: 'night', passwordSecret: 'redis' });
      expect((await readSessions(user, () => 'shift', signal)).reading.keys).toBe(3);
    });

    it('makes a gap of what its user may not ask, and reads the rest', async () => {
      await redis.fill(3);
      const may = ['+scan', '+pttl', '+ping', '+hello', '+auth'];
      await redis.send('ACL', 'SETUSER', 'narrow', 'on', '>x', '~*', '-@all', ...may);
      const narrow = settings(redis.url, { username: 'narrow', passwordSecret: 'redis' });
      const { reading, gaps, connections } = await readSessions(narrow, () => 'x', signal);
      expect(reading).toMatchObject({ keys: 3, sampled: 3, withoutTtl: 0 });
      expect(reading.bytes).toBeUndefined();
      expect(reading.idleShare).toBeUndefined();
      expect(connections).toBeUndefined();
      expect(gaps.map(({ name }) => name).toSorted()).toEqual([
        'redis.connections',
        'redis.info',
        'redis.keys',
        'redis.maxClients',
        'sessions.bytes',
        'sessions.idle',
      ]);
      for (const { gap } of gaps) expect(gap).toMatch(/NOPERM/);
      await redis.send('ACL', 'SETUSER', 'narrow', '-scan');
      await expect(readSessions(narrow, () => 'x', signal)).rejects.toThrow(/NOPERM/);
    });

    it('has no idle time under an LFU policy, and says so', async () => {
      const lfu = await another(['--maxmemory-policy', 'allkeys-lfu', '--maxmemory', '100mb']);
      await lfu.fill(3);
      const { reading, gaps } = await readSessions(settings(lfu.url), noSecret, signal);
      expect(reading).toMatchObject({ keys: 3, maxmemoryPolicy: 'allkeys-lfu' });
      expect(reading.idleSeconds).toBeUndefined();
      expect(gaps).toMatchObject([{ name: 'sessions.idle', gap: expect.stringContaining('LFU') }]);
      const effect = await shorten(params(lfu.url, { idleSeconds: 900 }));
      expect(effect).toMatchObject({ status: 'nothing', note: expect.stringContaining('3 were left alone') });
    });

    it('tells a replica, and refuses to change it', async () => {
      await redis.fill(2);
      await redis.send('CONFIG', 'SET', 'repl-diskless-sync-delay', 0);
      const replica = await another(['--replicaof', '127.0.0.1', String(redis.port)]);
      await expect.poll(() => replica.send('DBSIZE'), { timeout: 20_000 }).toBe(2);
      const { reading } = await readSessions(settings(replica.url), noSecret, signal);
      expect(reading).toMatchObject({ keys: 2, readOnly: true });
      const refused = await shorten(params(replica.url)).catch((error: unknown) => error);
      expect(failureType(refused)).toBe('Unsupported');
      expect(String(refused)).toContain('read-only');
    });

    it('refuses a Redis Cluster in words', async () => {
      const cluster = await another(['--cluster-enabled', 'yes']);
      const wanted = /Redis Cluster: one node’s|Redis Cluster: one node's/;
      await expect(readSessions(settings(cluster.url), noSecret, signal)).rejects.toThrow(wanted);
      await expect(shorten(params(cluster.url))).rejects.toThrow(wanted);
    });

    it('does not wait for a Redis that says nothing', async () => {
      const mute = await another();
      mute.pause();
      const patience = AbortSignal.timeout(700);
      await expect(readSessions(settings(mute.url), noSecret, patience)).rejects.toThrow(/aborted|timeout/i);
    });
  });

  describe('shortening', () => {
    it('shortens each key once over killed attempts, keeps the old expiry, and gives it back', async () => {
      await redis.fill(30_000);
      await redis.send('PERSIST', 'bruno:session:7');
      const given = params(redis.url);
      let attempts = 0;
      let renewed: string | undefined;
      for (let effect: Effect | undefined; effect === undefined; attempts += 1) {
        // Killed at a later moment each time, somewhere between two commands or within one.
        const killed = new AbortController();
        const atPage = 1 + attempts * 4;
        let page = 0;
        const attempt = anAttempt({
          attempt: attempts + 1,
          signal: killed.signal,
          onConfirm() {
            page += 1;
            if (page === atPage) setTimeout(() => killed.abort(new Error('killed')), attempts % 3);
          },
        });
        effect = await shorten(given, attempt).catch((error: unknown) => {
          expect(String(error)).toContain('killed');
          return undefined;
        });
        // Somebody uses a session that was shortened, between two attempts.
        const some = (await redis.send('HRANDFIELD', keptIn(id), 20)) as string[];
        renewed ??= some.find((key) => !['5', '7', '13'].includes(key.replace(match.slice(0, -1), '')));
        if (!effect && renewed) await redis.send('EXPIRE', renewed, 80_000);
        if (effect) expect(effect).toMatchObject({ status: 'applied', details: { shortened: 30_000 } });
      }
      expect(attempts).toBeGreaterThan(3);
      expect(Number(await redis.send('TTL', renewed ?? ''))).toBeGreaterThan(79_000);
      expect(await ttl(5)).toBeLessThanOrEqual(3600);
      expect(await ttl(7)).toBeLessThanOrEqual(3600);
      const kept = String(await redis.send('HGET', keptIn('abcd2345/1'), 'bruno:session:5')).split(' ');
      const days = (Number(kept[0]) - Date.now()) / 86_400_000;
      expect(days).toBeGreaterThan(0.99);
      expect(days).toBeLessThan(1.01);
      await redis.send('EXPIRE', 'bruno:session:13', 80_000);
      const back = await undo(given);
      expect(back.status).toBe('applied');
      expect(back.note).toMatch(/^29998 sessions have their lives back, 2 had been renewed/);
      expect(Number(await redis.send('TTL', renewed ?? ''))).toBeLessThanOrEqual(80_000);
      expect(await ttl(5)).toBeGreaterThan(86_000);
      expect(await ttl(7)).toBe(-1);
      expect(await ttl(13)).toBeLessThanOrEqual(80_000);
      expect(await redis.send('EXISTS', keptIn('abcd2345/1'))).toBe(0);
      // A second undo tells the same, and changes nothing.
      await redis.send('EXPIRE', 'bruno:session:5', 5000);
      expect((await undo(given)).note).toBe(back.note);
      expect(await ttl(5)).toBeLessThanOrEqual(5000);
    });

    /** As the engine has it: what was not begun in time is not begun. */
    const tooLate = (part?: { readonly begun: boolean }): void => {
      if (!part?.begun) throw failure('NotSent', 'too late');
    };

    it('sees through what was begun in time, whatever the attempts before could tell of it', async () => {
      await redis.fill(5_000);
      const killed = new AbortController();
      let asked = 0;
      const first = anAttempt({
        signal: killed.signal,
        onConfirm() {
          asked += 1;
          if (asked === 4) killed.abort(new Error('killed'));
        },
      });
      await expect(shorten(params(redis.url), first)).rejects.toThrow('killed');
      // What the engine goes by: it does not ask guardrails again for what may have been sent.
      expect(first.left()).toHaveProperty('sending');
      for (const previous of [first.left(), {}]) {
        const more = previous === undefined ? {} : { previous };
        const later = anAttempt({ attempt: 2, ...more, onConfirm: tooLate });
        expect(await shorten(params(redis.url), later)).toMatchObject({ details: { shortened: 5_000 } });
      }
      await expect(
        shorten(params(redis.url), anAttempt({ onConfirm: tooLate }), 'abcd2345/2'),
      ).rejects.toThrow('too late');
    });

    it('goes on with an undo that was killed', async () => {
      await redis.fill(5_000);
      await shorten(params(redis.url));
      const killed = new AbortController();
      let beats = 0;
      const attempt = anAttempt({ signal: killed.signal });
      const context = {
        ...attempt.context,
        heartbeat: (details: Json) => {
          attempt.context.heartbeat(details);
          beats += 1;
          if (beats === 5) killed.abort(new Error('killed'));
        },
      };
      const fields = [{ name: 'ttlSeconds', before: 3600, after: null }];
      const change = aChange({ kind, params: params(redis.url), fields, fresh: { of: 'abcd2345/1' } });
      await expect(shortenTtlApplier(change, context)).rejects.toThrow('killed');
      const left = Number(await redis.send('HLEN', keptIn('abcd2345/1')));
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThan(5_000);
      expect(attempt.left()).toHaveProperty('sending');
      const later = anAttempt({ attempt: 2, previous: attempt.left() ?? {}, onConfirm: tooLate });
      expect((await undo(params(redis.url), later)).details).toEqual({ given: 5_000, left: 0 });
    });

    it('works where the server does not tell when a key expires, as those before 7', async () => {
      const old = await another(['--rename-command', 'PEXPIRETIME', '']);
      await old.fill(500);
      await old.send('PERSIST', 'bruno:session:7');
      expect(await shorten(params(old.url))).toMatchObject({
        status: 'applied',
        details: { shortened: 500 },
      });
      await old.send('EXPIRE', 'bruno:session:13', 80_000);
      expect((await undo(params(old.url))).details).toEqual({ given: 499, left: 1 });
      expect(Number(await old.send('TTL', 'bruno:session:5'))).toBeGreaterThan(86_000);
      expect(Number(await old.send('TTL', 'bruno:session:7'))).toBe(-1);
    });

    it('leaves alone sessions in use, short ones and its own keys', async () => {
      await redis.fill(5);
      await redis.send('EXPIRE', 'bruno:session:3', 100);
      const effect = await shorten(params(redis.url, { idleSeconds: 900 }));
      expect(effect).toMatchObject({ status: 'nothing', details: { shortened: 0, looked: 5 } });
      await shorten(params(redis.url, { match: '*' }));
      expect(await ttl(3)).toBeLessThanOrEqual(100);
      await shorten(params(redis.url, { match: '*', toSeconds: 1000 }), anAttempt(), 'abcd2345/2');
      // The first change's kept expiries live for as long as they were meant to.
      expect(Number(await redis.send('TTL', keptIn('abcd2345/1')))).toBeGreaterThan(3000);
    });

    it('stops where the kept expiries would take too much, and they expire all the same', async () => {
      await redis.fill(2_000);
      const effect = await shorten(params(redis.url, { hashBytesAtMost: 40_000 }));
      expect(effect.note).toMatch(/it stopped where the kept expiries would have taken more than/);
      const shortened = Number((effect.details as { shortened: number }).shortened);
      expect(shortened).toBeGreaterThan(50);
      expect(shortened).toBeLessThan(1_000);
      const used = Number(await redis.send('MEMORY', 'USAGE', keptIn('abcd2345/1'), 'SAMPLES', 0));
      expect(used).toBeLessThan(50_000);
      expect(Number(await redis.send('TTL', keptIn('abcd2345/1')))).toBeGreaterThan(3000);
      // Full within the first script of all.
      await shorten(params(redis.url, { hashBytesAtMost: 3_000 }), anAttempt(), 'abcd2345/2');
    });

    it('sets an expiry on what it keeps even where the first script fills it', async () => {
      await redis.fill(100);
      await shorten(params(redis.url, { hashBytesAtMost: 1_500 }));
      expect(Number(await redis.send('HLEN', keptIn('abcd2345/1')))).toBeGreaterThan(5);
      expect(Number(await redis.send('TTL', keptIn('abcd2345/1')))).toBeGreaterThan(3000);
    });

    it('takes no room that the sessions need', async () => {
      const tight = await another(['--maxmemory', '16mb', '--maxmemory-policy', 'volatile-lru']);
      await tight.fill(30_000);
      const before = Number(await tight.send('DBSIZE'));
      const effect = await shorten(params(tight.url));
      expect(effect.note).toMatch(/it stopped where/);
      expect(effect.status).toBe('applied');
      expect(before).toBe(30_000);
      expect(Number(await tight.send('DBSIZE'))).toBe(before + 1);
    });

    it('can not be undone any more when its time is over, and says so', async () => {
      await redis.fill(10);
      await shorten(params(redis.url));
      await redis.send('DEL', keptIn('abcd2345/1'));
      expect(await undo(params(redis.url))).toMatchObject({
        status: 'nothing',
        note: expect.stringContaining('its time to be undone is over'),
      });
      expect(await ttl(5)).toBeLessThanOrEqual(3600);
    });

    it('asks once a page whether it may go on, and never shortens below 15 minutes', async () => {
      await redis.fill(10_000);
      const attempt = anAttempt();
      await shorten(params(redis.url), attempt);
      expect(attempt.confirmed).toBeGreaterThan(5);
      expect(attempt.confirmed).toBeLessThan(30);
      await expect(shorten(params(redis.url, { toSeconds: 60 }))).rejects.toThrow(/less than 900 s/);
      expect(await ttl(5)).toBeGreaterThan(3500);
    });

    it('does nothing where it may not begin any more', async () => {
      await redis.fill(10);
      const late = anAttempt({
        onConfirm() {
          throw new Error('too late');
        },
      });
      await expect(shorten(params(redis.url), late)).rejects.toThrow('too late');
      expect(await ttl(5)).toBeGreaterThan(86_000);
      await withRedis({ url: redis.url }, signal, async (one) =>
        expect(await one.send('EXISTS', keptIn('abcd2345/1'))).toBe(0),
      );
    });
  });
});
