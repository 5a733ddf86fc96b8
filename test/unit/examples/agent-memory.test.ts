import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Agent, startAgent } from './agent.js';
import { endAll } from './process.js';

vi.setConfig({ testTimeout: 30_000 });
afterEach(endAll);

const MIB = 1024 * 1024;
/** What a process of Node's size may gain or lose by itself while it is watched. */
const NOISE = 12 * MIB;

async function leaked(agent: Agent, bytes: number): Promise<void> {
  const deadline = Date.now() + 15_000;
  while ((await agent.metric('agent_leak_bytes')) < bytes) {
    if (Date.now() > deadline) throw new Error(`the agent did not leak ${bytes} bytes in 15 s`);
    await sleep(50);
  }
}

describe('the memory of the example agent, as the kernel counts it', () => {
  it('leaks what neither clearing the cache nor a collection frees', async () => {
    const agent = await startAgent({
      AGENT_LEAK_BYTES_PER_SECOND: String(64 * MIB),
      AGENT_LEAK_MAX_BYTES: String(48 * MIB),
      AGENT_LEAK_START_DELAY_SECONDS: '0.5',
    });
    const before = agent.rss();
    await leaked(agent, 48 * MIB);
    const full = agent.rss();
    expect(full - before).toBeGreaterThan(48 * MIB - NOISE);
    await agent.admin('clear-cache', 'c');
    await agent.admin('gc', 'g');
    expect(agent.rss()).toBeGreaterThan(full - NOISE);
    expect(await agent.metric('agent_leak_bytes')).toBe(48 * MIB);
  });

  it('gives the cache back when it is cleared, without a collection', async () => {
    const agent = await startAgent({ AGENT_CACHE_FILL_BYTES: String(60 * MIB), AGENT_GC_MONITORING: '0' });
    expect(await agent.metric('agent_cache_bytes')).toBe(60 * MIB);
    const before = agent.rss();
    const { body } = await agent.admin('clear-cache', 'c');
    expect(body.freedBytes).toBe(60 * MIB);
    expect(before - agent.rss()).toBeGreaterThan(60 * MIB - NOISE);
  });

  it('fills the cache no further than its bounds', async () => {
    const agent = await startAgent({
      AGENT_CACHE_FILL_BYTES: String(20 * MIB),
      AGENT_CACHE_MAX_BYTES: String(5 * MIB),
    });
    const bytes = await agent.metric('agent_cache_bytes');
    expect(bytes).toBeLessThanOrEqual(5 * MIB);
    expect(bytes).toBeGreaterThan(4 * MIB);
  });

  it('frees its garbage by a collection, and by nothing else', async () => {
    const agent = await startAgent({ AGENT_GARBAGE_BYTES: String(48 * MIB), AGENT_GC_MONITORING: '0' });
    const before = agent.rss();
    await agent.admin('clear-cache', 'c');
    for (let n = 0; n < 100; n += 1) await agent.chat(`message ${n}`);
    await agent.admin('clear-cache', 'c2');
    // V8 collects by itself in a process that has been idle for 8 s, unless it is kept from it.
    await sleep(9500);
    expect(agent.rss()).toBeGreaterThan(before - NOISE);
    const beforeGc = agent.rss();
    const { body } = await agent.admin('gc', 'g');
    expect(Number(body.rssBefore) - Number(body.rssAfter)).toBeGreaterThan(48 * MIB - NOISE);
    expect(beforeGc - agent.rss()).toBeGreaterThan(48 * MIB - NOISE);
  });

  it('leaks and fills only in its first life when it has a once-file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nightshift-agent-'));
    try {
      const env = {
        AGENT_LEAK_ONCE_FILE: join(folder, 'leaked'),
        AGENT_LEAK_BYTES_PER_SECOND: String(64 * MIB),
        AGENT_LEAK_MAX_BYTES: String(8 * MIB),
        AGENT_CACHE_FILL_BYTES: String(MIB),
      };
      const first = await startAgent(env);
      await leaked(first, 8 * MIB);
      expect(existsSync(env.AGENT_LEAK_ONCE_FILE)).toBe(true);
      first.process.kill('SIGKILL');
      await first.process.ended;
      const second = await startAgent(env);
      await sleep(500);
      const metrics = await second.metrics();
      expect([metrics.get('agent_leak_bytes'), metrics.get('agent_cache_bytes')]).toEqual([0, 0]);
      expect(second.process.events('started')[0]!.firstLife).toBe(false);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('warns in its log over 80 % and over 90 % of its limit', async () => {
    const probe = await startAgent();
    const limit = (percent: number, rss: number) => String(Math.round((rss * 100) / percent));
    const rss = probe.rss();
    const high = await startAgent({ AGENT_MEMORY_LIMIT_BYTES: limit(86, rss) });
    const critical = await startAgent({ AGENT_MEMORY_LIMIT_BYTES: limit(130, rss) });
    expect((await critical.process.event('memory-critical')).msg).toMatch(/^memory critical: \d+ %/);
    expect((await high.process.event('memory-high')).msg).toMatch(/^memory high: \d+ %/);
    expect(high.process.events('memory-critical')).toHaveLength(0);
  });
});
