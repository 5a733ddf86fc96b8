import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AlertResult } from '../../../client/alerts/index.js';
import { type Api, createApi, createApiMetrics } from '../../../client/api/index.js';
import { NoAnswer, Refused } from '../../../client/incidents/index.js';
import { TemporalUnreachable } from '../../../client/temporal.js';
import { createToken, FileTokens, type Role } from '../../../client/tokens/index.js';
import { FakeIncidents } from './fake-incidents.js';

const silent = { info: () => {}, warn: () => {}, error: () => {} };
const hash = '0123456789abcdef';
const tokens: Record<string, string> = {};
let folder: string;
let incidents: FakeIncidents;
let taken: unknown[];
let results: AlertResult[];
let reconciled = 0;
let down: Error | undefined;
let app: Api;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ns-api-'));
  const make = async (name: string, role: Role, ...targets: string[]) => {
    tokens[name] = await createToken({ file: join(folder, 'tokens'), name, role, targets });
  };
  await make('am', 'webhook', '*');
  await make('eve', 'viewer', '*');
  await make('alice', 'operator', 'docker/a/*');
  await make('root', 'operator', '*');
});
afterAll(() => rm(folder, { recursive: true }));

beforeEach(() => {
  incidents = new FakeIncidents();
  taken = [];
  results = [];
  reconciled = 0;
  down = undefined;
  app = createApi({
    incidents,
    intake: {
      take: async (alerts, { allowed = () => true }) => {
        taken.push(...alerts.map((alert) => ({ ...alert, b: allowed('docker/b/y') })));
        return results;
      },
    },
    reconciler: {
      trigger: async () => {
        reconciled += 1;
      },
    },
    tokens: new FileTokens(join(folder, 'tokens'), silent),
    routing: {
      runbooks: ['MEM-001'],
      target: (key) =>
        key.startsWith('docker/') ? { key, kind: 'container', scope: 'docker/a' } : undefined,
    },
    product: 'nightshift test',
    ready: async () => {
      if (down) throw down;
    },
    logger: silent,
    metrics: createApiMetrics(new Registry()),
  });
});

