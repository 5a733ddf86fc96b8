import { type ClosedRun, isPast } from '../model/archiver.js';
import { shortId } from '../model/digest.js';
import type { Archive } from './types.js';

/** What is looked for: what closed since, but for what the retention does not want or has pruned. */
export interface Wanted {
  readonly since?: string;
  readonly keepSeconds?: number;
  readonly prunedUntil?: string;
}

/** Those of the closed incidents that the archive is to have, oldest end first. */
export async function wantedRuns(
  closed: (since: string | undefined) => AsyncIterable<ClosedRun>,
  wanted: Wanted,
  now: number,
): Promise<readonly ClosedRun[]> {
  const runs: ClosedRun[] = [];
  for await (const { workflowId, runId, closedAt } of closed(wanted.since))
    if (!isPast(closedAt, wanted, now)) runs.push({ workflowId, runId, closedAt });
  return runs.sort((a, b) => (a.closedAt < b.closedAt ? -1 : a.closedAt > b.closedAt ? 1 : 0));
}

/** True where a good bundle of that run is in the archive. */
export function isThere(archive: Pick<Archive, 'has'>, { runId, closedAt }: ClosedRun): Promise<boolean> {
  return archive.has({ runId, shortId: shortId(runId), closedAt });
}

/**
 * Those of the closed incidents that are not in the archive, oldest end first. An archive that can't be read has
 * none of them.
 */
export async function unarchived(
  archive: Pick<Archive, 'has'> | undefined,
  runs: readonly ClosedRun[],
): Promise<readonly ClosedRun[]> {
  const missing: ClosedRun[] = [];
  for (const run of runs) {
    const there = archive !== undefined && (await isThere(archive, run).catch(() => false));
    if (!there) missing.push(run);
  }
  return missing;
}
