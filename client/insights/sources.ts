import { basename } from 'node:path';
import { createArchive } from '../../archive/archive.js';
import { readBundle } from '../../archive/file.js';
import type { Archive, ArchiveFilter } from '../../archive/types.js';
import type { BundledIncident, IncidentBundle, RunStatus } from '../../model/bundle/types.js';
import { summarise } from '../../model/insights/summarise.js';
import type { ClosedIncident, IncidentSummary } from '../../model/insights/types.js';
import type { IncidentRow, Incidents } from '../incidents/index.js';

/** Which incidents are wanted, by their end. ISO times. */
export type Wanted = ArchiveFilter & { readonly since: string; readonly until: string };

/** What can't be read: its name, and why. */
export type OnBad = (name: string, error: Error) => void;

/** Incidents of an archive, one bundle in memory at a time. */
export async function* fromArchive(
  folder: string,
  wanted: Wanted,
  onBad: OnBad,
): AsyncGenerator<IncidentSummary> {
  const archive: Pick<Archive, 'list' | 'read'> = createArchive(folder);
  for await (const { file } of archive.list(wanted, (error) => onBad('', error))) {
    const summary = await summaryOf(file, onBad);
    if (summary) yield summary;
  }
}

/** Incidents of bundles that were named, whatever their folder. */
export async function* fromFiles(
  files: readonly string[],
  wanted: Wanted,
  onBad: OnBad,
): AsyncGenerator<IncidentSummary> {
  for (const file of files) {
    const summary = await summaryOf(file, onBad, wanted);
    if (summary) yield summary;
  }
}

async function summaryOf(file: string, onBad: OnBad, wanted?: Wanted): Promise<IncidentSummary | undefined> {
  try {
    const { incident, facts }: IncidentBundle = await readBundle(file);
    const about = aboutBundle(incident);
    return wanted && !fits(about, wanted) ? undefined : summarise(about, facts);
  } catch (error) {
    onBad(basename(file), error instanceof Error ? error : new Error(String(error)));
    return undefined;
  }
}

function aboutBundle({ target, ...incident }: BundledIncident): ClosedIncident {
  return { ...incident, targetKey: target.key };
}

function fits(
  { closedAt, runbook, targetKey }: ClosedIncident,
  { since, until, runbook: ofRunbook, target }: Wanted,
): boolean {
  const end = Date.parse(closedAt);
  return (
    end >= Date.parse(since) &&
    end <= Date.parse(until) &&
    (ofRunbook === undefined || runbook === ofRunbook) &&
    (target === undefined || targetKey === target)
  );
}

/** Results that are asked for at the same time. */
const atOnce = 8;

/** What Temporal still has: the newest `limit`. `onCut` is told where there were more. */
export async function* fromTemporal(
  incidents: Pick<Incidents, 'list' | 'read'>,
  wanted: Wanted,
  limit: number,
  onBad: OnBad,
  onCut: () => void,
): AsyncGenerator<IncidentSummary> {
  const { runbook, target } = wanted;
  const rows = await incidents.list({ open: false, runbook, target, limit });
  if (rows.length >= limit) onCut();
  for (let from = 0; from < rows.length; from += atOnce) {
    const slice = rows.slice(from, from + atOnce).filter(({ closedAt }) => closedAt !== undefined);
    const read = await Promise.all(slice.map((row) => readRow(incidents, row, wanted, onBad)));
    for (const summary of read) if (summary) yield summary;
  }
}

async function readRow(
  incidents: Pick<Incidents, 'read'>,
  row: IncidentRow,
  wanted: Wanted,
  onBad: OnBad,
): Promise<IncidentSummary | undefined> {
  const { shortId, targetKey, runbook, openedAt, closedAt = openedAt } = row;
  if (!fits({ shortId, targetKey, runbook, status: 'COMPLETED', openedAt, closedAt }, wanted))
    return undefined;
  try {
    const { status, facts } = await incidents.read(row);
    const about = { shortId, targetKey, runbook, status: status as RunStatus, openedAt, closedAt };
    return summarise(about, facts);
  } catch (error) {
    onBad(shortId, error instanceof Error ? error : new Error(String(error)));
    return undefined;
  }
}
