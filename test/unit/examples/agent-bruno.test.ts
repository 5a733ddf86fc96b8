import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findPython } from '../../../scripts/lib/python-root.mjs';
import * as redisPart from '../../../scripts/parts/redis.mjs';
import { until } from '../../support/containers.js';

const AGENT = fileURLToPath(new URL('../../../examples/agent-bruno/agent.py', import.meta.url));
const MIB = 1024 * 1024;
const python = findPython();
const redis = await redisPart.find();
const inCi = Boolean(process.env.CI);
const running: ChildProcess[] = [];

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
afterEach(async () => {
  for (const child of running.splice(0)) await ended(child);
});

/** The stand-in as a plain process, on a free port. */
async function agent(env: Record<string, string> = {}) {
  const child = spawn(python?.path ?? 'python3', [AGENT], {
    env: {
      PATH: process.env.PATH ?? '',
      PORT: '0',
      MALLOC_ARENA_MAX: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(child);
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  const base = await new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      const port = /listening on port (\d+)/.exec(line)?.[1];
      if (port) resolve(`http://127.0.0.1:${port}`);
    });
    child.once('exit', () => reject(new Error('the agent has ended')));
  });
  const request = async (method: string, path: string, body?: object) => {
    const response = await fetch(base + path, { method, body: body ? JSON.stringify(body) : undefined });
    return { status: response.status, text: await response.text() };
  };
  const metric = async (name: string): Promise<number> => {
    const { text } = await request('GET', '/metrics');
    return Number(new RegExp(`^${name} ([\\d.e+]+)$`, 'm').exec(text)?.[1]);
  };
  /** Has a fault grow to its size. */
  const provoke = async (fault: object) => {
    expect((await request('POST', '/admin/faults', fault)).status).toBe(200);
    const grown = async () => !(await request('GET', '/admin/faults')).text.includes('"running": true');
    await until('the fault has grown', grown, 30_000);
  };
  return { request, metric, provoke, resident: () => metric('process_resident_memory_bytes') };
}

describe.skipIf(!python && !inCi)('the stand-in for agent-bruno (needs Python)', () => {
  test.each(['leak', 'cycles', 'load', 'contexts', 'sessions'])(
    '%s takes as much memory as is said',
    async (kind) => {
      const { provoke, resident } = await agent();
      const before = await resident();
      await provoke({ kind, speed: 60, size: 30 });
      const grown = ((await resident()) - before) / MIB;
      expect(grown).toBeGreaterThan(27);
      expect(grown).toBeLessThan(45);
    },
  );

  test('a collection frees circular references, and not the leak', async () => {
    const { provoke, resident, request } = await agent();
    await provoke({ kind: 'leak', speed: 100, size: 20 });
    const leaked = await resident();
    await provoke({ kind: 'cycles', speed: 100, size: 30 });
    const freed = JSON.parse((await request('POST', '/admin/gc')).text).freedBytes;
    expect(freed / MIB).toBeGreaterThan(25);
    expect(Math.abs((await resident()) - leaked) / MIB).toBeLessThan(8);
    expect(JSON.parse((await request('POST', '/admin/gc')).text).freedBytes / MIB).toBeLessThan(2);
  });

  test('CONTEXT_WINDOW bounds the contexts, RESPONSE_CACHE_MIB the cache, and the cache can be cleared', async () => {
    const { provoke, metric, request } = await agent({ CONTEXT_WINDOW: '4', RESPONSE_CACHE_MIB: '10' });
    // Of 64 KiB each, so there is some room at the end into which none fits.
    await provoke({ kind: 'contexts', speed: 100, size: 40.03 });
    // 20 conversations with 4 messages of 64 KiB.
    expect(await metric('bruno_context_bytes')).toBe(20 * 4 * 64 * 1024);
    await provoke({ kind: 'load', speed: 100, size: 30 });
    expect(await metric('bruno_cache_bytes')).toBeLessThanOrEqual(10 * MIB);
    expect(await metric('bruno_cache_bytes')).toBeGreaterThan(5 * MIB);
    await request('POST', '/admin/clear-cache');
    expect(await metric('bruno_cache_bytes')).toBe(0);
  });

  test('traffic holds memory while it is answered, tells how much there is at once, and ends', async () => {
    const { provoke, metric, request, resident } = await agent();
    const before = await resident();
    await provoke({ kind: 'traffic', speed: 60, size: 30 });
    const high = async () => (await metric('bruno_in_flight_requests')) >= 28;
    await until('they are being answered', high, 10_000);
    expect(((await resident()) - before) / MIB).toBeGreaterThan(24);
    await request('DELETE', '/admin/faults');
    await until('they have ended', async () => (await metric('bruno_in_flight_requests')) === 0, 10_000);
  });

  test('pages of files are none of its own memory', async () => {
    const { provoke, resident } = await agent();
    const before = await resident();
    await provoke({ kind: 'files', speed: 60, size: 30 });
    expect(((await resident()) - before) / MIB).toBeLessThan(15);
  });

  test('metrics can be withheld; what it does not know it says', async () => {
    const quiet = await agent({ METRICS: 'off' });
    expect((await quiet.request('GET', '/metrics')).status).toBe(404);
    const some = await agent({ METRICS: 'process' });
    expect((await some.request('GET', '/metrics')).text).not.toContain('bruno_');
    expect(await some.resident()).toBeGreaterThan(MIB);
    const wrong = await some.request('POST', '/admin/faults', { kind: 'nonsense', speed: 1, size: 1 });
    expect([wrong.status, wrong.text]).toEqual([
      400,
      expect.stringContaining('it can be connections, contexts'),
    ]);
    const alone = await some.request('POST', '/admin/faults', { kind: 'connections', speed: 1, size: 1 });
    expect([alone.status, alone.text]).toEqual([400, expect.stringContaining('need REDIS_URL')]);
    expect((await some.request('POST', '/chat', {})).status).toBe(400);
    const ended = () =>
      execFileSync(python?.path ?? '', [AGENT], { env: { SESSION_TTL: 'soon' }, stdio: 'pipe' });
    expect(ended).toThrow("SESSION_TTL is 'soon', which is no number");
  });
});

