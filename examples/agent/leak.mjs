/**
 * Memory that is lost, of two kinds.
 *
 * The leak: held for ever, only a restart frees it. It lies in shared buffers, which V8 does not count as its
 * own, so no garbage collection starts because of it: the way a leak in a native add-on looks.
 *
 * The garbage: nothing refers to it any more, and a full collection frees it. It is brought into the old
 * generation first, since V8 would clean the young one within moments by itself.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { collectGarbage, stopIdleCollection } from './gc.mjs';
import { log } from './log.mjs';

const MIB = 1024 * 1024;
const TICK_MS = 100;

/** Bytes outside the heap, written so that they are resident. */
function touched(byteLength) {
  return Buffer.from(new SharedArrayBuffer(byteLength)).fill(0xa5);
}

export class Leak {
  #config;
  #held = [];
  #bytes = 0;
  #timer;

  /** @param {{bytesPerSecond: number, maxBytes: number, startDelaySeconds: number}} config */
  constructor(config) {
    this.#config = config;
  }

  get bytes() {
    return this.#bytes;
  }

  /** Starts leaking after the configured delay; does nothing when no leak is configured. */
  start() {
    if (this.#config.bytesPerSecond === 0) return;
    this.#timer = setTimeout(() => this.#run(), this.#config.startDelaySeconds * 1000);
    this.#timer.unref();
  }

  stop() {
    clearTimeout(this.#timer);
    clearInterval(this.#timer);
  }

  #run() {
    log('leak-started', `leaking ${this.#config.bytesPerSecond} bytes a second`, { ...this.#config });
    const from = performance.now();
    this.#timer = setInterval(() => this.#grow(from), TICK_MS);
    this.#timer.unref();
  }

  #grow(from) {
    const due = Math.floor(((performance.now() - from) / 1000) * this.#config.bytesPerSecond);
    const wanted = Math.min(due, this.#config.maxBytes);
    while (this.#bytes < wanted) {
      const piece = Math.min(wanted - this.#bytes, MIB);
      this.#held.push(touched(piece));
      this.#bytes += piece;
    }
    if (this.#bytes >= this.#config.maxBytes) this.stop();
  }
}

/**
 * Whether this is the first life of the agent. Without a file it always is; with one, it is when the file was
 * not there yet, and the file is created. A container's own file system survives its restart, so a restarted
 * agent does not leak again.
 */
export function isFirstLife(onceFile) {
  if (onceFile === '') return true;
  if (existsSync(onceFile)) return false;
  writeFileSync(onceFile, `${new Date().toISOString()} pid ${process.pid}\n`);
  return true;
}

/** Makes garbage of this size, which stays until the next full collection. */
export function makeGarbage(byteLength) {
  if (byteLength === 0) return;
  stopIdleCollection();
  let pieces = [];
  for (let left = byteLength; left > 0; left -= MIB) pieces.push(touched(Math.min(left, MIB)));
  // Two collections while it is still referred to move it into the old generation.
  collectGarbage();
  collectGarbage();
  pieces = [];
  log('garbage-made', `${byteLength} bytes wait for a full garbage collection`, { bytes: byteLength });
}
