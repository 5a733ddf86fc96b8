import type { Entry } from './tar.mjs';

export interface Python {
  path: string;
  stdlib: string;
  /** Such as 3.11. */
  version: string;
  /** All that it says of itself. */
  build: string;
}

export function findPython(): Python | null;
export function ensurePython(options: {
  log: (line: string) => void;
  signal?: AbortSignal;
}): Promise<Python | null>;
export function pythonRoot(options: { busybox: string; python: Python }): Entry[];
