import { describe, expect, test } from 'vitest';
import type { ContainerEvent } from '../../../activities/docker/events.js';
import { KillCounter } from '../../../activities/docker/kill-counter.js';
import { type Ends, reconcileKills } from '../../../activities/docker/oom.js';
import type { LoggedKill } from '../../../activities/host/oom-log.js';

const id = 'a'.repeat(64);
const t0 = Date.parse('2026-01-01T12:00:00Z');
const at = (seconds: number): string => new Date(t0 + seconds * 1000).toISOString();
const logged = (seconds: number, more: Partial<LoggedKill> = {}): LoggedKill => ({
  atMs: t0 + seconds * 1000,
  pid: 10 + seconds,
  process: 'node',
  byLimit: true,
  containerId: id,
  ...more,
});
const event = (seconds: number, action: string, more: Partial<ContainerEvent> = {}): ContainerEvent => ({
  at: at(seconds),
  atMs: t0 + seconds * 1000,
  action,
  id,
  name: 'app',
  oneOff: false,
  ...more,
});
const ends = (more: Partial<Ends> = {}): Ends => ({
  id,
  name: 'app',
  startedAt: at(-3600),
  finishedAt: '0001-01-01T00:00:00Z',
  running: true,
  oomKilled: false,
  exitCode: 0,
  restartCount: 0,
  ...more,
});
const reconcile = (parts: {
  logged?: LoggedKill[];
  events?: ContainerEvent[];
  containers?: Ends[];
  since?: number;
}) =>
  reconcileKills({
    logged: parts.logged ?? [],
    events: parts.events ?? [],
    containers: parts.containers ?? [ends()],
    sinceMs: t0 + (parts.since ?? -60) * 1000,
  });

describe('OOM kills and their witnesses', () => {
  test('five witnesses of one kill are one kill', () => {
    const kills = reconcile({
      logged: [logged(0)],
      events: [event(0.2, 'oom'), event(0.3, 'die', { exitCode: 137 }), event(1, 'start')],
      containers: [ends({ startedAt: at(1), restartCount: 1 })],
    });
    expect(kills).toEqual([
      {
        at: at(0),
        containerId: id,
        containerName: 'app',
        pid: 10,
        process: 'node',
        recent: true,
        witnesses: ['kernel log', 'docker event', 'exit code 137', 'restart count'],
      },
    ]);
  });

  test('two kills within the same second stay two', () => {
    const kills = reconcile({
      logged: [logged(0), logged(0.5)],
      events: [event(0.1, 'oom'), event(0.6, 'oom')],
      containers: [ends({ cgroupKills: 2 })],
    });
    expect(kills).toHaveLength(2);
    for (const { witnesses } of kills)
      expect(witnesses).toEqual(['kernel log', 'docker event', 'cgroup counter']);
  });

  test('without the kernel log, an event or State.OOMKilled proves a kill by itself', () => {
    expect(reconcile({ events: [event(0, 'oom')] })).toMatchObject([
      { at: at(0), witnesses: ['docker event'] },
    ]);
    const stopped = ends({ running: false, oomKilled: true, exitCode: 137, finishedAt: at(0) });
    expect(reconcile({ containers: [stopped] })).toMatchObject([
      { at: at(0), witnesses: ['State.OOMKilled'] },
    ]);
  });

  test('exit code 137 and restarts alone prove nothing: docker kill does the same', () => {
    const events = [event(0, 'die', { exitCode: 137 }), event(1, 'start')];
    const containers = [ends({ startedAt: at(1), exitCode: 137, restartCount: 3 })];
    expect(reconcile({ events, containers })).toEqual([]);
  });

  test('what only the cgroup has counted is a kill without a time, recent only if this life is', () => {
    expect(reconcile({ logged: [logged(0)], containers: [ends({ cgroupKills: 3 })] })).toMatchObject([
      { witnesses: ['cgroup counter'], recent: false },
      { witnesses: ['cgroup counter'], recent: false },
      { witnesses: ['kernel log', 'cgroup counter'], recent: true },
    ]);
    const young = [ends({ startedAt: at(-10), cgroupKills: 1 })];
    expect(reconcile({ containers: young })).toMatchObject([{ recent: true, witnesses: ['cgroup counter'] }]);
  });

  test('the counter of this life is no witness to kills of an earlier one', () => {
    const containers = [ends({ startedAt: at(-5), cgroupKills: 1 })];
    const kills = reconcile({ logged: [logged(-50), logged(0)], containers });
    expect(kills.map(({ witnesses }) => witnesses)).toEqual([
      ['kernel log'],
      ['kernel log', 'cgroup counter'],
    ]);
  });

  test('a kill outside all containers is listed, and one before the window is not recent', () => {
    const kills = reconcile({ logged: [logged(-100, { containerId: undefined, process: 'indexer' })] });
    expect(kills).toEqual([
      { at: at(-100), pid: -90, process: 'indexer', witnesses: ['kernel log'], recent: false },
    ]);
  });
});

describe('the count of kills', () => {
  test('adds up lives whose counters begin anew', () => {
    const counter = new KillCounter();
    expect(counter.count(id, { startedAt: at(0), inCgroup: 2 })).toBe(2);
    expect(counter.count(id, { startedAt: at(9), inCgroup: 0 })).toBe(2);
    expect(counter.count(id, { startedAt: at(9), inCgroup: 1 })).toBe(3);
  });

  test('never goes backwards when a witness forgets', () => {
    const counter = new KillCounter();
    expect(counter.count(id, { startedAt: at(0), inKernelLog: 5, inEvents: 3 })).toBe(5);
    expect(counter.count(id, { startedAt: at(0), inKernelLog: 1, inEvents: 0 })).toBe(5);
    expect(counter.count(id, { startedAt: at(0) })).toBe(5);
  });

  test('counts ends by State.OOMKilled once each', () => {
    const counter = new KillCounter();
    expect(counter.count(id, { startedAt: at(0), oomKilledAt: at(1) })).toBe(1);
    expect(counter.count(id, { startedAt: at(0), oomKilledAt: at(1) })).toBe(1);
    expect(counter.count(id, { startedAt: at(2), oomKilledAt: at(3) })).toBe(2);
  });

  test('is unknown, not 0, where nothing could be counted', () => {
    expect(new KillCounter().count(id, { startedAt: at(0) })).toBeUndefined();
  });
});
