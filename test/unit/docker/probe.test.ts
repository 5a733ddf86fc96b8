import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { probe } from '../../../activities/docker/probe.js';
import type { Endpoint } from '../../../model/container.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A real server on a free port of loopback. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/health`;
}

const ask = (
  url: string,
  more: Partial<Endpoint> = {},
  secret = (name: string): string => `value of ${name}`,
) => probe({ method: 'GET', url, timeoutSeconds: 2, ...more }, new AbortController().signal, secret);

describe('a probe', () => {
  test('is ok with any 2xx, and tells how long it took', async () => {
    const url = await serve((_, response) => response.writeHead(204).end());
    const result = await ask(url);
    expect(result).toMatchObject({ ok: true, status: 204 });
    expect(result.latencyMs).toBeLessThan(2_000);
  });

  test('follows no redirect, and never asks its target', async () => {
    let asked = 0;
    const elsewhere = await serve((_, response) => {
      asked += 1;
      response.end();
    });
    const url = await serve((_, response) => response.writeHead(302, { location: elsewhere }).end());
    expect(await ask(url)).toMatchObject({ ok: false, note: '302: a redirect, which is not followed' });
    expect(asked).toBe(0);
  });

  test('tells the status and the beginning of the answer, without its secrets', async () => {
    const url = await serve((_, response) => response.writeHead(500).end('db password=hunter2 refused'));
    expect(await ask(url)).toMatchObject({
      ok: false,
      status: 500,
      note: '500: db password=[redacted] refused',
    });
  });

  test('does not wait longer than its time limit, also in the middle of an answer', async () => {
    const silent = await serve(() => undefined);
    expect(await ask(silent, { timeoutSeconds: 0.2 })).toMatchObject({
      ok: false,
      note: 'no answer within 0.2 s',
    });
    const halting = await serve((_, response) => response.writeHead(200).write('half'));
    expect(await ask(halting, { timeoutSeconds: 0.2 })).toMatchObject({
      ok: false,
      note: 'no answer within 0.2 s',
    });
  });

  test('is not ok where nothing listens, and says why', async () => {
    const result = await ask('http://127.0.0.1:1/health');
    expect(result.ok).toBe(false);
    expect(result.note).toMatch(/ECONNREFUSED|bad port/);
  });

  test('takes 200 with nonsense for no success where an answer is expected', async () => {
    const url = await serve((_, response) => response.end('<html>login</html>'));
    expect(await ask(url, { expect: { bodyContains: '"ok"' } })).toMatchObject({ ok: false, status: 200 });
    expect(await ask(url, { expect: { status: 204 } })).toMatchObject({ ok: false });
    expect(await ask(url, { expect: { bodyContains: 'login' } })).toMatchObject({ ok: true });
  });

  test('reads no endless answer', async () => {
    const url = await serve((_, response) => response.end(Buffer.alloc(3 * 1024 * 1024, 97)));
    expect(await ask(url)).toMatchObject({ ok: false, note: 'the answer is larger than 1 MiB' });
  });

  test('sends the named secret, and is not ok without it', async () => {
    let seen: string | undefined;
    const url = await serve((request, response) => {
      seen = request.headers.authorization;
      response.end();
    });
    await ask(url, { bearerSecret: 'admin' });
    expect(seen).toBe('Bearer value of admin');
    const without = await ask(url, { bearerSecret: 'admin' }, () => {
      throw new Error('no secret admin');
    });
    expect(without).toMatchObject({ ok: false, note: 'no secret admin' });
  });

  test('is thrown out of by the activity’s cancellation alone', async () => {
    const url = await serve(() => undefined);
    const cancelled = new AbortController();
    const asked = probe({ method: 'GET', url, timeoutSeconds: 5 }, cancelled.signal, () => '');
    cancelled.abort(new Error('cancelled'));
    await expect(asked).rejects.toThrow('cancelled');
  });
});
