import type { Readable } from 'node:stream';

/** One entry of an archive; a file's content is given, or the path of a file on disk and its size. */
export type Entry =
  | { name: string; mode?: number; type: 'file'; content: Buffer }
  | { name: string; mode?: number; type: 'file'; from: string; size: number }
  | { name: string; type: 'link'; target: string }
  | { name: string; mode?: number; type: 'dir' };

export function tarStream(entries: Entry[]): Readable;
