import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { createDockerAppliers } from '../../../activities/docker/appliers/index.js';
import type { CacheClearParams, EndpointParams } from '../../../model/changes/index.js';
import { aChange, anAttempt } from '../../support/apply-context.js';
import { portOf } from '../../support/engine-proxy.js';
import { type Agent, startAgent } from '../examples/agent.js';
import { endAll } from '../examples/process.js';

const appliers = createDockerAppliers({
  docker: () => {
    throw new Error('no engine is needed for an endpoint');
  },
});

describe('calling the application', () => {
  const stops: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  async function agent(env: Record<string, string> = {}): Promise<Agent> {
    const started = await startAgent({ AGENT_CACHE_FILL_BYTES: '1048576', ...env });
    stops.push(endAll);
    return started;
  }

  async function server(listener: RequestListener): Promise<string> {
    const made: Server = createServer(listener);
    await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
    stops.push(async () => {
      made.closeAllConnections();
      await new Promise((resolve) => made.close(resolve));
    });
    return `http://127.0.0.1:${portOf(made)}`;
  }

  const clear = (url: string, more: Partial<EndpointParams> = {}) =>
    aChange<CacheClearParams>({
      kind: 'cache.clear',
      params: {
        cache: 'answers',
        endpoint: { method: 'POST', url, timeoutSeconds: 2, ...more },
        disruption: 'none',
        harm: 'a cold cache',
      },
    });

  const clearAgent = (of: Agent, more?: Partial<EndpointParams>) =>
    clear(`${of.url}/admin/clear-cache`, more);
  const effects = (of: Agent, event: string) =>
    of.process.lines.filter((line) => line.event === event).length;

  test('a cache is cleared, and what was cleared is told', async () => {
    const app = await agent();
    const trial = anAttempt();
    const effect = await appliers['cache.clear'](clearAgent(app), trial.context);
    expect(effect.status).toBe('applied');
    expect(effect.details).toMatchObject({ cleared: expect.any(Number), freedBytes: expect.any(Number) });
    expect(effect.note).toMatch(/^cleared \d+ items/);
    expect(trial.confirmed).toBe(1);
  });

  test('a second attempt after a lost answer clears nothing twice', async () => {
    const app = await agent({ AGENT_FAULT_CLEAR_CACHE: 'lost:1' });
    const change = clearAgent(app);
    await expect(appliers['cache.clear'](change, anAttempt().context)).rejects.toMatchObject({
      type: 'Unreachable',
      nonRetryable: false,
    });
    const effect = await appliers['cache.clear'](change, anAttempt({ attempt: 2 }).context);
    expect(effect).toMatchObject({ status: 'applied', details: { replayed: true } });
    expect(effects(app, 'cache-cleared')).toBe(1);
  });

  test('a 500 is a passing fault: asked again with the same key', async () => {
    const app = await agent({ AGENT_FAULT_CLEAR_CACHE: '500:1' });
    const change = clearAgent(app);
    await expect(appliers['cache.clear'](change, anAttempt().context)).rejects.toMatchObject({
      type: 'Unreachable',
      message: expect.stringContaining('answered 500'),
    });
    expect((await appliers['cache.clear'](change, anAttempt({ attempt: 2 }).context)).status).toBe('applied');
  });

  test('an endpoint that hangs is given up after its time limit', async () => {
    const app = await agent({ AGENT_FAULT_CLEAR_CACHE: 'hang' });
    const from = performance.now();
    await expect(
      appliers['cache.clear'](clearAgent(app, { timeoutSeconds: 1 }), anAttempt().context),
    ).rejects.toMatchObject({
      type: 'Unreachable',
      message: expect.stringContaining('no answer within 1 s'),
    });
    expect(performance.now() - from).toBeLessThan(2500);
  });

  test('a body that hangs after its head counts as no answer', async () => {
    const url = await server((_, response) => void response.writeHead(200).write('{"cleared":'));
    await expect(
      appliers['cache.clear'](clear(url, { timeoutSeconds: 1 }), anAttempt().context),
    ).rejects.toMatchObject({
      type: 'Unreachable',
      message: expect.stringContaining('no answer within 1 s'),
    });
  });

  test('200 with nonsense is no claim of success: what was cleared is unknown', async () => {
    const app = await agent({ AGENT_FAULT_CLEAR_CACHE: 'nonsense' });
    const effect = await appliers['cache.clear'](clearAgent(app), anAttempt().context);
    expect(effect.note).toBe('answered 200 with something that is not JSON: what was cleared is unknown');
    expect(effect.details).not.toHaveProperty('cleared');
  });

  test('200 without the expected text is refused', async () => {
    const app = await agent({ AGENT_FAULT_CLEAR_CACHE: 'nonsense' });
    const change = clearAgent(app, { expect: { bodyContains: '"cleared"' } });
    await expect(appliers['cache.clear'](change, anAttempt().context)).rejects.toMatchObject({
      type: 'EndpointRefused',
      nonRetryable: true,
    });
  });

  test('a redirect is never followed, and not shown with what it carries', async () => {
    const app = await agent({ AGENT_FAULT_CLEAR_CACHE: 'redirect' });
    await expect(appliers['cache.clear'](clearAgent(app), anAttempt().context)).rejects.toMatchObject({
      type: 'EndpointRefused',
      message: expect.stringContaining('a redirect to http://127.0.0.1'),
    });
    expect(effects(app, 'redirect-followed')).toBe(0);

    const away = await server((_, response) => {
      response.writeHead(307, { location: 'http://user:hunter2@evil.test/x?token=abc' }).end();
    });
    const refused = appliers['cache.clear'](clear(away), anAttempt().context);
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining('http://evil.test/x') });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringMatching(/hunter2|token=/) });
  });

  test('the token goes along, and a wrong one is refused without being shown', async () => {
    const app = await agent({ AGENT_ADMIN_TOKEN: 'right-token' });
    const change = clearAgent(app, { bearerSecret: 'agent' });
    const right = anAttempt({ secrets: { agent: 'right-token\n' } });
    expect((await appliers['cache.clear'](change, right.context)).status).toBe('applied');
    const wrong = anAttempt({ secrets: { agent: 'wrong-token' } });
    const refused = appliers['cache.clear'](change, wrong.context);
    await expect(refused).rejects.toMatchObject({
      type: 'EndpointRefused',
      message: expect.stringContaining('Check the secret agent'),
    });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining('wrong-token') });
  });

  test('an app that answers with the token it was sent does not make it visible', async () => {
    const url = await server((request, response) => {
      response.writeHead(400).end(`you sent ${request.headers.authorization}`);
    });
    const change = clear(url, { bearerSecret: 'agent' });
    const refused = appliers['cache.clear'](change, anAttempt({ secrets: { agent: 'tok3n-value' } }).context);
    await expect(refused).rejects.toMatchObject({ type: 'EndpointRefused' });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining('tok3n-value') });
  });

  test('a secret that no header can carry is not quoted', async () => {
    const app = await agent();
    const change = clearAgent(app, { bearerSecret: 'agent' });
    const refused = appliers['cache.clear'](
      change,
      anAttempt({ secrets: { agent: 'two\nlines-of-it' } }).context,
    );
    await expect(refused).rejects.toMatchObject({ type: 'Misconfigured' });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining('lines-of-it') });
  });

  test('an answer without an end is read only so far', async () => {
    let sent = 0;
    const url = await server((request, response) => {
      const more = (): void => {
        if (request.destroyed || response.destroyed) return;
        sent += 16_384;
        response.write('x'.repeat(16_384), () => setImmediate(more));
      };
      more();
    });
    const effect = await appliers['cache.clear'](clear(url), anAttempt().context);
    expect(effect.note).toContain('not JSON');
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  test('nobody listens: a passing fault that names the place, without what is in its query', async () => {
    const url = await server(() => undefined);
    for (const stop of stops.splice(0)) await stop();
    const call = appliers['cache.clear'](clear(`${url}/admin/clear-cache?key=abc`), anAttempt().context);
    await expect(call).rejects.toMatchObject({
      type: 'Unreachable',
      message: expect.stringContaining(
        `POST ${url}/admin/clear-cache could not be reached: connect ECONNREFUSED`,
      ),
    });
    await expect(call).rejects.not.toMatchObject({ message: expect.stringContaining('abc') });
  });

  test.each([
    ['ftp://127.0.0.1/x', 'write http://host:port/path'],
    ['http://me:secret@127.0.0.1:9/x', 'bearerSecret'],
    ['http://127.0.0.1:1/x', 'port'],
  ])('an address that can’t be called is a fault of the configuration: %s', async (url, mend) => {
    const call = appliers['cache.clear'](clear(url), anAttempt().context);
    await expect(call).rejects.toMatchObject({
      type: 'Misconfigured',
      message: expect.stringContaining(mend),
    });
    await expect(call).rejects.not.toMatchObject({ message: expect.stringContaining('secret@') });
  });

  test('nothing is called where the change is not wanted any more', async () => {
    const app = await agent();
    const { context } = anAttempt({ onConfirm: () => Promise.reject(new Error('not wanted')) });
    await expect(appliers['cache.clear'](clearAgent(app), context)).rejects.toThrow('not wanted');
    expect(effects(app, 'cache-cleared')).toBe(0);
  });

  test('a cancelled call ends with the reason of the cancellation', async () => {
    const app = await agent({ AGENT_FAULT_CLEAR_CACHE: 'hang' });
    const stop = new AbortController();
    const { context } = anAttempt({ signal: stop.signal });
    const call = appliers['cache.clear'](clearAgent(app, { timeoutSeconds: 20 }), context);
    setTimeout(() => stop.abort(new Error('cancelled')), 200);
    await expect(call).rejects.toThrow('cancelled');
  });

  test('features are switched off, and on again by the same kind', async () => {
    const app = await agent();
    const endpoint = (enabled: boolean): EndpointParams => ({
      method: 'POST',
      url: `${app.url}/admin/degrade`,
      body: JSON.stringify({ enabled }),
      timeoutSeconds: 2,
    });
    const change = (id: string, off: boolean) =>
      aChange({
        kind: 'service.degrade',
        id,
        fields: [{ name: 'features', before: off ? 'on' : 'off', after: off ? 'off' : 'on' }],
        params: { call: endpoint(off), callBack: endpoint(!off), features: 'suggestions' },
      });
    const off = await appliers['service.degrade'](change('a/1', true), anAttempt().context);
    expect(off).toMatchObject({ status: 'applied', note: 'suggestions: off' });
    expect((await app.get('/health')).body.degraded).toBe(true);
    await appliers['service.degrade'](change('a/2', false), anAttempt().context);
    expect((await app.get('/health')).body.degraded).toBe(false);
  });
});
