import type { Entry } from './tar.mjs';

/** Writes an image of one layer as `docker save` does, without an engine. `name` with its tag. */
export function writeImageArchive(options: {
  to: string;
  name: string;
  entries: Entry[];
  cmd: string[];
  env?: Record<string, string>;
  workdir?: string;
  labels?: Record<string, string>;
  expose?: number[];
  user?: string;
}): Promise<void>;
