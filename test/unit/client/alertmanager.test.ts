import { describe, expect, test } from 'vitest';
import { BadPayload, isBad, parseWebhook } from '../../../client/alerts/alertmanager.js';
import { fromApi } from '../../../client/alerts/reconcile.js';

const alert = {
  status: 'firing',
  labels: { alertname: 'ContainerMemoryHigh', severity: 'critical', name: 'agent' },
  annotations: { summary: 'memory is high' },
  startsAt: '2026-01-02T03:04:05.123456789Z',
  endsAt: '0001-01-01T00:00:00Z',
  fingerprint: 'c0ffee0000000001',
};
const payload = (...alerts: unknown[]) => JSON.stringify({ version: '4', status: 'firing', alerts });
const one = (value: unknown) => parseWebhook(payload(value)).alerts[0];

describe('an Alertmanager notification', () => {
  test('is read, with the start to the millisecond', () => {
    expect(one(alert)).toEqual({
      name: 'ContainerMemoryHigh',
      status: 'firing',
      severity: 'critical',
      fingerprint: 'c0ffee0000000001',
      labels: alert.labels,
      annotations: alert.annotations,
      startsAt: '2026-01-02T03:04:05.123Z',
    });
  });

  test.each([
    ['critical', 'critical'],
    ['warning', 'warning'],
    ['page', 'warning'],
    ['CRITICAL', 'warning'],
    [undefined, 'warning'],
  ])('with severity %s counts as %s', (severity, expected) => {
    const labels = severity === undefined ? { alertname: 'A' } : { alertname: 'A', severity };
    expect(one({ ...alert, labels })).toMatchObject({ severity: expected });
  });

  test('without a fingerprint gets one from its labels, whatever their order', () => {
    const { fingerprint: _, ...rest } = alert;
    const a = one({ ...rest, labels: { alertname: 'A', x: '1' } });
    const b = one({ ...rest, labels: { x: '1', alertname: 'A' } });
    expect(a).toMatchObject({ fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(a).toEqual(b);
  });

  test.each([
    ['{', /not JSON/],
    ['[]', /the body/],
    ['"text"', /the body/],
    [JSON.stringify({ version: '3', alerts: [] }), /version: is "3"; Nightshift reads version "4"/],
    [JSON.stringify({ alerts: [] }), /version: is undefined/],
    [JSON.stringify({ version: '4' }), /alerts: must be a list/],
    [JSON.stringify({ version: '4', alerts: {} }), /alerts: must be a list/],
    [JSON.stringify({ version: '4', alerts: [], truncatedAlerts: -1 }), /truncatedAlerts/],
  ])('that can not be worked is refused with the path: %s', (body, reason) => {
    expect(() => parseWebhook(body)).toThrow(BadPayload);
    expect(() => parseWebhook(body)).toThrow(reason);
  });

  test.each([
    [null, 'alerts[1]'],
    [{ ...alert, labels: {} }, 'alerts[1].labels'],
    [{ ...alert, labels: undefined }, 'alerts[1].labels'],
    [{ ...alert, labels: { severity: 'critical' } }, 'alerts[1].labels.alertname'],
    [{ ...alert, labels: { alertname: 7 } }, 'alerts[1].labels.alertname'],
    [{ ...alert, status: 'maybe' }, 'alerts[1].status'],
  ])('names the place of a bad alert and keeps the good ones beside it: %j', (bad, path) => {
    const [first, second, third] = parseWebhook(payload(alert, bad, alert)).alerts;
    expect(second).toEqual({ path, reason: expect.any(String) });
    expect(first && isBad(first)).toBe(false);
    expect(third && isBad(third)).toBe(false);
  });

  test('says how many alerts were left out of it', () => {
    expect(parseWebhook(JSON.stringify({ version: '4', alerts: [], truncatedAlerts: 12 })).truncated).toBe(
      12,
    );
  });

  test('is cut to size, and credentials in it are not kept', () => {
    const labels = { alertname: 'A', api_token: 'abc', url: 'http://joe:pw@db/x', long: 'x'.repeat(5_000) };
    const read = one({ ...alert, labels });
    expect(read).toMatchObject({ labels: { api_token: '[redacted]', url: 'http://[redacted]@db/x' } });
    expect(JSON.stringify(read).length).toBeLessThan(2_000);
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`l${n}`, 'v']));
    const cut = one({ ...alert, annotations: many });
    expect(cut && !isBad(cut) && Object.keys(cut.annotations).length).toBe(64);
  });
});

describe("one of Alertmanager's active alerts", () => {
  const status = { state: 'active', silencedBy: [], inhibitedBy: [] };
  const { status: _, ...rest } = alert;

  test('reads as the same alert that the webhook delivers', () => {
    expect(fromApi({ ...rest, startsAt: '2026-01-02T03:04:05.123Z', status }, 'alerts[0]')).toEqual(
      one(alert),
    );
  });

  test.each([
    [{ ...status, state: 'suppressed' }],
    [{ ...status, silencedBy: ['x'] }],
    [{ ...status, inhibitedBy: ['y'] }],
  ])('is left alone where people have silenced it or another inhibits it: %j', (quiet) => {
    expect(fromApi({ ...rest, status: quiet }, 'alerts[0]')).toBeUndefined();
  });

  test('without a status is bad, and says where', () => {
    expect(fromApi({ ...rest }, 'alerts[4]')).toEqual({ path: 'alerts[4]', reason: 'has no status' });
  });
});
