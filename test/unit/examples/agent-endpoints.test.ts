import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startAgent } from './agent.js';
import { ExampleProcess, endAll } from './process.js';

vi.setConfig({ testTimeout: 30_000 });
afterEach(endAll);

describe('the example agent, chats', () => {
  it('answers, counts the turns of a session and remembers the conversation', async () => {
    const agent = await startAgent({ AGENT_CHAT_CONTEXT_BYTES: '1000' });
    const first = await agent.chat('hello', 's1');
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ reply: 'You said: hello', turn: 1, cached: false, degraded: false });
    expect((await agent.chat('hello', 's1')).body).toMatchObject({ turn: 2, cached: true });
    const metrics = await agent.metrics();
    expect(metrics.get('agent_cache_items')).toBe(1);
    expect(metrics.get('agent_cache_bytes')).toBe(1000);
    expect(metrics.get('agent_active_sessions')).toBe(1);
    expect(metrics.get('agent_chat_requests_total{result="answered"}')).toBe(2);
  });

  it('keeps its cache within the bounds it is given', async () => {
    const agent = await startAgent({ AGENT_CHAT_CONTEXT_BYTES: '1000', AGENT_CACHE_MAX_ITEMS: '3' });
    for (let n = 0; n < 5; n += 1) await agent.chat(`message ${n}`);
    expect(await agent.metric('agent_cache_items')).toBe(3);
    const tight = await startAgent({ AGENT_CHAT_CONTEXT_BYTES: '1000', AGENT_CACHE_MAX_BYTES: '2500' });
    for (let n = 0; n < 5; n += 1) await tight.chat(`message ${n}`);
    expect(await tight.metric('agent_cache_bytes')).toBe(2000);
  });

  it('refuses a bad request with the reason', async () => {
    const agent = await startAgent();
    expect((await agent.post('/chat', { text: 'hello' })).status).toBe(400);
    const text = await fetch(`${agent.url}/chat`, { method: 'POST', body: '{"message"' });
    expect(text.status).toBe(400);
    expect((await agent.post('/chat', { message: 'x'.repeat(70_000) })).status).toBe(413);
    expect((await agent.get('/nowhere')).status).toBe(404);
    expect((await agent.get('/admin/constructor')).status).toBe(404);
    const wrongMethod = await agent.get('/admin/gc');
    expect([wrongMethod.status, wrongMethod.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await agent.get('/health')).status).toBe(200);
  });
});

describe('the example agent, MEM-001 figures', () => {
  it('has the bounds of MEMORY_CONFIG unless told otherwise', async () => {
    const metrics = await (await startAgent()).metrics();
    expect(metrics.get('agent_cache_max_items')).toBe(1000);
    expect(metrics.get('agent_cache_max_bytes')).toBe(100 * 1024 * 1024);
    expect(metrics.get('agent_gc_interval_seconds')).toBe(60);
    expect(metrics.get('agent_gc_monitoring_enabled')).toBe(1);
    expect(metrics.get('agent_gc_last_run_timestamp_seconds')).toBe(0);
  });

  it('collects garbage every interval, and not when monitoring is off', async () => {
    const agent = await startAgent({ AGENT_GC_INTERVAL_SECONDS: '1' });
    const quiet = await startAgent({ AGENT_GC_INTERVAL_SECONDS: '1', AGENT_GC_MONITORING: '0' });
    const second = await agent.process.event('gc', 2);
    expect(second.trigger).toBe('interval');
    const metrics = await agent.metrics();
    expect(metrics.get('agent_gc_runs_total{trigger="interval"}')).toBeGreaterThanOrEqual(2);
    expect(Date.now() / 1000 - metrics.get('agent_gc_last_run_timestamp_seconds')!).toBeLessThan(5);
    expect(quiet.process.events('gc')).toHaveLength(0);
  });
});

