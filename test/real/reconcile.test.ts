import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { alertMetrics, Intake, Reconciler } from '../../client/alerts/index.js';
import { FakePort } from '../unit/client/fake-port.js';
import { freePort } from './intake-temporal.js';

/** Against a real Alertmanager, which keeps the alerts. What is done with them is test/real/intake.test.ts's. */
const alertmanager = process.env.NIGHTSHIFT_ALERTMANAGER;
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
let child: ChildProcess;
let folder: string;
let url: string;
let port: FakePort;
let registry: Registry;
let reconciler: Reconciler;

async function api(path: string, body: unknown): Promise<void> {
  const answer = await fetch(`${url}/api/v2/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
}

const fire = (...names: string[]) =>
  api(
    'alerts',
    names.map((name) => ({ labels: { alertname: 'MemHigh', severity: 'critical', name } })),
  );

describe.skipIf(!alertmanager)("Alertmanager's active alerts", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ns-alertmanager-'));
    const config = join(folder, 'alertmanager.yml');
    await writeFile(
      config,
      [
        'route: { receiver: nobody }',
        'receivers: [{ name: nobody }]',
        "inhibit_rules: [{ source_matchers: ['alertname = Boss'], target_matchers: ['name = inhibited'] }]",
      ].join('\n'),
    );
    const at = `127.0.0.1:${await freePort()}`;
    url = `http://${at}`;
    child = spawn(
      alertmanager ?? '',
      [
        `--config.file=${config}`,
        `--storage.path=${folder}`,
        `--web.listen-address=${at}`,
        '--cluster.listen-address=',
      ],
      { stdio: 'ignore' },
    );
    await vi.waitFor(async () => expect((await fetch(`${url}/-/ready`)).ok).toBe(true), {
      timeout: 30_000,
      interval: 100,
    });
  });

  afterAll(async () => {
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(() => {
    port = new FakePort();
    registry = new Registry();
    const metrics = alertMetrics(registry);
    const intake = new Intake({
      port,
      routing: {
        routes: [{ match: { alertname: 'MemHigh' }, runbook: 'MEM-001', target: '{{labels.name}}' }],
        runbooks: ['MEM-001'],
        target: (key) => ({ key, kind: 'container', scope: 'docker/test' }),
      },
      product: 'nightshift test',
      logger: quiet,
      metrics,
    });
    reconciler = new Reconciler({ url, intake, logger: quiet, metrics, everySeconds: 0.2 });
  });

  test('that fired while nothing listened are worked; those that are silenced or inhibited are not', async () => {
    const soon = new Date(Date.now() + 3_600_000).toISOString();
    await api('silences', {
      matchers: [{ name: 'name', value: 'silenced', isRegex: false }],
      startsAt: new Date().toISOString(),
      endsAt: soon,
      createdBy: 'test',
      comment: 'test',
    });
    await api('alerts', [{ labels: { alertname: 'Boss' } }]);
    await fire('missed', 'silenced', 'inhibited');
    await reconciler.trigger();
    await reconciler.stop();
    expect([...port.runs.keys()]).toEqual(['missed']);
    expect(port.alerts('missed')).toMatchObject([
      { source: 'reconciliation', severity: 'critical', status: 'firing' },
    ]);
  });

  test('are asked for again and again, and what is being worked is not told twice', async () => {
    reconciler.start();
    await expect.poll(() => port.looks.length, { timeout: 10_000 }).toBeGreaterThan(3);
    await fire('later');
    await expect.poll(() => port.runs.has('later'), { timeout: 10_000 }).toBe(true);
    await reconciler.stop();
    expect(port.alerts('missed')).toHaveLength(1);
    const looks = port.looks.length;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(port.looks.length).toBe(looks);
  });

  test('that cannot be had are counted as a failed comparison, and nothing else fails', async () => {
    registry = new Registry();
    const metrics = alertMetrics(registry);
    const lost = new Reconciler({
      url: 'http://127.0.0.1:1',
      intake: { take: async () => [] },
      logger: quiet,
      metrics,
    });
    await lost.trigger();
    await lost.stop();
    expect(await registry.metrics()).toContain('nightshift_reconciliations_total{result="failed"} 1');
  });
});
