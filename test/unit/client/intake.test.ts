import { Registry } from 'prom-client';
import { beforeEach, describe, expect, test } from 'vitest';
import type { IncomingAlert } from '../../../client/alerts/alertmanager.js';
import { alertMetrics, Intake } from '../../../client/alerts/index.js';
import { TemporalUnreachable } from '../../../client/temporal.js';
import { FakePort } from './fake-port.js';

const silent = { info: () => {}, warn: () => {}, error: () => {} };
const key = 'docker/local/agent';
const now = new Date('2026-01-02T04:00:00Z');
let port: FakePort;
let intake: Intake;

beforeEach(() => {
  port = new FakePort();
  intake = make();
});

function make(): Intake {
  return new Intake({
    port,
    routing: {
      routes: [
        { match: { alertname: '/Mem.*/' }, runbook: 'MEM-001', target: 'docker/local/{{labels.name}}' },
      ],
      runbooks: ['MEM-001', 'DISK-1'],
      target: (wanted) => ({ key: wanted, kind: 'container', scope: 'docker/local' }),
    },
    product: 'nightshift test',
    logger: silent,
    metrics: alertMetrics(new Registry()),
    now: () => now,
  });
}

const alert = (over: Partial<IncomingAlert> = {}): IncomingAlert => ({
  name: 'MemHigh',
  status: 'firing',
  severity: 'warning',
  fingerprint: 'f1',
  labels: { alertname: 'MemHigh', name: 'agent' },
  annotations: {},
  startsAt: '2026-01-02T03:00:00.000Z',
  ...over,
});
const take = async (...alerts: IncomingAlert[]) =>
  (await intake.take(alerts, { source: 'alertmanager' })).map(({ result }) => result);

describe('alerts taken in', () => {
  test('the first one opens an incident, another joins it, the same again is counted only', async () => {
    expect(await take(alert())).toEqual(['accepted']);
    expect(await take(alert({ fingerprint: 'f2' }))).toEqual(['joined']);
    expect(await take(alert(), alert({ fingerprint: 'f2' }))).toEqual(['repeat', 'repeat']);
    expect(port.alerts(key)).toHaveLength(2);
    expect(port.alerts(key)[0]).toMatchObject({
      runbook: 'MEM-001',
      source: 'alertmanager',
      receivedAt: now.toISOString(),
    });
  });

  test('a hundred of the same at once are one signal, and one look at Temporal', async () => {
    const results = await take(...Array.from({ length: 100 }, () => alert()));
    expect(results.filter((result) => result === 'accepted')).toHaveLength(1);
    expect(results.filter((result) => result === 'repeat')).toHaveLength(99);
    expect(port.alerts(key)).toHaveLength(1);
    expect(port.looks.length).toBeLessThan(10);
  });

  test('what says something new is always delivered: severity, runbook, resolved, fired again', async () => {
    await take(alert());
    expect(await take(alert({ severity: 'critical' }))).toEqual(['joined']);
    expect(
      await take(
        alert({
          severity: 'critical',
          labels: { name: 'agent', nightshift_runbook: 'DISK-1' },
          annotations: { nightshift_target: key },
        }),
      ),
    ).toEqual(['joined']);
    expect(await take(alert({ status: 'resolved' }))).toEqual(['joined']);
    expect(await take(alert({ startsAt: '2026-01-02T03:50:00.000Z' }))).toEqual(['joined']);
    expect(port.alerts(key).map(({ status }) => status)).toEqual([
      'firing',
      'firing',
      'firing',
      'resolved',
      'firing',
    ]);
  });

  test('one that resolved through another process and fires again is delivered', async () => {
    const other = make();
    await take(alert());
    await other.take([alert({ status: 'resolved' })], { source: 'alertmanager' });
    expect(await take(alert({ startsAt: '2026-01-02T03:59:00.000Z' }))).toEqual(['joined']);
  });

  test('a repeat after the incident has ended opens a new one', async () => {
    await take(alert());
    port.close(key);
    expect(await take(alert())).toEqual(['accepted']);
    expect(port.alerts(key)).toHaveLength(1);
  });

  test('an incident that ends between the look and the signal does not swallow the alert', async () => {
    await take(alert());
    const look = port.latestRun.bind(port);
    port.latestRun = async (wanted) => {
      const state = await look(wanted);
      port.close(wanted);
      port.latestRun = look;
      return state;
    };
    expect(await take(alert({ fingerprint: 'f2' }))).toEqual(['accepted']);
  });

  test('a resolved one with no open incident is counted and ignored', async () => {
    const [result] = await intake.take([alert({ status: 'resolved' })], { source: 'alertmanager' });
    expect(result).toMatchObject({
      result: 'ignored',
      reason: expect.stringContaining('no incident is open'),
    });
    expect(port.runs.size).toBe(0);
  });

  test('firing and resolved in one batch are delivered in that order', async () => {
    await take(alert(), alert({ status: 'resolved' }));
    expect(port.alerts(key).map(({ status }) => status)).toEqual(['firing', 'resolved']);
  });

  test('an incident that holds very many alerts is not told of yet another warning, so that its history stays small', async () => {
    await take(alert());
    const run = port.runs.get(key);
    if (run) port.runs.set(key, { ...run, historyLength: 1_500 });
    expect(await take(alert({ fingerprint: 'f2' }))).toEqual(['repeat']);
    expect(
      await take(alert({ fingerprint: 'f3', severity: 'critical' }), alert({ status: 'resolved' })),
    ).toEqual(['joined', 'joined']);
  });

  test('ten thousand different ones for one target leave its history under 2000 events', async () => {
    await take(...Array.from({ length: 10_000 }, (_, n) => alert({ fingerprint: `f${n}` })));
    expect(port.alerts(key).length * 4).toBeLessThan(2_000);
  });

  test('an alert of Alertmanager without a start is still recognised when it repeats', async () => {
    expect(await take(alert({ startsAt: undefined }), alert({ startsAt: undefined }))).toEqual([
      'accepted',
      'repeat',
    ]);
  });

  test('a target that the sender may not name is as if it were not configured', async () => {
    const [result] = await intake.take([alert()], { source: 'alertmanager', allowed: () => false });
    expect(result).toEqual({ alert: 'MemHigh', result: 'ignored', reason: `no target ${key} is configured` });
  });
});