describe('the example agent, admin calls', () => {
  it('clears the cache once for one key, and again for another', async () => {
    const agent = await startAgent({ AGENT_CHAT_CONTEXT_BYTES: '1000' });
    for (const message of ['one', 'two']) await agent.chat(message);
    const first = await agent.admin('clear-cache', 'k1');
    expect(first.body).toEqual({ cleared: 2, freedBytes: 2000 });
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    await agent.chat('three');
    const again = await agent.admin('clear-cache', 'k1');
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await agent.metric('agent_cache_items')).toBe(1);
    expect(agent.process.events('cache-cleared')).toHaveLength(1);
    expect((await agent.admin('clear-cache', 'k2')).body).toEqual({ cleared: 1, freedBytes: 1000 });
    expect(agent.process.events('cache-cleared')).toHaveLength(2);
    expect(agent.process.events('admin').map((line) => [line.idempotencyKey, line.replayed])).toEqual([
      ['k1', false],
      ['k1', true],
      ['k2', false],
    ]);
  });

  it('does one thing for a key that comes ten times at once', async () => {
    const agent = await startAgent();
    const answers = await Promise.all(Array.from({ length: 10 }, () => agent.admin('gc', 'same')));
    expect(agent.process.events('gc')).toHaveLength(1);
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    expect(answers.filter((answer) => answer.headers.get('idempotency-replayed') === 'true')).toHaveLength(9);
  });

  it('refuses a key used for another request', async () => {
    const agent = await startAgent();
    await agent.admin('degrade', 'k', { enabled: true });
    expect((await agent.admin('degrade', 'k', { enabled: false })).status).toBe(422);
    expect((await agent.admin('clear-cache', 'k')).status).toBe(422);
    expect(await agent.metric('agent_degraded')).toBe(1);
    expect(agent.process.events('cache-cleared')).toHaveLength(0);
  });

  it('drops sessions, which people notice', async () => {
    const agent = await startAgent();
    await agent.chat('hello', 's1');
    expect((await agent.admin('clear-sessions', 'k')).body).toEqual({ cleared: 1 });
    expect((await agent.chat('again', 's1')).body.turn).toBe(1);
    expect(agent.process.events('sessions-cleared')).toHaveLength(1);
  });

  it('switches non-essential features off and on', async () => {
    const agent = await startAgent();
    expect((await agent.post('/admin/degrade', { enabled: true })).body).toEqual({
      degraded: true,
      changed: true,
    });
    const { body } = await agent.chat('hello');
    expect(body).toMatchObject({ degraded: true, reply: 'You said: hello' });
    expect(body.suggestions).toBeUndefined();
    expect(await agent.metric('agent_cache_items')).toBe(0);
    expect((await agent.post('/admin/degrade', { enabled: true })).body.changed).toBe(false);
    await agent.post('/admin/degrade', { enabled: false });
    expect((await agent.chat('hello')).body.suggestions).toBeDefined();
    expect(agent.process.events('degraded').map((line) => line.enabled)).toEqual([true, false]);
    expect((await agent.post('/admin/degrade', {})).status).toBe(400);
  });

  it('drains: takes no more chats, finishes those in flight, and takes chats again', async () => {
    const agent = await startAgent({ AGENT_CHAT_DELAY_MS: '700' });
    const open = agent.chat('slow');
    while ((await agent.metric('agent_in_flight_requests')) === 0);
    const drained = agent.admin('drain', 'k');
    while ((await agent.metric('agent_draining')) === 0);
    expect((await agent.chat('late')).status).toBe(503);
    expect((await agent.get('/health')).body.status).toBe('draining');
    expect((await drained).body).toMatchObject({ draining: true, inFlight: 0, drained: 1, changed: true });
    expect((await open).status).toBe(200);
    expect(agent.process.events('drained')).toHaveLength(1);
    await agent.post('/admin/drain', { enabled: false });
    expect((await agent.chat('back')).status).toBe(200);
  });

  it('says how many are still in flight when a drain takes too long', async () => {
    const agent = await startAgent({ AGENT_CHAT_DELAY_MS: '60000', AGENT_DRAIN_TIMEOUT_SECONDS: '0.2' });
    agent.chat('very slow').catch(() => {});
    while ((await agent.metric('agent_in_flight_requests')) === 0);
    expect((await agent.admin('drain', 'k')).body).toMatchObject({ inFlight: 1, drained: 0 });
  });
});

describe('the example agent, admin token', () => {
  it('is asked for admin calls only, and never logged', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nightshift-agent-'));
    try {
      await writeFile(join(folder, 'token'), 'a-secret-token\n');
      const agent = await startAgent({ AGENT_ADMIN_TOKEN_FILE: join(folder, 'token') });
      const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
      expect((await agent.post('/admin/gc')).status).toBe(401);
      expect((await agent.post('/admin/gc', undefined, bearer('another-token'))).status).toBe(401);
      expect(agent.process.events('gc')).toHaveLength(0);
      expect((await agent.post('/admin/gc', undefined, bearer('a-secret-token'))).status).toBe(200);
      expect((await agent.chat('hello')).status).toBe(200);
      expect(JSON.stringify(agent.process.lines)).not.toContain('a-secret-token');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each([
    [{ AGENT_ADMIN_TOKEN_FILE: '/nonexistent/token' }, 'AGENT_ADMIN_TOKEN_FILE /nonexistent/token'],
    [{ AGENT_CACHE_MAX_ITEMS: 'many' }, 'AGENT_CACHE_MAX_ITEMS is "many"'],
    [{ AGENT_FAULT_GC: 'explode' }, 'AGENT_FAULT_GC is "explode"'],
    [{ AGENT_GC_MONITORING: 'maybe' }, 'AGENT_GC_MONITORING is "maybe"'],
  ])('does not start with %j, and says why', async (env, message) => {
    const example = new ExampleProcess('agent/agent.mjs', { PORT: '0', ...env });
    expect((await example.event('failed')).msg).toContain(message);
    expect((await example.ended).code).toBe(2);
  });
});
