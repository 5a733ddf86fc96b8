import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { growthOf, isSteady, median } from '../../../model/growth.js';
import { atSecond, MiB, rising, samplesOf } from './looks.js';

const limit = 256 * MiB;

describe('growth', () => {
  it('is the slope of a straight rise, with the time left to the limit', () => {
    const growth = growthOf(samplesOf(rising(100 * MiB, 5 * MiB, 10), {}, 5));
    expect(growth).toMatchObject({ bytesPerSecond: MiB, overSeconds: 45, samples: 10 });
    expect(growth?.secondsToLimit).toBeCloseTo(256 - 145, 6);
  });

  it('is unknown from fewer than four readings', () => {
    expect(growthOf(samplesOf(rising(MiB, MiB, 3)))).toBeUndefined();
    expect(growthOf([])).toBeUndefined();
  });

  it('does not count what could not be read', () => {
    const gaps = samplesOf(rising(MiB, MiB, 8)).map(({ at }) => ({ at, gap: 'timed out' }));
    expect(growthOf(gaps)).toBeUndefined();
  });

  it('begins anew with every start of the target', () => {
    const old = samplesOf(rising(200 * MiB, 5 * MiB, 10), { startedAt: 'first' });
    const young = rising(40 * MiB, 0, 6).map((used, i) => ({
      at: atSecond(i * 5),
      used,
      limit,
      startedAt: 'second',
    }));
    const growth = growthOf([...old, ...young]);
    expect(growth).toMatchObject({ bytesPerSecond: 0, samples: 6 });
    expect(growth?.secondsToLimit).toBeUndefined();
  });

  it('is seen through the fall that a cleared cache leaves', () => {
    const before = rising(200 * MiB, 2 * MiB, 8);
    const after = rising(150 * MiB, 2 * MiB, 8);
    const growth = growthOf(samplesOf([...before, ...after]));
    expect(growth?.bytesPerSecond).toBeCloseTo((2 * MiB) / 5, 0);
    expect(growth?.secondsToLimit).toBeGreaterThan(0);
  });

  it('is not taken for a leak where garbage is collected again and again', () => {
    const saw = Array.from({ length: 30 }, (_, i) => 100 * MiB + (i % 5) * 10 * MiB);
    expect(growthOf(samplesOf(saw))?.secondsToLimit).toBeUndefined();
  });

  it('is not seen in noise, though half of its slopes point up', () => {
    const noise = [100, 104, 99, 105, 101, 103, 98, 106, 102, 104].map((n) => n * MiB);
    const growth = growthOf(samplesOf(noise));
    expect(growth?.bytesPerSecond).toBeGreaterThan(0);
    expect(growth?.secondsToLimit).toBeUndefined();
  });

  it('is steady only after enough time', () => {
    const flat = samplesOf([100, 101, 100, 99, 100, 101, 100].map((n) => n * MiB));
    expect(isSteady(growthOf(flat), 30)).toBe(true);
    expect(isSteady(growthOf(flat), 31)).toBe(false);
    expect(isSteady(undefined, 0)).toBe(false);
    expect(isSteady(growthOf(samplesOf(rising(MiB, MiB, 10))), 0)).toBe(false);
  });
});

describe('growth, whatever the readings', () => {
  const sizes = fc.array(fc.integer({ min: 1 * MiB, max: 250 * MiB }), { minLength: 4, maxLength: 200 });

  it('of a line with bounded noise is that line', () => {
    const noise = fc.array(fc.integer({ min: -MiB / 4, max: MiB / 4 }), { minLength: 20, maxLength: 100 });
    fc.assert(
      fc.property(noise, fc.integer({ min: 100, max: 2000 }), (wobble, kib) => {
        const step = kib * 1024;
        const used = wobble.map((extra, i) => 100 * MiB + i * step + extra);
        const growth = growthOf(samplesOf(used, {}, 1, 1e12));
        expect(Math.abs((growth?.bytesPerSecond ?? 0) - step)).toBeLessThan(MiB / 4);
      }),
    );
  });

  it('is not bent by one wild reading in ten', () => {
    const wild = fc.integer({ min: 0, max: 249 }).map((n) => n * MiB);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 18 }), wild, (where, value) => {
        const used = rising(240 * MiB, 1000, 20).map((one, i) => (i === where ? value : one));
        expect(Math.abs(growthOf(samplesOf(used, {}, 1))?.bytesPerSecond ?? 1e9)).toBeLessThan(2000);
      }),
    );
  });

  it('never promises a time to the limit for something that falls', () => {
    fc.assert(
      fc.property(sizes, (used) => {
        const falling = [...used].sort((a, b) => b - a);
        expect(growthOf(samplesOf(falling))?.secondsToLimit).toBeUndefined();
      }),
    );
  });

  it('does not depend on the order in which the samples come', () => {
    fc.assert(
      fc.property(sizes, (used) => {
        const samples = samplesOf(used, { startedAt: undefined });
        expect(growthOf([...samples].reverse())).toMatchObject({
          bytesPerSecond: growthOf(samples)?.bytesPerSecond,
        });
      }),
    );
  });

  it('has a time left that is never negative', () => {
    fc.assert(
      fc.property(sizes, (used) => {
        expect(growthOf(samplesOf(used, {}, 5, 100 * MiB))?.secondsToLimit ?? 0).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('the median', () => {
  it.each([
    [[], 0],
    [[3], 3],
    [[3, 1], 2],
    [[9, 1, 5], 5],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });
});
