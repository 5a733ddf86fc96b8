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
  });
});
