import { stat, unlink } from 'node:fs/promises';
import { archiveError, codeOf } from './errors.js';
import { filesIn } from './files.js';
import type { Archive, ArchiveEntry, PruneOptions, Retention } from './types.js';

/** Drafts of a writer that was killed are this old before they go, milliseconds. */
const draftsLiveMs = 3_600_000;
/** Damaged files that were kept aside, milliseconds: 30 days. */
const badLiveMs = 30 * 86_400_000;

/** Removes what the retention does not keep, and what is left of writers that were killed. */
export async function prune(
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
