import { describe, expect, it } from 'vitest';
import { differences, gravest } from '../../../replay/same.js';

const first = (recorded: object, now: object) =>
  gravest(differences(JSON.parse(JSON.stringify(recorded)), JSON.parse(JSON.stringify(now))));

describe('what is the same', () => {
  it('equal values are, whatever the order of their members', () => {
    expect(first({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toBeUndefined();
  });

  it('another value means something else; a member that is missing does, too', () => {
    expect(first({ a: { b: 1 } }, { a: { b: 2 } })).toMatchObject({
      path: 'a.b',
      kind: 'value',
      recorded: 1,
      now: 2,
    });
    expect(first({ a: 1 }, {})).toMatchObject({ path: 'a', kind: 'value', now: undefined });
    expect(first({ a: [] }, { a: {} })).toMatchObject({ path: 'a', kind: 'value' });
  });

  it('an item more in a list is another list, a member more is only new', () => {
    expect(first({ a: [1] }, { a: [1, 2] })).toMatchObject({ path: 'a.1', kind: 'value' });
    expect(first({ a: 1 }, { a: 1, b: 2 })).toMatchObject({ path: 'b', kind: 'added' });
  });

  it('sentences for people are only words, and the graver difference goes first', () => {
    expect(first({ change: { sentence: 'x' } }, { change: { sentence: 'y' } })).toMatchObject({
      kind: 'words',
    });
    expect(first({ why: 'x', n: 1 }, { why: 'y', n: 2 })).toMatchObject({ path: 'n' });
  });

  it('what was redacted fits anything', () => {
    expect(first({ a: 'token=[redacted]' }, { a: 'token=abc' })).toBeUndefined();
    expect(first({ a: '[redacted]' }, { a: '' })).toBeUndefined();
    expect(first({ a: 'x [redacted] (y) [redacted]' }, { a: 'x 1\n2 (y) 3' })).toBeUndefined();
  });

  it('what stands around a redaction is compared', () => {
    expect(first({ a: 'start token=[redacted]' }, { a: 'stop token=abc' })).toMatchObject({ kind: 'value' });
    expect(first({ a: '[redacted]' }, {})).toMatchObject({ kind: 'value' });
    expect(first({ a: '[redacted] for 5 s' }, { a: 'abc for 50 s' })).toMatchObject({ kind: 'value' });
  });

  it('however many sentences differ, the value behind them is found', () => {
    const verdicts = (why: string, last: string) =>
      Array.from({ length: 40 }, (_, n) => ({ says: n === 39 ? last : 'allow', why }));
    expect(first(verdicts('old', 'ask'), verdicts('new', 'allow'))).toMatchObject({
      path: '39.says',
      kind: 'value',
    });
  });
});
