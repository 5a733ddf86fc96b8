/**
 * Garbage collection in this live process. (A `gc.collect()` in a new process, as the runbook's text has it,
 * would free nothing here.)
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { log } from './log.mjs';

/** Works without `node --expose-gc`: the flag is set now, and a new context then has the function. */
setFlagsFromString('--expose-gc');
const collect = globalThis.gc ?? runInNewContext('gc');

/** One full, blocking collection. */
export function collectGarbage() {
  collect();
}

/**
 * Keeps V8 from collecting by itself some 8 s after the last collection when the process is idle, as this one
 * mostly is. A busy service has no such pause, and its garbage stays. V8 does this by incremental marking, and
 * that can be switched off while it runs; whatever is collected otherwise still is.
 */
export function stopIdleCollection() {
  setFlagsFromString('--no-incremental-marking');
}

/** Runs collections on request and every interval, and counts them. */
export class GarbageCollector {
  #config;
  #timer;
  #runs = { interval: 0, admin: 0 };
  #lastRunMs = 0;

  /** @param {{monitoring: boolean, intervalSeconds: number}} config */
  constructor(config) {
    this.#config = config;
  }

  /** Completed runs by what asked for them. */
  get runs() {
    return { ...this.#runs };
  }

  /** Unix milliseconds of the last run; 0 when none has run yet. */
  get lastRunMs() {
    return this.#lastRunMs;
  }

  start() {
    if (!this.#config.monitoring) return;
    this.#timer = setInterval(() => void this.run('interval'), this.#config.intervalSeconds * 1000);
    this.#timer.unref();
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** @param {'interval' | 'admin'} trigger @returns resident and heap bytes before and after */
  async run(trigger, fields = {}) {
    const before = process.memoryUsage();
    collectGarbage();
    // Buffers are swept and given back in the background; without this wait "after" is too high.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const after = process.memoryUsage();
    this.#runs[trigger] += 1;
    this.#lastRunMs = Date.now();
    const result = {
      rssBefore: before.rss,
      rssAfter: after.rss,
      heapBefore: before.heapUsed,
      heapAfter: after.heapUsed,
    };
    log('gc', `garbage collected, ${before.rss - after.rss} bytes of RSS freed`, {
      trigger,
      ...result,
      ...fields,
    });
    return result;
  }
}
