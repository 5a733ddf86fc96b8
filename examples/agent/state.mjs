/**
 * What the running agent knows: sessions, chats in flight, and the switches that its operators can throw.
 */
import { LruCache } from './cache.mjs';
import { Faults } from './faults.mjs';
import { GarbageCollector } from './gc.mjs';
import { IdempotencyStore } from './idempotency.mjs';
import { Leak } from './leak.mjs';

/** @param {ReturnType<import('./config.mjs').readConfig>} config */
export function createState(config, { adminToken, firstLife, memoryLimitBytes }) {
  return {
    config,
    adminToken,
    firstLife,
    memoryLimitBytes,
    startedAtMs: Date.now(),
    ready: false,
    stopping: false,
    draining: false,
    degraded: false,
    chatRequests: { answered: 0, refused: 0, failed: 0 },
    chats: new InFlight(),
    sessions: new Sessions(config.chat.maxSessions),
    cache: new LruCache(config.cache),
    leak: new Leak(config.leak),
    gc: new GarbageCollector(config.gc),
    faults: new Faults(config.faults),
    idempotency: new IdempotencyStore(),
  };
}

/** Counts what is being worked on, and says when nothing is. */
export class InFlight {
  #count = 0;
  #waiting = new Set();

  get count() {
    return this.#count;
  }

  /** Counts a piece of work for as long as it takes. */
  async during(work) {
    this.#count += 1;
    try {
      return await work();
    } finally {
      this.#count -= 1;
      if (this.#count === 0) this.#tellAll();
    }
  }

  /** Resolves when nothing is in flight, or after `timeoutSeconds`; with the number still in flight. */
  async idle(timeoutSeconds) {
    if (this.#count === 0) return 0;
    await new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutSeconds * 1000);
      this.#waiting.add(done);
    });
    return this.#count;
  }

  #tellAll() {
    for (const done of [...this.#waiting]) done();
  }
}

/** Conversations under way. Dropping them is data loss: people have to begin again. */
export class Sessions {
  #maxSessions;
  #turns = new Map();

  constructor(maxSessions) {
    this.#maxSessions = maxSessions;
  }

  get size() {
    return this.#turns.size;
  }

  /** Counts one more turn of a session; beyond the bound the one idle longest is dropped. */
  turn(session) {
    const turn = (this.#turns.get(session) ?? 0) + 1;
    this.#turns.delete(session);
    if (this.#turns.size >= this.#maxSessions) this.#turns.delete(this.#turns.keys().next().value);
    this.#turns.set(session, turn);
    return turn;
  }

  /** @returns how many were dropped */
  clear() {
    const dropped = this.#turns.size;
    this.#turns.clear();
    return dropped;
  }
}