const ask = async (who: string | undefined, method: string, path: string, body?: unknown, headers = {}) => {
  const answer = await app.request(path, {
    method,
    headers: { ...(who ? { authorization: `Bearer ${tokens[who] ?? who}` } : {}), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    json: text.startsWith('{') ? JSON.parse(text) : {},
  };
};
const webhook = { version: '4', alerts: [{ status: 'firing', labels: { alertname: 'A' } }] };

describe('a rerun', () => {
  const body = { target: 'docker/a/x', runbook: 'MEM-001', reason: 'rerun of k3f5x2ab: alert A' };
  const recorded = { name: 'A', severity: 'critical', labels: { name: 'x' }, annotations: {} };
  const rerun = { of: 'k3f5x2ab', alert: recorded };

  test('needs the rights of opening, and the token says who asks for it', async () => {
    for (const who of ['am', 'eve'])
      expect((await ask(who, 'POST', '/incidents', { ...body, rerun })).status).toBe(403);
    const other = { ...body, target: 'docker/b/y', rerun };
    expect((await ask('alice', 'POST', '/incidents', other)).status).toBe(404);
    expect(incidents.done).toEqual([]);
    expect((await ask('alice', 'POST', '/incidents', { ...body, rerun })).status).toBe(201);
    expect(incidents.done).toEqual([{ open: 'docker/a/x', by: 'alice', rerun }]);
  });

  test('takes a recorded alert bounded and without credentials, and nothing else of it', async () => {
    const alert = { ...recorded, labels: { password: 'hunter2', long: 'x'.repeat(5_000) } };
    await ask('root', 'POST', '/incidents', { ...body, rerun: { of: 'k3f5x2ab', alert } });
    const [done] = incidents.done as { rerun: { alert: { labels: Record<string, string> } } }[];
    expect(done?.rerun.alert.labels.password).toBe('[redacted]');
    expect(done?.rerun.alert.labels.long).toHaveLength(1_000);
    for (const bad of [{ of: '../x' }, { of: 'k3f5x2ab', alert: { ...recorded, source: 'alertmanager' } }])
      expect((await ask('root', 'POST', '/incidents', { ...body, rerun: bad })).status).toBe(400);
  });
});

describe('who may do what', () => {
  test.each([undefined, 'ns_wrong', 'root extra'])(
    'without a valid token (%s) there is no way in',
    async (token) => {
      for (const [method, path] of [
        ['GET', '/incidents'],
        ['POST', '/alerts/alertmanager'],
        ['POST', '/incidents/docker/a/x/cancel'],
      ] as const) {
        const answer = await ask(token, method, path);
        expect(answer.status).toBe(401);
        expect(answer.headers.get('www-authenticate')).toMatch(/Bearer.*Basic/);
        expect(answer.json).toEqual({
          error: expect.any(String),
          mend: expect.stringContaining('token create'),
        });
      }
    },
  );

  test('health, readiness and metrics need no token and name no target', async () => {
    expect((await ask(undefined, 'GET', '/healthz')).status).toBe(200);
    expect((await ask(undefined, 'GET', '/readyz')).status).toBe(200);
    await ask('root', 'GET', '/incidents/docker/a/x');
    const { text } = await ask(undefined, 'GET', '/metrics');
    expect(text).toContain(
      'nightshift_api_request_seconds_count{method="GET",route="/incidents/:name{.+}",code="200"} 1',
    );
    expect(text).not.toContain('docker/a/x');
  });

  test('it is not ready while Temporal does not answer, and says so', async () => {
    down = new TemporalUnreachable('Temporal does not answer', 'Start it.');
    const answer = await ask(undefined, 'GET', '/readyz');
    expect(answer.status).toBe(503);
    expect(answer.json).toEqual({ error: 'Temporal does not answer', mend: 'Start it.' });
  });

  test('a webhook token delivers alerts and can do nothing else', async () => {
    expect((await ask('am', 'POST', '/alerts/alertmanager', webhook)).status).toBe(200);
    expect((await ask('am', 'GET', '/incidents')).status).toBe(403);
    expect((await ask('am', 'GET', '/incidents/docker/a/x')).status).toBe(403);
    expect((await ask('am', 'POST', '/incidents', { target: 'docker/a/x' })).status).toBe(403);
    expect(
      (await ask('am', 'POST', '/incidents/docker/a/x/decisions', { hash, answer: 'approve' })).status,
    ).toBe(403);
    expect(incidents.done).toEqual([]);
  });

  test('a viewer sees and does nothing', async () => {
    expect((await ask('eve', 'GET', '/incidents/docker/a/x')).status).toBe(200);
    expect((await ask('eve', 'POST', '/alerts/alertmanager', webhook)).status).toBe(403);
    for (const act of ['decisions', 'pause', 'resume', 'cancel'])
      expect((await ask('eve', 'POST', `/incidents/docker/a/x/${act}`, {})).status).toBe(403);
    expect(incidents.done).toEqual([]);
  });

  test("an operator of one engine neither sees nor touches another's incidents, by key or by short id", async () => {
    const listed = await ask('alice', 'GET', '/incidents');
    expect(listed.json.incidents.map(({ targetKey }: { targetKey: string }) => targetKey)).toEqual([
      'docker/a/x',
    ]);
    const nothing = await ask('alice', 'GET', '/incidents/docker/a/nothing');
    for (const name of ['docker/b/y', 'docker%2Fb%2Fy', 'aaaaaaab']) {
      const seen = await ask('alice', 'GET', `/incidents/${name}`);
      expect(seen.status).toBe(404);
      expect(seen.text).toBe(nothing.text);
      for (const act of ['decisions', 'pause', 'resume', 'cancel'])
        expect(
          (await ask('alice', 'POST', `/incidents/${name}/${act}`, { hash, answer: 'approve' })).status,
        ).toBe(404);
    }
    expect(
      (await ask('alice', 'POST', '/incidents', { target: 'docker/b/y', runbook: 'MEM-001', reason: 'r' }))
        .status,
    ).toBe(404);
    expect(incidents.done).toEqual([]);
  });

  test('what a webhook token may raise alerts for is limited by its targets', async () => {
    await ask('alice', 'POST', '/alerts/alertmanager', webhook);
    await ask('am', 'POST', '/alerts/alertmanager', webhook);
    expect(taken).toEqual([expect.objectContaining({ b: false }), expect.objectContaining({ b: true })]);
  });

  test('basic auth works with the token as password and its name as user', async () => {
    const basic = (user: string) => ({
      authorization: `Basic ${Buffer.from(`${user}:${tokens.am}`).toString('base64')}`,
    });
    expect((await ask(undefined, 'POST', '/alerts/alertmanager', webhook, basic('am'))).status).toBe(200);
    expect((await ask(undefined, 'POST', '/alerts/alertmanager', webhook, basic('root'))).status).toBe(401);
  });
});

describe('incidents', () => {
  test.each(['docker/a/x', 'docker%2Fa%2Fx', 'aaaaaaaa'])('are found as %s', async (name) => {
    expect((await ask('alice', 'GET', `/incidents/${name}`)).json).toMatchObject({
      targetKey: 'docker/a/x',
      source: 'describe',
    });
  });

  test('a decision is in the name of the token, verified by it', async () => {
    const answer = await ask('alice', 'POST', '/incidents/docker/a/x/decisions', {
      hash,
      answer: 'approve',
      comment: 'go',
    });
    expect(answer.status).toBe(200);
    expect(incidents.done).toEqual([
      { decide: 'docker/a/x', hash, answer: 'approve', comment: 'go', by: 'alice', verified: 'token' },
    ]);
  });

  test.each([
    [{ hash, answer: 'approve', by: 'bob' }, /by/],
    [{ hash, answer: 'approve', verified: 'oidc' }, /verified/],
    [{ hash: 'x', answer: 'approve' }, /hash: must be the 16 hex digits/],
    [{ hash, answer: 'maybe' }, /answer/],
    [{ hash, answer: 'reject' }, /a rejection needs a reason/],
    ['{', /not JSON/],
  ])('a decision that is malformed or claims another identity is refused: %j', async (body, reason) => {
    const answer = await ask('alice', 'POST', '/incidents/docker/a/x/decisions', body);
    expect(answer.status).toBe(400);
    expect(answer.json.error).toMatch(reason);
    expect(incidents.done).toEqual([]);
  });

  test("the incident's own refusal is told as a conflict", async () => {
    incidents.reply = { accepted: false, why: 'the change is another one now' };
    const answer = await ask('alice', 'POST', '/incidents/aaaaaaaa/decisions', { hash, answer: 'approve' });
    expect(answer.status).toBe(409);
    expect(answer.json).toMatchObject({ accepted: false, error: 'the change is another one now' });
  });

  test('pause, resume and cancel carry who and why', async () => {
    for (const act of ['pause', 'resume', 'cancel'])
      expect((await ask('alice', 'POST', `/incidents/docker%2Fa%2Fx/${act}`, { reason: 'r' })).status).toBe(
        202,
      );
    expect((await ask('root', 'POST', '/incidents/docker/a/x/pause')).status).toBe(202);
    const by = { by: 'alice', verified: 'token', reason: 'r' };
    expect(incidents.done).toEqual([
      { pause: 'docker/a/x', ...by },
      { resume: 'docker/a/x', ...by },
      { cancel: 'docker/a/x', ...by },
      { pause: 'docker/a/x', by: 'root', verified: 'token' },
    ]);
  });

  test.each([
    [new Refused('the incident has ended'), 409],
    [new NoAnswer('no worker answered'), 503],
    [new TemporalUnreachable('Temporal does not answer', 'Start it.'), 503],
  ])('%s is answered with %i, its reason and the mend', async (fault, status) => {
    incidents.fault = fault;
    const answer = await ask('root', 'POST', '/incidents/docker/a/x/cancel', {});
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual({ error: fault.message, mend: fault.mend });
    expect(answer.headers.has('retry-after')).toBe(status === 503);
  });

  test('an unforeseen error tells nothing of itself', async () => {
    incidents.fault = new Error('secret detail');
    const answer = await ask('root', 'GET', '/incidents/docker/a/x');
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('secret');
  });

  test('one is opened in the name of the token', async () => {
    const body = { target: 'docker/a/x', runbook: 'MEM-001', reason: 'slow' };
    expect((await ask('alice', 'POST', '/incidents', body)).status).toBe(201);
    expect(incidents.done).toEqual([{ open: 'docker/a/x', by: 'alice' }]);
    expect((await ask('alice', 'POST', '/incidents', { ...body, runbook: 'X' })).json.error).toMatch(
      /there is no X/,
    );
    expect((await ask('root', 'POST', '/incidents', { ...body, target: 'nothing' })).status).toBe(404);
  });

  test.each(["?target=a'b", '?limit=0', '?limit=x', '?open=maybe', '?what=1'])(
    'a query that can not be meant is refused: %s',
    async (query) => {
      expect((await ask('root', 'GET', `/incidents${query}`)).status).toBe(400);
    },
  );
});

describe('alerts', () => {
  const post = (body: unknown, headers = {}) => ask('am', 'POST', '/alerts/alertmanager', body, headers);

  test.each(['{', '[]', { version: '3', alerts: [] }, { version: '4' }])(
    'a payload that is none gets 400 with reason and mend: %j',
    async (body) => {
      const answer = await post(body);
      expect(answer.status).toBe(400);
      expect(answer.json).toEqual({ error: expect.any(String), mend: expect.stringContaining('version 4') });
      expect(taken).toEqual([]);
    },
  );

  test('a long body gets 413 by its declared length, unread', async () => {
    let read = 0;
    const body = new ReadableStream(
      {
        pull: (stream) => {
          read += 1;
          stream.enqueue(new Uint8Array(1024));
        },
      },
      { highWaterMark: 0 },
    );
    const answer = await app.request('/alerts/alertmanager', {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens.am}`, 'content-length': '10485760' },
      body,
      duplex: 'half',
    } as RequestInit);
    expect(answer.status).toBe(413);
    expect(read).toBe(0);
  });

  test('a long body without a declared length is read no further than the limit', async () => {
    let read = 0;
    const body = new ReadableStream(
      {
        pull: (stream) => {
          read += 1;
          stream.enqueue(new Uint8Array(64 * 1024));
        },
      },
      { highWaterMark: 0 },
    );
    const answer = await app.request('/alerts/alertmanager', {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens.am}`, 'transfer-encoding': 'chunked' },
      body,
      duplex: 'half',
    } as RequestInit);
    expect(answer.status).toBe(413);
    expect(read).toBeLessThanOrEqual(17);
  });

  test('one that could not be delivered makes the sender send again', async () => {
    results = [
      { alert: 'A', result: 'accepted' },
      { alert: 'B', result: 'failed', reason: 'Temporal does not answer', mend: 'Start it.', down: true },
    ];
    const answer = await post(webhook);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('10');
    expect(answer.json).toMatchObject({ error: 'Temporal does not answer', mend: 'Start it.' });
  });

  test('good and bad in one batch is 200 with the reason of each; only bad is 400', async () => {
    const bad = { alert: 'alerts[1]', result: 'invalid' as const, reason: 'alerts[1].labels is empty' };
    results = [{ alert: 'A', result: 'accepted' }, bad];
    expect(await post(webhook)).toMatchObject({
      status: 200,
      json: { alerts: [{ result: 'accepted' }, bad] },
    });
    results = [bad];
    expect(await post(webhook)).toMatchObject({ status: 400, json: { error: bad.reason } });
  });

  test('what Alertmanager left out is fetched at once, and counted', async () => {
    await post({ ...webhook, truncatedAlerts: 7 });
    expect(reconciled).toBe(1);
    expect((await ask(undefined, 'GET', '/metrics')).text).toContain('nightshift_alerts_truncated_total 7');
  });
});
