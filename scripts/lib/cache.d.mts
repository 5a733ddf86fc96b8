/** What `find` and `fillCache` know of a part in the cache. */
export interface Kept {
  dir: string;
  how: string;
}

export interface FillOptions {
  part: string;
  version: string;
  title: string;
  log: (line: string) => void;
  signal?: AbortSignal;
  /** `fill` returns null when done, or the reason why this way isn't open. */
  ways: { how: string; fill: (dir: string) => Promise<string | null> }[];
  /** Throws if what is in the folder doesn't work. */
  verify: (dir: string) => Promise<void> | void;
}

export function cacheRoot(): string;
export function partDir(part: string, version: string): string;
export function cached(part: string, version: string): Kept | null;
export function fillCache(options: FillOptions): Promise<Kept | { reasons: string[] }>;
