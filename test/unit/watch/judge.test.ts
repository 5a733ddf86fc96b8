import { describe, expect, it } from 'vitest';
import type { Sample } from '../../../model/evidence.js';
import {
  emptyWatch,
  judgeSample,
  needsProof,
  outage,
  type Proof,
  type Told,
  type WatchPlan,
  type WatchState,
} from '../../../model/watch.js';

const plan: WatchPlan = {
  target: { key: 'docker/local/agent', kind: 'container', scope: 'docker/local' },
  runbook: 'MEM-001',
  thresholdPercent: 85,
  criticalPercent: 90,
  everySeconds: 60,
};
const began = Date.parse('2026-03-01T00:00:00.000Z');
const at = (minute: number): string => new Date(began + minute * 60_000).toISOString();

/** A sample at a minute: percent of 1000 bytes. */
function sample(minute: number, percent: number | undefined, more: Partial<Sample> = {}): Sample {
  const read = percent === undefined ? { gap: 'no answer' } : { used: percent * 10, limit: 1000, id: 'a' };
  return { at: at(minute), ...read, healthy: true, startedAt: 's', kills: 0, ...more };
}

/** Judges the samples in order; what was told, as `status name`, a list a sample. */
function tell(samples: readonly Sample[], proofs: Readonly<Record<string, Proof>> = {}) {
  let state: WatchState = emptyWatch;
  const all: Told[][] = samples.map((each) => {
    const judged = judgeSample(state, each, plan, proofs[each.at]);
    state = judged.state;
    return [...judged.tell];
  });
  return { state, all, names: all.map((each) => each.map(({ alert }) => `${alert.status} ${alert.name}`)) };
}

describe('memory over the watch’s threshold', () => {
  it('is told once, at the threshold itself', () => {
    const { names } = tell([sample(0, 84.9), sample(1, 85), sample(2, 86), sample(3, 85)]);
    expect(names).toEqual([[], ['firing MemoryHighProactive'], [], []]);
  });

  it('ends only well below the threshold, and after three samples', () => {
    const wavering = [
      sample(0, 86),
      sample(1, 79),
      sample(2, 79),
      sample(3, 82),
      sample(4, 79),
      sample(5, 79),
    ];
    const { names } = tell([...wavering, sample(6, 79)]);
    expect(names.slice(1, 6).flat()).toEqual([]);
    expect(names[6]).toEqual(['resolved MemoryHighProactive']);
  });

  it('is told again when it becomes critical, and stays critical until it ends', () => {
    const { all, names } = tell([sample(0, 86), sample(1, 91), sample(2, 86), sample(3, 92)]);
    expect(names).toEqual([['firing MemoryHighProactive'], ['firing MemoryHighProactive'], [], []]);
    expect(all[1]?.[0]?.alert.severity).toBe('critical');
  });

  it('is told again every hour while it lasts', () => {
    const { names } = tell(Array.from({ length: 62 }, (_, minute) => sample(minute, 86)));
    expect(names.flatMap((each, minute) => (each.length > 0 ? [minute] : []))).toEqual([0, 60]);
  });

  it('keeps one identity and one start over all that is told of it, and a new start when it fires anew', () => {
    const down = [1, 2, 3].map((minute) => sample(minute, 50));
    const { all } = tell([sample(0, 86), ...down, sample(4, 87)]);
    const [first, resolved, again] = all.flat().map(({ alert }) => alert);
    expect(resolved).toMatchObject({ status: 'resolved', fingerprint: first?.fingerprint, startsAt: at(0) });
    expect(again).toMatchObject({ status: 'firing', fingerprint: first?.fingerprint, startsAt: at(4) });
  });

  it('says how fast it grows and when the limit is reached', () => {
    const { all } = tell([81, 82, 83, 84, 85].map((percent, minute) => sample(minute, percent)));
    const [told] = all.at(-1) ?? [];
    const { alert, figures, opens } = told as Told;
    expect(opens).toBe(true);
    expect(figures.secondsToLimit).toBeCloseTo(900, 0);
    expect(alert.annotations.description).toContain('the limit is reached in 15 min');
    expect(alert.labels).toMatchObject({ alertname: 'MemoryHighProactive', target: 'docker/local/agent' });
  });
});

describe('growth below the threshold', () => {
  it('is posted, and opens no incident', () => {
    const { all, names } = tell(Array.from({ length: 10 }, (_, minute) => sample(minute, 65 + minute)));
    expect(names.flat()).toEqual(['firing MemoryGrowing']);
    expect(all.flat()[0]?.opens).toBe(false);
  });

  it('is not told of a sawtooth, of little use, or of slow growth', () => {
    const sawtooth = Array.from({ length: 20 }, (_, minute) => sample(minute, 65 + (minute % 4) * 4));
    const little = Array.from({ length: 20 }, (_, minute) => sample(minute, 10 + minute));
    const slow = Array.from({ length: 20 }, (_, minute) => sample(minute, 65 + minute / 10));
    for (const samples of [sawtooth, little, slow]) expect(tell(samples).names.flat()).toEqual([]);
  });
});

