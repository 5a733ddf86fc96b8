import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { archiveError } from './errors.js';
import { badExtension, draftExtension, endInName, extension } from './names.js';

/** A file that is called as a bundle is. */
export interface Found {
  readonly file: string;
  /** When its incident ended, ms, to the second below; undefined where its name is not one that we gave. */
  readonly end: number | undefined;
}

/** Folders in folders that are looked into. */
const deepest = 3;

/** What lies in an archive: bundles, drafts of writers, and damaged files kept aside. Throws `ArchiveError`. */
export async function filesIn(root: string): Promise<{
  readonly bundles: readonly Found[];
  readonly drafts: readonly string[];
  readonly bad: readonly string[];
}> {
  const bundles: Found[] = [];
  const drafts: string[] = [];
  const bad: string[] = [];
  for await (const file of walk(root, deepest)) {
    const name = file.slice(file.lastIndexOf('/') + 1);
    if (name.endsWith(extension) && !name.startsWith('.')) bundles.push({ file, end: endInName(name) });
    else if (name.endsWith(extension + badExtension)) bad.push(file);
    else if (name.endsWith(draftExtension) && name.includes(extension)) drafts.push(file);
  }
  return { bundles, drafts, bad };
}

async function* walk(folder: string, deeper: number): AsyncGenerator<string> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw archiveError(folder, error);
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && deeper > 0 && !entry.name.startsWith('.')) yield* walk(path, deeper - 1);
    else if (entry.isFile() || entry.isSymbolicLink()) yield path;
  }
}
