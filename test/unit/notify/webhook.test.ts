import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createNotifyActivities } from '../../../activities/notify/index.js';
import { postSigned } from '../../../activities/notify/webhook.js';
import type { Notification } from '../../../model/activities.js';

const notification: Notification = {
  id: 'abcd2345/1',
  incident: 'incident/docker/local/agent',
  shortId: 'abcd2345',
  target: 'docker/local/agent',
  runbook: 'MEM-001',
  what: 'escalation',
  severity: 'critical',
  title: 'docker/local/agent: no remedy is left',
  text: 'no remedy is left',
  at: '2026-01-01T00:00:00.000Z',
};
const now = (): Date => new Date('2026-01-01T00:00:10Z');

let server: Server | undefined;
afterEach(() => new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve())));

function receiver(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const got: { headers: IncomingMessage['headers']; body: string; url: string }[] = [];
  return new Promise<{ url: string; got: typeof got }>((resolve) => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        got.push({ headers: request.headers, body, url: request.url ?? '' });
        answer(request, response);
      });
    }).listen(0, '127.0.0.1', () => {
      const address = server?.address();
      resolve({ url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/hook`, got });
    });
  });
}

const hook = (url: string, timeoutSeconds = 2) => ({ url, timeoutSeconds, secret: () => 's3cret' });

describe('an escalation by webhook', () => {
  it('is signed over its time and body, and carries the same delivery id at every try', async () => {
    const { url, got } = await receiver((_, response) => response.writeHead(204).end());
    expect(await postSigned(hook(url), notification, now)).toContain('204');
    await postSigned(hook(url), notification, now);
    const [first, second] = got;
    const signed = createHmac('sha256', 's3cret').update(`1767225610.${first?.body}`).digest('hex');
    expect(first?.headers['x-nightshift-signature']).toBe(`v1=${signed}`);
    expect(first?.headers['x-nightshift-delivery']).toBe(second?.headers['x-nightshift-delivery']);
    expect(JSON.parse(first?.body ?? '')).toEqual(notification);
    expect(first?.body).not.toContain('s3cret');
  });

  it('that is answered with an error is tried again, and says what came', async () => {
    const { url } = await receiver((_, response) => response.writeHead(500).end('no'));
    await expect(postSigned(hook(url), notification, now)).rejects.toMatchObject({
      type: 'Unreachable',
      nonRetryable: false,
      message: expect.stringContaining('500'),
    });
  });

  it('never follows a redirect', async () => {
    const { url, got } = await receiver((request, response) =>
      request.url === '/hook' ? response.writeHead(302, { location: '/elsewhere' }).end() : response.end(),
    );
    await expect(postSigned(hook(url), notification, now)).rejects.toMatchObject({ type: 'Unreachable' });
    expect(got.map((each) => each.url)).toEqual(['/hook']);
  });

  it('that hangs is given up after its time', async () => {
    const { url } = await receiver(() => undefined);
    await expect(postSigned(hook(url, 0.2), notification, now)).rejects.toMatchObject({
      type: 'Unreachable',
    });
    server?.closeAllConnections();
  });
});

describe('sinks', () => {
  it('are the log, and the webhook only where one is configured', async () => {
    const lines: string[] = [];
    const none = createNotifyActivities({
      now,
      log: ({ title }) => lines.push(title),
      webhook: () => undefined,
    });
    expect(await none.sinks()).toEqual(['log']);
    await none.notify({ sink: 'log', notification });
    expect(lines).toEqual([notification.title]);
    await expect(none.notify({ sink: 'webhook', notification })).rejects.toMatchObject({
      type: 'Misconfigured',
    });
    const both = createNotifyActivities({
      now,
      log: () => undefined,
      webhook: () => hook('http://127.0.0.1:9/'),
    });
    expect(await both.sinks()).toEqual(['log', 'webhook']);
  });
});
