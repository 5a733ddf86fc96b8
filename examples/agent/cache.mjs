/**
 * A cache bounded by items and by bytes, which drops what was used longest ago (MEM-001: an LRU cache of at
 * most 1000 items and 100 MB). Values are bytes outside the JavaScript heap.
 *
 * The bytes lie in resizable buffers: shrinking one to nothing gives its pages back at once. So what is
 * cleared is really freed, without waiting for a garbage collection to find it.
 */
export class LruCache {
  #maxItems;
  #maxBytes;
  #bytes = 0;
  // A Map keeps its keys in the order of insertion: the first is the one used longest ago.
  #items = new Map();

  /** @param {{maxItems: number, maxBytes: number}} bounds */
  constructor({ maxItems, maxBytes }) {
    this.#maxItems = maxItems;
    this.#maxBytes = maxBytes;
  }

  get size() {
    return this.#items.size;
  }

  get bytes() {
    return this.#bytes;
  }

  /** @param {string} key @returns {Uint8Array | undefined} the bytes, now the most recently used */
  get(key) {
    const value = this.#items.get(key);
    if (value === undefined) return undefined;
    this.#items.delete(key);
    this.#items.set(key, value);
    return value;
  }

  /**
   * Keeps `byteLength` bytes under the key, every one of them written so that it takes real memory.
   * @returns false when the value is larger than the whole cache: then nothing is kept, and nothing evicted
   */
  set(key, byteLength, fill = 1) {
    this.#drop(key);
    if (byteLength > this.#maxBytes) return false;
    while (this.#items.size >= this.#maxItems || this.#bytes + byteLength > this.#maxBytes) {
      this.#drop(this.#items.keys().next().value);
    }
    const buffer = new ArrayBuffer(byteLength, { maxByteLength: byteLength });
    this.#items.set(key, new Uint8Array(buffer).fill(fill));
    this.#bytes += byteLength;
    return true;
  }

  /** Drops everything. @returns {{items: number, bytes: number}} what was dropped */
  clear() {
    const dropped = { items: this.#items.size, bytes: this.#bytes };
    for (const key of [...this.#items.keys()]) this.#drop(key);
    return dropped;
  }

  #drop(key) {
    const value = this.#items.get(key);
    if (value === undefined) return;
    this.#items.delete(key);
    this.#bytes -= value.byteLength;
    value.buffer.resize(0);
  }
}
