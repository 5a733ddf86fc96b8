import { describe, expect, it } from 'vitest';
import { byteRate, bytes, clock, count, duration, percent, sentence } from '../../../model/format.js';

describe('figures for people', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [192 * 1024 ** 2, '192 MiB'],
    [1.25 * 1024 ** 3, '1.25 GiB'],
    [-12 * 1024 ** 2, '-12 MiB'],
    [1024 ** 2 - 1, '1 MiB'],
    [5000 * 1024 ** 4, '5000 TiB'],
  ])('%d bytes is %s', (value, text) => {
    expect(bytes(value)).toBe(text);
  });

  it.each([
    [0.25, '250 ms'],
    [45, '45 s'],
    [59.7, '1 min'],
    [200, '3 min 20 s'],
    [3600, '1 h'],
    [3900, '1 h 5 min'],
    [183600, '2 d 3 h'],
    [-5, '-5 s'],
  ])('%d seconds is %s', (value, text) => {
    expect(duration(value)).toBe(text);
  });

  it('writes percents, rates, counts and clocks', () => {
    expect([percent(95.83), percent(4.25), percent(0)]).toEqual(['96 %', '4.3 %', '0 %']);
    expect(byteRate(35_328)).toBe('34.5 KiB/s');
    expect([count(1, 'check'), count(2, 'check'), count(2, 'entry', 'entries')]).toEqual([
      '1 check',
      '2 checks',
      '2 entries',
    ]);
    expect(clock('2026-11-22T05:10:32.123Z')).toBe('05:10:32');
    expect(clock('soon')).toBe('soon');
    expect([sentence('done'), sentence('done.'), sentence('')]).toEqual(['done.', 'done.', '']);
  });
});
