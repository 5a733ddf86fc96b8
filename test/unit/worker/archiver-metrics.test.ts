import { Registry } from 'prom-client';
import { afterEach, expect, test } from 'vitest';
import { archiverMetrics } from '../../../worker/archiver/metrics.js';
import { type HealthServer, serveHealth } from '../../../worker/health.js';

const now = new Date('2026-11-22T12:00:00Z');
const open: HealthServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function scraped(
  oldest: () => Promise<Date | undefined>,
): Promise<(name: string) => string | undefined> {
  const registry = new Registry();
  const gauges = archiverMetrics(registry, oldest, () => now);
  const failure = { workflowId: 'incident/a', runId: 'r', closedAt: now.toISOString(), why: 'torn' };
  gauges.batch({ written: 3, there: 2, failures: [failure], found: 6 }, false);
  gauges.failed();
  const server = await serveHealth({ healthy: () => true, metrics: () => registry.metrics(), port: 0 });
  open.push(server);
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return (name) =>
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1);
}

test('a worker tells what it archived, what failed, and how old the oldest is that is not archived', async () => {
  const value = await scraped(async () => new Date('2026-11-22T11:58:30Z'));
  expect(value('nightshift_archive_incidents_total{result="written"}')).toBe('3');
  expect(value('nightshift_archive_incidents_total{result="there"}')).toBe('2');
  expect(value('nightshift_archive_incidents_total{result="failed"}')).toBe('1');
  expect(value('nightshift_archive_failed_attempts_total')).toBe('1');
  expect(value('nightshift_archive_oldest_unarchived_seconds')).toBe('90');
  // Something failed: it is not up to date.
  expect(value('nightshift_archive_last_success_timestamp_seconds')).toBe('0');
});

test('nothing that is not archived is 0, and what can’t be asked is no number', async () => {
  const name = 'nightshift_archive_oldest_unarchived_seconds';
  expect((await scraped(async () => undefined))(name)).toBe('0');
  const away = async (): Promise<never> => {
    throw new Error('Temporal is away');
  };
  expect((await scraped(away))(name)).toBe('Nan');
});
