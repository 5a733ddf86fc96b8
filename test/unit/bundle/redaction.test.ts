import { describe, expect, it } from 'vitest';
import { makeBundle } from '../../../model/bundle/make.js';
import { payloadValue } from '../../../model/bundle/payloads.js';
import { redactHistory } from '../../../model/bundle/redact-history.js';
import { Redactor } from '../../../model/bundle/redactor.js';
import type { Json, JsonObject } from '../../../model/json.js';
import { historyNames, recordedRun } from '../../support/bundles.js';

const clean = (value: Json): Json => JSON.parse(new Redactor().json(JSON.stringify(value)));

const payload = (value: Json): JsonObject => ({
  metadata: { encoding: Buffer.from('json/plain').toString('base64') },
  data: Buffer.from(JSON.stringify(value)).toString('base64'),
});

const signalled = (value: Json, more: JsonObject = {}): JsonObject => ({
  eventId: '1',
  eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED',
  workflowExecutionSignaledEventAttributes: {
    signalName: 'alert',
    input: { payloads: [payload(value)] },
    ...more,
  },
});

/** What the one payload of the one event holds afterwards. */
function through(value: Json): Json | undefined {
  const { events } = redactHistory([signalled(value)]);
  const attributes = events[0]?.workflowExecutionSignaledEventAttributes as unknown as {
    readonly input: { readonly payloads: readonly Parameters<typeof payloadValue>[0][] };
  };
  return attributes.input.payloads[0] && payloadValue(attributes.input.payloads[0]);
}

describe('clean histories', () => {
  it.each(historyNames)('%s stays as it is', (name) => {
    const { events } = recordedRun(name);
    const before = structuredClone(events);
    const redacted = redactHistory(events);
    expect(redacted.redactions).toBe(0);
    expect(redacted.events).toBe(events);
    expect(events).toEqual(before);
  });
});

describe('a name that says that its value is a secret', () => {
  it.each([
    'PASSWORD',
    'db_password',
    'MYSQL_PASS',
    'api_token',
    'API-KEY',
    'SECRET_KEY',
    'clientSecret',
    'app.kubernetes.io/token',
    'credentials',
    'refreshToken',
  ])('%s', (name) => {
    expect(clean({ labels: { [name]: 'hunter2' } })).toEqual({ labels: { [name]: '[redacted]' } });
    expect(clean([{ name, value: 'hunter2' }])).toEqual([{ name, value: '[redacted]' }]);
    expect(clean({ [name]: '' })).toEqual({ [name]: '' });
    expect(clean({ [name]: 4096 })).toEqual({ [name]: 4096 });
  });

  it.each<Json>([
    { verified: 'token' },
    { tokens: 'many', passed: 'yes', PASSWORD_FILE: '/run/secrets/db' },
    { url: 'http://agent/gc', bearerSecret: 'agent-admin' },
    { uid: '4f1c0a7b2d9e8c5a6b3f4e1d0c9b8a7f6e5d4c3b2a190807f6e5d4c3b2a19081' },
    { hash: 'a3f09c1d22e4b7f8', policyDigest: 'sha256:39742ec651ad3728ac1e44977d27819a80d7f395' },
  ])('is not found in %j', (value) => {
    const redactor = new Redactor();
    const text = JSON.stringify(value);
    expect(redactor.json(text)).toBe(text);
    expect(redactor.redactions).toBe(0);
  });
});

describe('a secret', () => {
  it('is taken out where it is only repeated, too', () => {
    expect(
      through({ labels: { token: 'abc12345def' }, text: 'sent abc12345def', list: ['abc12345def'] }),
    ).toEqual({
      labels: { token: '[redacted]' },
      text: 'sent [redacted]',
      list: ['[redacted]'],
    });
  });

  it('that is a plain word takes nothing else with it', () => {
    expect(through({ labels: { secret: 'agent-admin' }, text: 'of agent-admin' })).toEqual({
      labels: { secret: '[redacted]' },
      text: 'of agent-admin',
    });
  });

  it('in a failure, a reason and a memo goes; ids, types and base64 stay', () => {
    const token = 'c2stMDEyMzQ1Njc4OWFiY2RlZg==';
    const event = signalled('x', {
      failure: { message: 'refused: password=hunter2', stackTrace: 'at token=hunter2' },
      reason: 'Bearer hunter2hunter2',
      requestId: 'sk-0123456789abcdefghij',
      data: token,
      memo: { fields: { note: payload('api_key=hunter2') } },
    });
    const { events, redactions } = redactHistory([event]);
    const text = JSON.stringify(events);
    expect(redactions).toBe(4);
    expect(text).not.toContain('hunter2');
    expect(text).toContain('sk-0123456789abcdefghij');
    expect(text).toContain(token);
  });

  it('is not the name of what the incident is about', () => {
    const key = 'docker/local/sk-learn-training-service';
    const started: JsonObject = {
      eventId: '1',
      eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED',
      workflowExecutionStartedEventAttributes: {
        workflowId: `incident/${key}`,
        workflowType: { name: 'MEM-001' },
        input: { payloads: [payload({ target: { key, kind: 'container', scope: 'docker/local' } })] },
      },
    };
    const events = [started, signalled({ labels: { name: 'sk-learn-training-service' } })];
    expect(redactHistory(events)).toEqual({ events, redactions: 0 });
  });

  it('is found in a name of a member and in what is nested too deeply to be walked', () => {
    expect(clean({ 'password=hunter2': 1 })).toEqual({ 'password=[redacted]': 1 });
    const deep = `${'['.repeat(5000)}"password=hunter2"${']'.repeat(5000)}`;
    const redacted = new Redactor().json(deep);
    expect(redacted).not.toContain('hunter2');
    expect(() => JSON.parse(redacted) as unknown).not.toThrow();
  });

  it('that was taken out once is not counted again', () => {
    const once = redactHistory([
      signalled({ labels: { token: 'abc12345def' }, text: 'password=abc12345def' }),
    ]);
    expect(once.redactions).toBe(2);
    expect(redactHistory(once.events)).toEqual({ events: once.events, redactions: 0 });
  });
});

it('2,000 events with a secret in each are redacted in a moment, and the bundle is made', () => {
  const { events, ...run } = recordedRun('recovered-by-an-approved-restart');
  const more = Array.from({ length: 2000 }, (_, n) => ({
    ...signalled({
      name: `Alert${n}`,
      status: 'firing',
      labels: { api_token: `secret${n}abc` },
      text: `secret${n}abc`,
    }),
    eventId: String(1000 + n),
    eventTime: '2026-11-22T06:32:59.000Z',
  }));
  const all = [...events.slice(0, -1), ...more, ...events.slice(-1)];
  const began = performance.now();
  const bundle = makeBundle(
    { ...run, events: all },
    { writtenAt: '2026-11-22T08:00:00.000Z', writtenBy: 'test' },
  );
  const took = performance.now() - began;
  expect(bundle.redactions).toBeGreaterThanOrEqual(2000);
  expect(took).toBeLessThan(10_000);
});
