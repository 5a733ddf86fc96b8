import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Agent, startAgent } from './agent.js';
import { ExampleProcess, endAll } from './process.js';

vi.setConfig({ testTimeout: 30_000 });
afterEach(endAll);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

describe('the life of the example agent', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'finishes what is in flight on %s and ends with 0',
    async (signal) => {
      const agent = await startAgent({ AGENT_CHAT_DELAY_MS: '500' });
      const open = agent.chat('slow');
      while ((await agent.metric('agent_in_flight_requests')) === 0);
      agent.process.kill(signal);
      expect((await open).body.reply).toBe('You said: slow');
      expect(await agent.process.ended).toEqual({ code: 0, signal: null });
      expect(agent.process.events('stopping')).toMatchObject([{ signal, inFlight: 1 }]);
      expect(agent.process.events('stopped')).toMatchObject([{ drained: 1, left: 0 }]);
    },
  );

  it('gives up on what takes too long, and says so by its exit code', async () => {
    const agent = await startAgent({ AGENT_CHAT_DELAY_MS: '60000', AGENT_STOP_TIMEOUT_SECONDS: '0.2' });
    const open = agent.chat('very slow').catch(() => 'broken off');
    while ((await agent.metric('agent_in_flight_requests')) === 0);
    agent.process.kill('SIGTERM');
    expect((await agent.process.ended).code).toBe(1);
    expect(await open).toBe('broken off');
    expect(agent.process.events('stopped')).toMatchObject([{ drained: 0, left: 1 }]);
  });

  it('can ignore SIGTERM, so that only a kill ends it', async () => {
    const agent = await startAgent({ AGENT_IGNORE_SIGTERM: '1' });
    agent.process.kill('SIGTERM');
    await agent.process.event('sigterm-ignored');
    expect((await agent.get('/health')).status).toBe(200);
    agent.process.kill('SIGKILL');
    expect(await agent.process.ended).toEqual({ code: null, signal: 'SIGKILL' });
    expect(agent.process.events('stopping')).toHaveLength(0);
  });

  it('is starting, with 503, until its start delay is over', async () => {
    const port = await freePort();
    const env = { HOST: '127.0.0.1', PORT: String(port), AGENT_START_DELAY_SECONDS: '1.5' };
    const agent = new Agent(new ExampleProcess('agent/agent.mjs', env), `http://127.0.0.1:${port}`);
    let health = await agent.get('/health').catch(() => undefined);
    while (health === undefined) health = await agent.get('/health').catch(() => undefined);
    expect([health.status, health.body.status]).toEqual([503, 'starting']);
    expect((await agent.chat('hello')).status).toBe(503);
    await agent.process.event('started');
    expect((await agent.get('/health')).body.status).toBe('ok');
  });

  it('is unhealthy while a file says so', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nightshift-agent-'));
    const file = join(folder, 'unhealthy');
    try {
      const agent = await startAgent({ AGENT_UNHEALTHY_FILE: file });
      expect((await agent.get('/health')).status).toBe(200);
      await writeFile(file, '');
      const sick = await agent.get('/health');
      expect([sick.status, sick.body.status]).toEqual([503, 'unhealthy']);
      await rm(file);
      expect((await agent.get('/health')).status).toBe(200);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('names its configuration by a digest that changes with it', async () => {
    const digest = async (env: Record<string, string>) =>
      (await startAgent(env)).process.events('started')[0]!.configDigest;
    const plain = await digest({});
    expect(await digest({})).toBe(plain);
    expect(await digest({ AGENT_CACHE_MAX_ITEMS: '5' })).not.toBe(plain);
  });

  it('says that its port is taken', async () => {
    const agent = await startAgent();
    const port = new URL(agent.url).port;
    const second = new ExampleProcess('agent/agent.mjs', { HOST: '127.0.0.1', PORT: port });
    expect((await second.event('failed')).msg).toContain('EADDRINUSE');
    expect((await second.ended).code).toBe(2);
  });
});
