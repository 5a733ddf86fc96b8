import { afterEach, describe, expect, it, vi } from 'vitest';
import { startAgent } from './agent.js';
import { endAll } from './process.js';

vi.setConfig({ testTimeout: 30_000 });
afterEach(endAll);

describe('the example agent, faults on purpose', () => {
  it('answers 500, nonsense or a redirect, and does nothing', async () => {
    const agent = await startAgent({
      AGENT_FAULT_CLEAR_CACHE: '500',
      AGENT_FAULT_GC: 'nonsense',
      AGENT_FAULT_DEGRADE: 'redirect',
    });
    expect((await agent.admin('clear-cache', 'a')).status).toBe(500);
    const nonsense = await agent.admin('gc', 'b');
    expect([nonsense.status, nonsense.headers.get('content-type')]).toEqual([200, 'text/html']);
    const redirect = await fetch(`${agent.url}/admin/degrade`, { method: 'POST', redirect: 'manual' });
    expect([redirect.status, redirect.headers.get('location')]).toEqual([302, '/redirected']);
    for (const event of ['cache-cleared', 'gc', 'degraded', 'admin', 'redirect-followed']) {
      expect(agent.process.events(event)).toHaveLength(0);
    }
    expect(agent.process.events('fault').map((line) => line.fault)).toEqual(['500', 'nonsense', 'redirect']);
  });

  it('logs a caller that follows the redirect', async () => {
    const agent = await startAgent({ AGENT_FAULT_CLEAR_CACHE: 'redirect' });
    await fetch(`${agent.url}/redirected`, { method: 'POST' });
    expect(agent.process.events('redirect-followed')).toHaveLength(1);
  });

  it('hangs without an answer, and serves others meanwhile', async () => {
    const agent = await startAgent({ AGENT_FAULT_GC: 'hang' });
    const call = fetch(`${agent.url}/admin/gc`, { method: 'POST', signal: AbortSignal.timeout(700) });
    expect((await agent.get('/health')).status).toBe(200);
    await expect(call).rejects.toThrow(/timeout/i);
    expect(agent.process.events('gc')).toHaveLength(0);
  });

  it('shows a counted fault only the first times, so that a retry succeeds', async () => {
    const agent = await startAgent({ AGENT_FAULT_CLEAR_CACHE: '500:2' });
    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await agent.admin('clear-cache', 'k')).status);
    expect(statuses).toEqual([500, 500, 200, 200]);
    expect(agent.process.events('cache-cleared')).toHaveLength(1);
  });

  it('can lose an answer after the work is done; the retry with the same key hears it', async () => {
    const agent = await startAgent({ AGENT_FAULT_CLEAR_CACHE: 'lost:1', AGENT_CHAT_CONTEXT_BYTES: '1000' });
    await agent.chat('hello');
    await expect(agent.admin('clear-cache', 'k')).rejects.toThrow();
    const retry = await agent.admin('clear-cache', 'k');
    expect(retry.body).toEqual({ cleared: 1, freedBytes: 1000 });
    expect(retry.headers.get('idempotency-replayed')).toBe('true');
    expect(agent.process.events('cache-cleared')).toHaveLength(1);
  });

  it('can fail its health, its metrics and its chats', async () => {
    const agent = await startAgent({
      AGENT_FAULT_HEALTH: '500',
      AGENT_FAULT_METRICS: 'nonsense',
      AGENT_FAULT_CHAT: '500:1',
    });
    expect((await agent.get('/health')).status).toBe(500);
    expect((await agent.get('/metrics')).body.text).toContain('<html>');
    expect((await agent.chat('hello')).status).toBe(500);
    expect((await agent.chat('hello')).status).toBe(200);
  });
});
