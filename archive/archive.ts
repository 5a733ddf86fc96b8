import { mkdir, stat, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { archiveError, codeOf } from './errors.js';
import { readBundle, readHeader, standing, syncFolder, writeBundle } from './file.js';
import { type Found, filesIn } from './files.js';
import { fileName, monthOf } from './names.js';
import type { Archive, ArchiveEntry, ArchiveFilter, PruneOptions, Retention } from './types.js';

export interface ArchiveOptions {
  /** True: the folder is created where it is missing. Otherwise that is an error, since a mount may be gone. */
  readonly create?: boolean;
  /** True: no folders of months in it. */
  readonly flat?: boolean;
}

/** Headers that are read at once. */
const sideBySide = 16;
/** Drafts of a writer that was killed are this old before they go, milliseconds. */
const draftsLiveMs = 3_600_000;
/** Damaged files that were kept aside, milliseconds: 30 days. */
const badLiveMs = 30 * 86_400_000;

/** A folder of bundles. Nothing is read or made before it is used. */
export function createArchive(folder: string, options: ArchiveOptions = {}): Archive {
  const root = resolve(folder);
  const folderOf = (incident: { readonly closedAt: string }): string =>
    options.flat ? root : join(root, monthOf(incident));
  const self: Archive = {
    folder: root,
    async has(incident) {
      const file = join(folderOf(incident), fileName(incident));
      return (await standing(file, incident.runId)) === 'good';
    },
    async write(bundle) {
      const { incident } = bundle;
      const to = join(folderOf(incident), fileName(incident));
      await prepare(root, folderOf(incident), options.create ?? false);
      return writeBundle(to, bundle);
    },
    list: (filter = {}, onBad = () => undefined) => listed(root, filter, onBad),
    read: (file) => readBundle(resolve(root, file)),
    prune: (retention, now, more = {}) => prune(self, retention, now, more),
  };
  return self;
}

/** Makes the month's folder; the root only where that was asked for. */
async function prepare(root: string, folder: string, create: boolean): Promise<void> {
  try {
    if (create) await mkdir(root, { recursive: true });
    else await stat(root);
    if (folder === root) return;
    try {
      await mkdir(folder);
      await syncFolder(root);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  } catch (error) {
    throw archiveError(root, error);
  }
}

async function* listed(
  root: string,
  filter: ArchiveFilter,
  onBad: (error: Error) => void,
): AsyncGenerator<ArchiveEntry> {
  const { bundles } = await filesIn(root);
  const ordered = await inOrder(
    bundles.filter((found) => mayFit(found, filter)),
    onBad,
  );
  for (let from = 0; from < ordered.length; from += sideBySide) {
    const slice = ordered.slice(from, from + sideBySide);
    const entries = await Promise.all(slice.map(({ entry, file }) => entry ?? entryOf(file, onBad)));
    for (const entry of entries) if (entry && fits(entry, filter)) yield entry;
  }
}

interface Ordered {
  readonly file: string;
  readonly end: number;
  readonly entry?: ArchiveEntry;
}

/** By their end. What has a name of its own must be opened for that. */
async function inOrder(files: readonly Found[], onBad: (error: Error) => void): Promise<readonly Ordered[]> {
  const ordered: Ordered[] = [];
  for (const { file, end } of files) {
    if (end !== undefined) {
      ordered.push({ file, end });
      continue;
    }
    const entry = await entryOf(file, onBad);
    if (entry) ordered.push({ file, end: Date.parse(entry.incident.closedAt), entry });
  }
  return ordered.sort((a, b) => a.end - b.end || (a.file < b.file ? -1 : 1));
}

async function entryOf(file: string, onBad: (error: Error) => void): Promise<ArchiveEntry | undefined> {
  try {
    const { incident, bytes } = await readHeader(file);
    return { file, bytes, incident };
  } catch (error) {
    onBad(error instanceof Error ? error : new Error(String(error)));
    return undefined;
  }
}

/** What the name alone rules out is not opened. Names tell seconds, the incident itself milliseconds. */
function mayFit({ end }: Found, { since, until }: ArchiveFilter): boolean {
  if (end === undefined) return true;
  return (
    !(since !== undefined && end + 1000 <= Date.parse(since)) &&
    !(until !== undefined && end > Date.parse(until))
  );
}

function fits({ incident }: ArchiveEntry, { since, until, runbook, target }: ArchiveFilter): boolean {
  const end = Date.parse(incident.closedAt);
  return (
    (since === undefined || end >= Date.parse(since)) &&
    (until === undefined || end <= Date.parse(until)) &&
    (runbook === undefined || incident.runbook === runbook) &&
    (target === undefined || incident.target.key === target)
  );
}

async function prune(
  archive: Archive,
  retention: Retention,
  now: Date,
  options: PruneOptions,
): Promise<readonly ArchiveEntry[]> {
  const { dryRun = false } = options;
  if (!dryRun) await pruneRest(archive.folder, now);
  const entries: ArchiveEntry[] = [];
  for await (const entry of archive.list()) entries.push(entry);
  const gone = surplus(entries, retention, now, options);
  if (!dryRun) for (const { file } of gone) await remove(file);
  return gone;
}

/** What a retention does not keep of these, oldest end first. */
function surplus(
  entries: readonly ArchiveEntry[],
  retention: Retention,
  now: Date,
  { closedBefore }: PruneOptions,
): readonly ArchiveEntry[] {
  const oldest = retention.seconds === undefined ? -Infinity : now.getTime() - retention.seconds * 1000;
  const spared = closedBefore === undefined ? Infinity : Date.parse(closedBefore);
  let bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const gone: ArchiveEntry[] = [];
  for (const entry of entries) {
    const end = Date.parse(entry.incident.closedAt);
    const tooMuch = retention.bytes !== undefined && bytes > retention.bytes;
    if (end >= spared || !(end < oldest || tooMuch)) continue;
    bytes -= entry.bytes;
    gone.push(entry);
  }
  return gone;
}

/** Drafts and damaged files, once they are old. */
async function pruneRest(root: string, now: Date): Promise<void> {
  const { drafts, bad } = await filesIn(root);
  const old = async (file: string, ms: number): Promise<boolean> => {
    const found = await stat(file).catch(() => undefined);
    return found !== undefined && now.getTime() - found.mtimeMs > ms;
  };
  for (const file of drafts) if (await old(file, draftsLiveMs)) await remove(file);
  for (const file of bad) if (await old(file, badLiveMs)) await remove(file);
}

async function remove(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw archiveError(file, error);
  }
}
