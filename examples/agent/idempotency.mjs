/**
 * Answers already given, by `Idempotency-Key`. The same key again gets the stored answer and nothing is done
 * a second time; a key that comes while the first is still at work waits for that answer. The store is
 * bounded: the oldest keys go first, so a key is good for as long as `maxKeys` newer ones have not come.
 */
export class IdempotencyStore {
  #maxKeys;
  #entries = new Map();

  /** @param {number} [maxKeys] */
  constructor(maxKeys = 1000) {
    this.#maxKeys = maxKeys;
  }

  get size() {
    return this.#entries.size;
  }

  /**
   * @param {string} key
   * @param {string} request what was asked (path and body): one key can't be used for two things
   * @param {() => Promise<{status: number, body: object}>} work done only when the key is new
   * @returns the answer, and whether it is an old one
   */
  async once(key, request, work) {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      if (known.request !== request) return { answer: keyReused(key, known.request), replayed: false };
      return { answer: await known.answer, replayed: true };
    }
    const answer = work();
    const entry = { request, answer };
    this.#entries.set(key, entry);
    if (this.#entries.size > this.#maxKeys) this.#entries.delete(this.#entries.keys().next().value);
    try {
      return { answer: await answer, replayed: false };
    } catch (error) {
      // Nothing was answered, so nothing is remembered: the caller may try again with the same key.
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      throw error;
    }
  }
}

function keyReused(key, first) {
  const error = `Idempotency-Key ${key} was used for another request (${first}): use a new key for a new request.`;
  return { status: 422, body: { error } };
}
