import { afterEach, expect, test } from 'vitest';
import { CannotListen, type HealthServer, serveHealth } from '../../../worker/health.js';

const open: HealthServer[] = [];
let polling = true;

async function served(): Promise<string> {
  const server = await serveHealth({ healthy: () => polling, port: 0 });
  open.push(server);
  return server.url;
}

afterEach(async () => {
  polling = true;
  for (const server of open.splice(0)) await server.close();
});

test('a worker is ready while all of it polls, and alive in any case', async () => {
  const url = await served();
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  polling = false;
  const unready = await fetch(`${url}/readyz`);
  expect([unready.status, await unready.json()]).toEqual([503, { ok: false }]);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

test('it listens on loopback unless told otherwise, and has nothing else to say', async () => {
  const url = await served();
  expect(new URL(url).hostname).toBe('127.0.0.1');
  expect((await fetch(`${url}/metrics`)).status).toBe(404);
  expect((await fetch(`${url}/readyz`, { method: 'POST' })).status).toBe(405);
});

test('a port that is taken is an error that names the port and the mend', async () => {
  const { port } = new URL(await served());
  const error = await serveHealth({ healthy: () => true, port: Number(port) }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(CannotListen);
  expect(error).toMatchObject({
    message: expect.stringContaining(port),
    mend: expect.stringContaining('--health-port'),
  });
});

test('closed, it answers no more', async () => {
  const url = await served();
  await open.pop()?.close();
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
});
