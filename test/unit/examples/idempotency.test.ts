import { describe, expect, it } from 'vitest';
import { type Answer, IdempotencyStore } from '../../../examples/agent/idempotency.mjs';

/** Work that counts how often it was done. */
function counted(): { work: () => Promise<Answer>; times: () => number } {
  let times = 0;
  const work = async () => {
    times += 1;
    return { status: 200, body: { times } };
  };
  return { work, times: () => times };
}

describe('the idempotency store of the example agent', () => {
  it('does the work of 50 calls at once with one key a single time', async () => {
    const store = new IdempotencyStore();
    const { work, times } = counted();
    const results = await Promise.all(Array.from({ length: 50 }, () => store.once('k', 'POST /x', work)));
    expect(times()).toBe(1);
    expect(results.filter((result) => !result.replayed)).toHaveLength(1);
    for (const { answer } of results) expect(answer.body).toEqual({ times: 1 });
  });

  it('refuses a key that was used for something else, and does nothing', async () => {
    const store = new IdempotencyStore();
    const { work, times } = counted();
    await store.once('k', 'POST /a', work);
    const { answer } = await store.once('k', 'POST /b', work);
    expect(answer.status).toBe(422);
    expect(times()).toBe(1);
  });

  it('remembers nothing of work that failed', async () => {
    const store = new IdempotencyStore();
    const failing = () => Promise.reject(new Error('broken'));
    await expect(store.once('k', 'POST /a', failing)).rejects.toThrow('broken');
    const { work } = counted();
    expect((await store.once('k', 'POST /a', work)).replayed).toBe(false);
  });

  it('keeps no more keys than it is told, the newest ones', async () => {
    const store = new IdempotencyStore(3);
    const { work, times } = counted();
    for (const key of ['1', '2', '3', '4', '5']) await store.once(key, 'POST /a', work);
    expect(store.size).toBe(3);
    expect((await store.once('3', 'POST /a', work)).replayed).toBe(true);
    expect((await store.once('1', 'POST /a', work)).replayed).toBe(false);
    expect(times()).toBe(6);
  });
});