describe('OOM kills', () => {
  it('from before the watch began are not news', () => {
    expect(tell([sample(0, 50, { kills: 3 }), sample(1, 50, { kills: 3 })]).names.flat()).toEqual([]);
  });

  it('are critical and open an incident', () => {
    const { all } = tell([sample(0, 50), sample(1, 50, { kills: 2 })]);
    expect(all[1]?.[0]).toMatchObject({
      opens: true,
      figures: { kills: 2 },
      alert: { name: 'ContainerOOMKilled', severity: 'critical', status: 'firing' },
    });
  });

  it('in a loop are told again at most every five minutes, with their number, and end after ten without one', () => {
    const loop = Array.from({ length: 7 }, (_, minute) => sample(minute, 50, { kills: minute }));
    const quiet = Array.from({ length: 10 }, (_, minute) => sample(7 + minute, 50, { kills: 6 }));
    const { names } = tell([...loop, ...quiet]);
    const told = names.flatMap((each, minute) => each.map((name) => `${minute} ${name}`));
    expect(told).toEqual([
      '1 firing ContainerOOMKilled',
      '6 firing ContainerOOMKilled',
      '16 resolved ContainerOOMKilled',
    ]);
  });

  it('are proven by a full look where the counter can’t tell, as in another container of the name', () => {
    const before = sample(0, 50, { kills: 4 });
    const other = sample(1, 50, { id: 'b', kills: 0 });
    const state = judgeSample(emptyWatch, before, plan).state;
    expect(needsProof(state, other, plan)).toBe(true);
    const proof = { kills: 1, witnesses: 'kernel log' };
    const { all } = tell([before, other], { [other.at]: proof });
    expect(all[1]?.[0]?.alert.annotations.description).toContain('Seen by: kernel log');
  });

  it('are not counted twice when the look counts others’ kills, too', () => {
    const { names } = tell([sample(0, 50), sample(10, 50)], {
      [at(10)]: { kills: 1, witnesses: 'kernel log' },
    });
    expect(names[1]).toEqual(['firing WatchInterrupted']);
  });
});

describe('a target that is not well', () => {
  it('is told after two samples in a row, and ended after two', () => {
    const ill = { healthy: false, healthNote: 'its health check has failed 3 times in a row' };
    const { all, names } = tell([
      sample(0, 50, ill),
      sample(1, 50),
      sample(2, 50, ill),
      sample(3, 50, ill),
      sample(4, 50),
      sample(5, 50),
    ]);
    expect(names).toEqual([[], [], [], ['firing ContainerUnhealthy'], [], ['resolved ContainerUnhealthy']]);
    expect(all[3]?.[0]?.alert.annotations.summary).toContain('has failed 3 times');
  });

  it('that can’t be read is told after five samples, without an incident, and nothing is claimed of its memory', () => {
    const dark = Array.from({ length: 6 }, (_, minute) =>
      sample(minute + 1, undefined, { kills: undefined, id: undefined }),
    );
    const { all, names } = tell([sample(0, 86), ...dark]);
    expect(names.slice(1)).toEqual([[], [], [], [], ['firing WatchBlind'], []]);
    expect(all[5]?.[0]?.opens).toBe(false);
  });
});

describe('after nobody looked for a while', () => {
  it('is no outage while fewer than three samples are missing', () => {
    const state = judgeSample(emptyWatch, sample(0, 50), plan).state;
    expect(outage(state, sample(3, 50), plan)).toBeUndefined();
    expect(outage(state, sample(4, 50), plan)).toEqual({ from: at(0), to: at(4) });
  });

  it('says from when to when, and that the counter proves no kill', () => {
    const { all, names } = tell([sample(0, 50), sample(9, 50), sample(10, 50)], {
      [at(9)]: { witnesses: '' },
    });
    expect(names).toEqual([[], ['firing WatchInterrupted'], ['resolved WatchInterrupted']]);
    const { summary, description } = all[1]?.[0]?.alert.annotations ?? {};
    expect(summary).toBe(`docker/local/agent was not observed from ${at(0)} to ${at(9)}`);
    expect(description).toContain('No OOM kill meanwhile');
  });

  it('tells the kills of that time, and that they were found out afterwards', () => {
    const { all, names } = tell([sample(0, 50), sample(9, 50, { kills: 2 })], {
      [at(9)]: { kills: 2, witnesses: 'kernel log, docker event' },
    });
    expect(names[1]).toEqual(['firing ContainerOOMKilled', 'firing WatchInterrupted']);
    expect(all[1]?.[0]?.alert.annotations.description).toBe(
      `2 OOM kills while nobody looked, from ${at(0)} to ${at(9)}. Seen by: kernel log, docker event.`,
    );
  });

  it('says that it can’t be told where the counter began anew and no look helps', () => {
    const { all } = tell([sample(0, 50, { kills: 3 }), sample(9, 50, { kills: 1 })], {
      [at(9)]: { witnesses: '' },
    });
    expect(all[1]?.map(({ alert }) => alert.name)).toEqual(['WatchInterrupted']);
    expect(all[1]?.[0]?.alert.annotations.description).toContain(
      "can't be told: their counter has begun anew",
    );
  });

  it('counts a time in which the target could not be read as not observed', () => {
    const dark = [1, 2, 3, 4, 5].map((minute) => sample(minute, undefined, { kills: undefined }));
    const { all } = tell([sample(0, 50), ...dark, sample(6, 50, { kills: 1 })]);
    expect(all[6]?.map(({ alert }) => `${alert.status} ${alert.name}`)).toEqual([
      'firing ContainerOOMKilled',
      'resolved WatchBlind',
      'firing WatchInterrupted',
    ]);
  });
});