describe('after an incident that did not help', () => {
  const memo = {
    until: '2026-01-02T05:00:00.000Z',
    seconds: 3600,
    fingerprints: ['f1'],
    severity: 'warning',
    outcome: 'escalated',
  };
  beforeEach(async () => {
    await take(alert());
    port.close(key, memo);
  });

  test('the same alert goes to the governor, once', async () => {
    expect(await take(alert(), alert())).toEqual(['heldOff', 'repeat']);
    expect(port.held).toEqual(['firing f1']);
  });

  test('its resolving is told, and that it fires again too', async () => {
    expect(await take(alert({ status: 'resolved' }))).toEqual(['heldOff']);
    expect(await take(alert({ startsAt: '2026-01-02T03:58:00.000Z' }))).toEqual(['heldOff']);
    expect(port.held).toEqual(['resolved f1', 'firing f1']);
  });

  test('a more severe or another alert opens an incident', async () => {
    expect(await take(alert({ severity: 'critical' }))).toEqual(['accepted']);
    port.close(key, memo);
    expect(await take(alert({ fingerprint: 'f2' }))).toEqual(['accepted']);
  });

  test('when the time has passed, the same alert opens an incident', async () => {
    port.close(key, { ...memo, until: '2026-01-02T03:59:59.000Z' });
    expect(await take(alert())).toEqual(['accepted']);
  });
});

describe('while Temporal does not answer', () => {
  test('the alerts fail with the reason and the mend, and are taken when it is back', async () => {
    port.fault = new TemporalUnreachable('Temporal does not answer', 'Start it.');
    const results = await intake.take([alert(), alert({ fingerprint: 'f2' })], { source: 'alertmanager' });
    expect(results).toHaveLength(2);
    for (const result of results)
      expect(result).toMatchObject({
        result: 'failed',
        reason: 'Temporal does not answer',
        mend: 'Start it.',
      });
    port.fault = undefined;
    expect(await take(alert())).toEqual(['accepted']);
  });

  test('another error fails one alert and not its neighbours', async () => {
    const start = port.start.bind(port);
    port.start = async (request) => {
      if (request.target.key.endsWith('/bad')) throw new Error('refused');
      return start(request);
    };
    const bad = alert({ labels: { alertname: 'MemHigh', name: 'bad' } });
    expect(await take(bad, alert(), bad)).toEqual(['failed', 'accepted', 'failed']);
  });
});
