import { beforeEach, describe, expect, it } from 'vitest';
import { failure } from '../../../activities/failure.js';
import type { Registry } from '../../../activities/incident/index.js';
import { bodyOf } from '../../../activities/watch/post.js';
import { type WatchAttempt, watchTarget } from '../../../activities/watch/watch-target.js';
import type { Sample } from '../../../model/evidence.js';
import { emptyWatch, type Told, type WatchPlan, type WatchState } from '../../../model/watch.js';
import { quick } from '../../support/nightshift.js';

const plan: WatchPlan = {
  target: { key: 'tanks/here/a', kind: 'tank', scope: 'tanks/here' },
  runbook: 'TANK-1',
  thresholdPercent: 85,
  criticalPercent: 90,
  everySeconds: 60,
};

/** A clock that only sleeping moves, and an adapter whose samples are taken from a list. */
let clock: number;
let slept: number[];
let beats: WatchState[];
let readings: (() => Partial<Sample>)[];
beforeEach(() => {
  clock = Date.parse('2026-03-01T00:00:00.000Z');
  slept = [];
  beats = [];
  readings = [];
});
const iso = (offsetSeconds = 0): string => new Date(clock + offsetSeconds * 1000).toISOString();

const registry = (): Registry => ({
  adapters: [
    {
      targetKinds: ['tank'],
      read: async () => {
        throw failure('Unreachable', 'no look');
      },
      sample: async () => ({
        at: iso(),
        ...(readings.shift() ?? (() => ({ used: 10, limit: 100, id: 'a' })))(),
      }),
    },
  ],
  appliers: {},
  runbooks: [],
  policyFor: () => ({ policy: quick, settings: {}, digest: 'd' }),
  secret: () => 'secret',
  now: () => new Date(clock),
});

function attempt(more: Partial<WatchAttempt> = {}): WatchAttempt {
  return {
    signal: new AbortController().signal,
    endWanted: () => false,
    previous: undefined,
    heartbeat: (state) => beats.push(state),
    sleep: async (ms) => {
      slept.push(ms);
      clock += ms;
    },
    ...more,
  };
}

const full = (): Partial<Sample> => ({ used: 90, limit: 100, id: 'a' });

describe('a stretch of watching', () => {
  it('takes a sample every interval, a heartbeat each, until its time is over', async () => {
    const until = iso(600);
    const result = await watchTarget(registry(), { plan, state: emptyWatch, until }, attempt());
    expect(result.tell).toEqual([]);
    expect(beats).toHaveLength(11);
    expect(slept.filter((ms) => ms > 0)).toEqual(Array.from({ length: 10 }, () => 60_000));
    expect(iso()).toBe(until);
  });

  it('ends as soon as something is to be told', async () => {
    readings = [() => ({ used: 10, limit: 100, id: 'a' }), full];
    const { tell, state } = await watchTarget(
      registry(),
      { plan, state: emptyWatch, until: iso(86_400) },
      attempt(),
    );
    expect(tell.map(({ alert }) => alert.name)).toEqual(['MemoryHighProactive']);
    expect(state.samples).toHaveLength(2);
  });

  it('goes on in the rhythm of the attempt before it, from what that one remembered', async () => {
    const seen = { at: iso(-20), used: 10, limit: 100, id: 'a' };
    const previous: WatchState = { samples: [seen], seen: { at: seen.at, id: 'a' }, firing: {} };
    readings = [full];
    const { state } = await watchTarget(
      registry(),
      { plan, state: emptyWatch, until: iso(86_400) },
      attempt({ previous }),
    );
    expect(slept).toEqual([40_000]);
    expect(state.samples).toHaveLength(2);
  });

  it('takes what an adapter throws for a gap, and goes on', async () => {
    readings = [
      () => {
        throw failure('Unreachable', 'the engine does not answer');
      },
      full,
    ];
    const { state } = await watchTarget(
      registry(),
      { plan, state: emptyWatch, until: iso(86_400) },
      attempt(),
    );
    expect(state.samples[0]?.gap).toBe('the engine does not answer');
  });

  it('says after a gap that nobody looked, even where no look proves anything', async () => {
    const seen = { at: iso(-3600), used: 10, limit: 100, id: 'a' };
    const previous: WatchState = { samples: [seen], seen: { at: seen.at, id: 'a' }, firing: {} };
    const { tell } = await watchTarget(
      registry(),
      { plan, state: emptyWatch, until: iso(86_400) },
      attempt({ previous }),
    );
    expect(tell.map(({ alert }) => alert.name)).toEqual(['WatchInterrupted']);
    expect(tell[0]?.alert.annotations.description).toContain("can't be told: they could not be counted");
  });

  it('answers with what it has seen where it is asked to end, and fails where its worker stops', async () => {
    const stopping = (endWanted: boolean): WatchAttempt => {
      const controller = new AbortController();
      return attempt({
        signal: controller.signal,
        endWanted: () => endWanted,
        sleep: async (ms) => {
          if (ms === 0) return;
          controller.abort(new Error('cancelled'));
          throw controller.signal.reason;
        },
      });
    };
    const request = { plan, state: emptyWatch, until: iso(86_400) };
    const { state, tell } = await watchTarget(registry(), request, stopping(true));
    expect([state.samples.length, tell.length]).toEqual([1, 0]);
    await expect(watchTarget(registry(), request, stopping(false))).rejects.toThrow('cancelled');
  });

  it('fails for good where no adapter of this worker reads the target', async () => {
    const other = { ...plan, target: { ...plan.target, kind: 'well' } };
    const request = { plan: other, state: emptyWatch, until: iso(60) };
    await expect(watchTarget(registry(), request, attempt())).rejects.toMatchObject({
      type: 'Misconfigured',
    });
  });
});

describe('what is posted', () => {
  const told: Told = {
    opens: true,
    figures: { percent: 87.4, used: 874, limit: 1000, bytesPerSecond: 1, secondsToLimit: 126 },
    alert: {
      name: 'MemoryHighProactive',
      status: 'resolved',
      severity: 'warning',
      fingerprint: 'f',
      labels: { alertname: 'MemoryHighProactive' },
      annotations: {},
      startsAt: '2026-03-01T00:00:00.000Z',
      receivedAt: '2026-03-01T00:10:00.000Z',
      runbook: 'MEM-001',
      source: 'watch',
    },
  };

  it('begins with the usage, as MEM-001’s script posts it, and says when it was over', () => {
    const body = bodyOf(plan, told);
    expect(Object.keys(body)[0]).toBe('usage');
    expect(body).toMatchObject({ usage: 87, usedBytes: 874, limitBytes: 1000, secondsToLimit: 126 });
    expect(body.alerts[0]).toMatchObject({ status: 'resolved', endsAt: '2026-03-01T00:10:00.000Z' });
  });

  it('claims no usage where there was none to read', () => {
    expect(JSON.parse(JSON.stringify(bodyOf(plan, { ...told, figures: {} })))).not.toHaveProperty('usage');
  });
});
