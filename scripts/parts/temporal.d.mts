/** Where a part was found or put, and how it was had. */
export interface Part {
  /** Path of the program. */
  path: string;
  /** For the Temporal CLI: the version of the server in it. */
  version: string;
  how: 'env' | 'path' | 'cache' | 'download' | 'built' | 'installed';
}

export interface EnsureOptions {
  /** Takes each line of progress. */
  log: (line: string) => void;
  signal?: AbortSignal;
}

/** The version of the CLI that is fetched where none is found. */
export const VERSION: string;

/** Looks in the environment, on PATH and in the cache; fetches nothing. Throws where the variable names no CLI. */
export function find(): Promise<Part | null>;

/** Finds it, or downloads or builds it. Throws an error with `exitCode` 2 and what to do where it can't be had. */
export function ensure(options: EnsureOptions): Promise<Part>;
