import { setTimeout as sleep } from 'node:timers/promises';
import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { CannotListen, serve } from '../../../client/api/serve.js';

const slow = new Hono().get('/slow', async (c) => {
  await sleep(300);
  return c.text('done');
});

describe('the served API', () => {
  test('lets a request under way end before it closes, and takes no more', async () => {
    const serving = await serve({ app: slow, host: '127.0.0.1', port: 0 });
    const under = fetch(`${serving.url}/slow`).then((answer) => answer.text());
    await sleep(100);
    const began = performance.now();
    const closed = serving.close();
    expect(await under).toBe('done');
    await closed;
    expect(performance.now() - began).toBeLessThan(2_000);
    await expect(fetch(`${serving.url}/slow`)).rejects.toThrow();
  });

  test('ends a request that does not end by itself after its grace time', async () => {
    const never = new Hono().get('/', () => new Promise<Response>(() => {}));
    const serving = await serve({ app: never, host: '127.0.0.1', port: 0, graceMs: 200 });
    const under = fetch(serving.url).catch(() => 'cut off');
    await sleep(100);
    await serving.close();
    expect(await under).toBe('cut off');
  });

  test('says which address is taken, and the mend', async () => {
    const first = await serve({ app: slow, host: '127.0.0.1', port: 0 });
    const second = serve({ app: slow, host: '127.0.0.1', port: first.port });
    await expect(second).rejects.toThrow(CannotListen);
    await expect(second).rejects.toMatchObject({
      message: expect.stringContaining(`127.0.0.1:${first.port}`),
      mend: expect.stringContaining('api.listen'),
    });
    await first.close();
  });
});
