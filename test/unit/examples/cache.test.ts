import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LruCache } from '../../../examples/agent/cache.mjs';

type Step = { key: string; bytes: number; read: boolean };

const steps = fc.array(
  fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
    bytes: fc.nat(60),
    read: fc.boolean(),
  }),
  { maxLength: 80 },
);

/** The same cache, told as a plain list: the first is the one used longest ago. */
class Model {
  private items: { key: string; bytes: number }[] = [];

  constructor(private readonly bounds: { maxItems: number; maxBytes: number }) {}

  get bytes(): number {
    return this.items.reduce((sum, item) => sum + item.bytes, 0);
  }

  get keys(): string[] {
    return this.items.map((item) => item.key);
  }

  read(key: string): void {
    const found = this.items.find((item) => item.key === key);
    if (found) this.items = [...this.items.filter((item) => item.key !== key), found];
  }

  write(key: string, bytes: number): void {
    this.items = this.items.filter((item) => item.key !== key);
    if (bytes > this.bounds.maxBytes) return;
    this.items.push({ key, bytes });
    while (this.items.length > this.bounds.maxItems || this.bytes > this.bounds.maxBytes) this.items.shift();
  }
}

function play(cache: LruCache, model: Model, { key, bytes, read }: Step): void {
  if (read) {
    cache.get(key);
    model.read(key);
  } else {
    cache.set(key, bytes);
    model.write(key, bytes);
  }
}

describe('the LRU cache of the example agent', () => {
  it('keeps what a plain model keeps, and never passes its bounds', () => {
    const bounds = fc.record({
      maxItems: fc.integer({ min: 1, max: 5 }),
      maxBytes: fc.integer({ min: 1, max: 120 }),
    });
    fc.assert(
      fc.property(bounds, steps, (limits, history) => {
        const cache = new LruCache(limits);
        const model = new Model(limits);
        for (const step of history) {
          play(cache, model, step);
          expect(cache.size).toBeLessThanOrEqual(limits.maxItems);
          expect(cache.bytes).toBeLessThanOrEqual(limits.maxBytes);
          expect(cache.bytes).toBe(model.bytes);
        }
        const kept = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].filter((key) => cache.get(key) !== undefined);
        expect(kept).toEqual([...model.keys].sort());
      }),
    );
  });

  it('drops what was used longest ago first', () => {
    const cache = new LruCache({ maxItems: 2, maxBytes: 1000 });
    cache.set('first', 1);
    cache.set('second', 1);
    cache.get('first');
    cache.set('third', 1);
    expect(cache.get('second')).toBeUndefined();
    expect(cache.get('first')).toBeDefined();
  });

  it('keeps nothing that is larger than itself, and loses nothing for it', () => {
    const cache = new LruCache({ maxItems: 10, maxBytes: 100 });
    cache.set('small', 40);
    expect(cache.set('huge', 101)).toBe(false);
    expect(cache.bytes).toBe(40);
  });

  it('says what it dropped, and gives the bytes back at once', () => {
    const cache = new LruCache({ maxItems: 10, maxBytes: 1000 });
    cache.set('a', 300, 7);
    cache.set('b', 200);
    const view = cache.get('a')!;
    expect([view.byteLength, view[299]]).toEqual([300, 7]);
    expect(cache.clear()).toEqual({ items: 2, bytes: 500 });
    expect([cache.size, cache.bytes, view.byteLength]).toEqual([0, 0, 0]);
    expect(cache.clear()).toEqual({ items: 0, bytes: 0 });
  });
});
