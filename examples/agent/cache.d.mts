/** Types of cache.mjs, for the tests. */
export class LruCache {
  constructor(bounds: { maxItems: number; maxBytes: number });
  readonly size: number;
  readonly bytes: number;
  get(key: string): Uint8Array | undefined;
  set(key: string, byteLength: number, fill?: number): boolean;
  clear(): { items: number; bytes: number };
}
