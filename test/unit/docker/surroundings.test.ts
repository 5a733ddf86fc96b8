import { describe, expect, test } from 'vitest';
import { type Inspect, toReading } from '../../../activities/docker/container.js';
import { hostMismatch } from '../../../activities/docker/engine-info.js';
import type { ContainerEvent } from '../../../activities/docker/events.js';
import { fitReading, readingLimit, sizeOf } from '../../../activities/docker/fit.js';
import { goingOnIn, goingOnOnHost } from '../../../activities/docker/going-on.js';
import { healthOf } from '../../../activities/docker/health.js';
import { createHostReader } from '../../../activities/host/reader.js';
import { Notebook } from '../../../activities/notebook.js';
import type { ContainerReading } from '../../../model/container.js';
import { containerId, pid, recorded, recordedRoot } from '../host/recorded.js';

const inspect = JSON.parse(recorded('docker/inspect.json')) as Inspect;
const base = toReading({ inspect, execs: 0 }, { scope: 'docker/local', protectedBecause: () => undefined });
const container = (more: Partial<ContainerReading>): ContainerReading => ({ ...base, ...more });
const now = Date.parse('2026-01-01T12:00:00Z');
const around = (containers: ContainerReading[], events: ContainerEvent[] = [], app = {}) => ({
  containers,
  events,
  app,
  dataServices: [],
  engineNowMs: now,
});
const created = (secondsAgo: number, more: Partial<ContainerEvent> = {}): ContainerEvent => ({
  at: '',
  atMs: now - secondsAgo * 1000,
  action: 'create',
  id: 'x',
  name: 'shop-web-1',
  composeProject: 'shop',
  oneOff: false,
  ...more,
});

describe('what is going on', () => {
  const web = container({ id: 'w', name: 'web', composeProject: 'shop', composeService: 'web' });

  test('nothing, for a container alone', () => {
    expect(goingOnIn(web, around([web]))).toEqual([]);
  });

  test('requests in flight, by the app’s own count', () => {
    expect(goingOnIn(web, around([web], [], { agent_in_flight_requests: 3 }))).toEqual([
      '3 requests in flight (agent_in_flight_requests)',
    ]);
  });

  test('a compose operation of its project within the last minute, one-off runs and our restarts aside', () => {
    expect(goingOnIn(web, around([web], [created(10)]))).toHaveLength(1);
    expect(goingOnIn(web, around([web], [created(61)]))).toEqual([]);
    expect(goingOnIn(web, around([web], [created(10, { composeProject: 'other' })]))).toEqual([]);
    const alone = container({ id: 'a', name: 'alone' });
    expect(goingOnIn(alone, around([alone], [created(10)]))).toEqual([]);
    expect(goingOnIn(web, around([web], [created(10, { oneOff: true })]))).toEqual([]);
    expect(goingOnIn(web, around([web], [created(10, { action: 'start' })]))).toEqual([]);
  });

  test('dependents in the same project only', () => {
    const shop = container({ id: 's', name: 'shop', composeProject: 'shop', dependsOn: ['web'] });
    const other = container({ id: 'o', name: 'other', composeProject: 'else', dependsOn: ['web'] });
    expect(goingOnIn(web, around([web, shop, other]))).toEqual(['shop depends on it']);
  });

  test('on a host: sessions anywhere, and what is around the largest that may be chosen', () => {
    const large = container({
      id: 'l',
      name: 'large',
      workingSetBytes: 9,
      composeProject: 'p',
      composeService: 'l',
    });
    const busy = container({ id: 'b', name: 'busy', workingSetBytes: 1, execs: 2 });
    const data = container({ id: 'd', name: 'redis', workingSetBytes: 99 });
    const needs = container({
      id: 'n',
      name: 'needs',
      workingSetBytes: 1,
      composeProject: 'p',
      dependsOn: ['l'],
    });
    expect(goingOnOnHost(around([large, busy, data, needs]))).toEqual([
      'needs depends on it',
      '2 open exec sessions in busy',
    ]);
  });
});

describe('health', () => {
  const state = (more: object): Inspect => ({ ...inspect, State: { ...inspect.State, ...more } });
  const health = (Status: string) => ({ Health: { Status, FailingStreak: 4, Log: [] } });

  test.each([
    [{ Paused: true }, 'it is paused'],
    [{ Restarting: true, ExitCode: 3 }, 'it is restarting (last exit code 3)'],
    [
      { Running: false, Status: 'exited', ExitCode: 137, OOMKilled: true },
      'it is exited, not running (exit code 137, OOM-killed)',
    ],
    [health('unhealthy'), 'its health check has failed 4 times in a row'],
  ])('%j is not well', (more, note) => {
    expect(healthOf(state(more), undefined)).toEqual({ healthy: false, healthNote: note });
  });

  test('running is well; a check that is starting is noted; a failing endpoint counts', () => {
    expect(healthOf(state({}), undefined)).toEqual({ healthy: true });
    expect(healthOf(state(health('starting')), undefined)).toMatchObject({
      healthy: true,
      healthNote: expect.any(String),
    });
    const bad = { ok: false, latencyMs: 1, note: '503: starting', body: '' };
    expect(healthOf(state({}), bad)).toEqual({
      healthy: false,
      healthNote: 'its health endpoint: 503: starting',
    });
  });
});

