import { readHeader } from './file.js';
import { type Found, filesIn } from './files.js';
import type { Archive, ArchiveEntry, ArchiveFilter } from './types.js';

/** Headers that are read at once. */
const sideBySide = 16;

/** The bundles in a folder, oldest end first, by what their beginnings say. */
export async function* listed(
  root: string,
  filter: ArchiveFilter,
  onBad: (error: Error) => void,
): AsyncGenerator<ArchiveEntry> {
  const { bundles } = await filesIn(root);
  const ordered = await inOrder(
    bundles.filter((found) => mayFit(found, filter)),
    onBad,
  );
  // Names tell the second; those of one second wait for one another.
  const second: ArchiveEntry[] = [];
  for (let from = 0; from < ordered.length; from += sideBySide) {
    const slice = ordered.slice(from, from + sideBySide);
    const entries = await Promise.all(slice.map(({ entry, file }) => entry ?? entryOf(file, onBad)));
    for (const entry of entries) {
      if (!entry || !fits(entry, filter)) continue;
      if (second[0] && secondOf(second[0]) !== secondOf(entry)) yield* second.splice(0).sort(byEnd);
      second.push(entry);
    }
  }
  yield* second.sort(byEnd);
}

function secondOf({ incident }: ArchiveEntry): string {
  return incident.closedAt.slice(0, 19);
}

function byEnd(a: ArchiveEntry, b: ArchiveEntry): number {
  return Date.parse(a.incident.closedAt) - Date.parse(b.incident.closedAt);
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

/** The last archived incident of that short id or target key. Throws `ArchiveError`. */
export async function latestInArchive(
  archive: Pick<Archive, 'list'>,
  name: string,
): Promise<ArchiveEntry | undefined> {
  let found: ArchiveEntry | undefined;
  for await (const entry of archive.list())
    if (entry.incident.shortId === name || entry.incident.target.key === name) found = entry;
  return found;
}