describe.skipIf(!(python && redis) && !inCi)('with a real Redis (needs redis-server)', () => {
  let server: ChildProcess;
  let port = 0;
  const cli = (...args: string[]) =>
    execFileSync(redis?.cli ?? '', ['-p', String(port), ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();

  beforeAll(async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    port = (free.address() as { port: number }).port;
    free.close();
    server = spawn(redis?.path ?? '', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
      stdio: 'ignore',
    });
    const answers = async () => {
      try {
        return cli('ping') === 'PONG';
      } catch {
        return false;
      }
    };
    await until('Redis answers', answers);
  });
  afterAll(() => ended(server));
  const agentWithRedis = (env: Record<string, string> = {}) =>
    agent({ REDIS_URL: `redis://127.0.0.1:${port}`, ...env });
  const keys = () => cli('--scan', '--pattern', 'bruno:session:*').split('\n').filter(Boolean).sort();

  test('the same seed makes the same sessions, another seed others', async () => {
    const sessionsOf = async (seed: number) => {
      cli('flushall');
      const { provoke } = await agentWithRedis();
      await provoke({ kind: 'sessions', speed: 40, size: 8, seed, noise: 0.5 });
      return keys();
    };
    const first = await sessionsOf(7);
    expect(first).toHaveLength(32);
    expect(await sessionsOf(7)).toEqual(first);
    expect(await sessionsOf(8)).not.toEqual(first);
  });

  test('sessions that expire in Redis leave the process, and their memory goes back', async () => {
    cli('flushall');
    const { provoke, metric, resident, request } = await agentWithRedis({ SESSION_TTL: '3600' });
    await request('POST', '/chat', { message: 'Hello', session: 'kept' });
    await provoke({ kind: 'sessions', speed: 100, size: 30 });
    expect(await metric('bruno_active_sessions')).toBe(121);
    expect(Number(cli('ttl', 'bruno:session:kept'))).toBeGreaterThan(3500);
    const full = await resident();
    for (const key of keys().filter((each) => each !== 'bruno:session:kept')) cli('pexpire', key, '1');
    await until('they are dropped', async () => (await metric('bruno_active_sessions')) === 1, 20_000);
    await until('memory is given back', async () => full - (await resident()) > 25 * MIB, 10_000);
  });

  test('connections that are never given back exhaust the pool: chats are refused, and the pod is not ready', async () => {
    const { provoke, request, metric } = await agentWithRedis({
      REDIS_POOL_SIZE: '3',
      CONNECTION_KIB: '1024',
    });
    expect((await request('GET', '/ready')).status).toBe(200);
    await provoke({ kind: 'connections', speed: 10, size: 3 });
    expect(
      cli('client', 'list')
        .split('\n')
        .filter((line) => line.includes('name=agent-bruno')),
    ).toHaveLength(3);
    const chat = await request('POST', '/chat', { message: 'Hello' });
    expect([chat.status, chat.text]).toEqual([
      503,
      expect.stringContaining('all 3 connections of the redis pool'),
    ]);
    expect((await request('GET', '/ready')).status).toBe(503);
    expect((await request('GET', '/health')).status).toBe(200);
    expect(await metric('bruno_pool_exhausted_total\\{pool="redis"\\}')).toBeGreaterThan(0);
  });
});