describe('the engine’s host', () => {
  const host = createHostReader({ proc: `${recordedRoot}/proc`, hostname: 'vm' });
  const info = {
    ...{ id: 'E', name: 'vm', version: '20', cgroupVersion: '1' as const },
    ...{ memTotalBytes: 24_684_092 * 1024, kernel: '6.18.44-fc-v657', clockAheadMs: 0 },
  };
  const running = [{ id: containerId, name: 'app', pid }];

  test('is this one where name, memory, kernel and a container’s process agree', async () => {
    expect(await hostMismatch(host, info, running)).toBeUndefined();
    expect(await hostMismatch(host, info, [])).toBeUndefined();
  });

  test.each([
    ['another name', { ...info, name: 'docker-desktop' }, running, 'docker-desktop'],
    ['another size', { ...info, memTotalBytes: 8e9 }, running, '8000000000'],
    ['another kernel', { ...info, kernel: '5.10' }, running, '5.10'],
    ['a process that is not here', info, [{ ...running[0]!, pid: 99_999_999 }], 'is not here'],
    ['a process of another container', info, [{ ...running[0]!, id: 'f'.repeat(64) }], 'is not here'],
  ])('is not this one with %s', async (_, other, containers, why) => {
    expect(await hostMismatch(host, other, containers)).toContain(why);
  });
});

describe('the size of a look', () => {
  const reading = (containers: ContainerReading[], own?: ContainerReading) => ({
    identity: { uid: 'u', name: 'n' },
    healthy: true,
    goingOn: [],
    evidence: Array.from({ length: 120 }, (_, i) => ({
      source: 's',
      name: `n${i}`,
      at: '',
      value: 'x'.repeat(100),
    })),
    details: {
      ...(own ? { container: own } : {}),
      containers,
      processes: [],
      oomKills: [],
      logLines: Array.from({ length: 40 }, () => 'y'.repeat(300)),
      app: {},
      engine: { name: '', version: '', cgroupVersion: '1' as const, memTotalBytes: 0 },
    },
  });
  const many = Array.from({ length: 300 }, (_, i) =>
    container({
      id: `${i}`,
      name: `c${i}`,
      composeProject: i > 290 ? 'shop' : 'other',
      labels: { a: 'b'.repeat(100) },
    }),
  );

  test('stays below its limit with 300 containers, keeps the target’s own project, and says what it left out', () => {
    const own = many[295]!;
    const fitted = fitReading(reading(many, own), 'now');
    expect(sizeOf(fitted)).toBeLessThan(readingLimit + 1_000);
    expect(fitted.details.container).toEqual(own);
    const names = fitted.details.containers.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['c0', 'c291', 'c295', 'c299']));
    expect(fitted.evidence.at(-1)).toMatchObject({
      name: 'look.size',
      gap: expect.stringContaining('containers'),
    });
  });

  test('a small one is left as it is', () => {
    const small = reading(many.slice(0, 3));
    expect(fitReading(small, 'now')).toBe(small);
  });
});

describe('a notebook', () => {
  const at = new Date(now);

  test('a source that fails or hangs is a gap with its reason', async () => {
    const notebook = new Notebook(() => at, new AbortController().signal);
    await notebook.read('a', 'x', 1_000, () => Promise.reject(new Error('broken')));
    await notebook.read('b', 'y', 50, () => new Promise(() => undefined));
    expect(notebook.evidence).toEqual([
      { source: 'a', name: 'x', at: at.toISOString(), gap: 'broken' },
      { source: 'b', name: 'y', at: at.toISOString(), gap: 'not read within 0.05 s' },
    ]);
  });

  test('cancellation of the activity is thrown, not noted', async () => {
    const cancelled = new AbortController();
    const notebook = new Notebook(() => at, cancelled.signal);
    const reading = notebook.read('a', 'x', 1_000, () => new Promise(() => undefined));
    cancelled.abort(new Error('cancelled'));
    await expect(reading).rejects.toThrow('cancelled');
    expect(notebook.evidence).toEqual([]);
  });
});
