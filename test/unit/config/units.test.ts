import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closest } from '../../../config/closest.js';
import { bytes, durationPattern, percent, seconds, sizePattern } from '../../../config/units.js';

describe('units that people write', () => {
  it.each([
    ['60s', 60],
    ['5m', 300],
    ['2h', 7200],
    ['1h30m', 5400],
    ['1.5h', 5400],
    ['1d', 86_400],
    ['500ms', 0.5],
  ])('%s is %d seconds', (text, expected) => {
    expect(text).toMatch(durationPattern);
    expect(seconds(text)).toBeCloseTo(expected, 9);
  });

  it.each([
    ['512MiB', 536_870_912],
    ['2GB', 2_000_000_000],
    ['2 GiB', 2_147_483_648],
    ['1.5GiB', 1_610_612_736],
    ['100B', 100],
  ])('%s is %d bytes', (text, expected) => {
    expect(text).toMatch(sizePattern);
    expect(bytes(text)).toBe(expected);
  });

  it.each(['60', 's', '60 s', '60sec', '-5s', '1e3s', '5m s'])('%s is no length of time', (text) => {
    expect(text).not.toMatch(durationPattern);
  });

  it.each(['2g', '512m', '512Mb', '2', '-1GB', 'GiB'])('%s is no size', (text) => {
    expect(text).not.toMatch(sizePattern);
  });

  it('whole seconds, minutes and hours add up', () => {
    const part = fc.integer({ min: 0, max: 999 });
    fc.assert(
      fc.property(part, part, part, (h, m, s) => {
        expect(seconds(`${h}h${m}m${s}s`)).toBe(h * 3600 + m * 60 + s);
      }),
    );
  });

  it('80% is 80', () => {
    expect(percent('80%')).toBe(80);
    expect(percent('0.5 %')).toBe(0.5);
  });
});

describe('did you mean', () => {
  it.each([
    ['tragets', 'targets'],
    ['Engines', 'engines'],
    ['timout', 'timeout'],
  ])('%s → %s', (word, meant) => {
    expect(closest(word, ['targets', 'engines', 'timeout', 'every'])).toBe(meant);
  });

  it('guesses nothing where nothing is near', () => {
    expect(closest('password', ['basic', 'bearer', 'every', 'url'])).toBeUndefined();
  });
});
