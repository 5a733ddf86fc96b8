import type { Client } from '@temporalio/client';
import { closedIncidents, collectBundle, RunGone, type RunRef } from '../../../archive/collect.js';
import type { Archive, ArchiveEntry } from '../../../archive/types.js';
import type { IncidentBundle } from '../../../model/bundle/types.js';
import { NotFound, resolveIncident } from '../../incidents/index.js';

/** One incident to be exported, and where it is had from. */
export interface Source {
  /** As people know it. */
  readonly name: string;
  readonly from: 'temporal' | 'archive';
  bundle(): Promise<IncidentBundle>;
}

/** By name; or all that ended since, ISO; or all there are. */
export type Wanted = { readonly names: readonly string[] } | { readonly since?: string };

/** What is to be exported: from Temporal, and from the archive what Temporal no longer has. */
export async function* exported(
  client: Client,
  archive: Archive | undefined,
  wanted: Wanted,
): AsyncGenerator<Source> {
  if ('names' in wanted) {
    for (const name of wanted.names) yield { name, ...(await byName(client, archive, name)) };
    return;
  }
  const met = new Set<string>();
  for await (const run of closedIncidents(client, wanted)) {
    met.add(run.runId);
    yield { name: run.shortId, from: 'temporal', bundle: () => orFromArchive(client, archive, run) };
  }
  if (!archive) return;
  for await (const entry of archive.list(wanted))
    if (!met.has(entry.incident.runId)) yield { name: entry.incident.shortId, ...archived(archive, entry) };
}

async function byName(
  client: Client,
  archive: Archive | undefined,
  name: string,
): Promise<Omit<Source, 'name'>> {
  try {
    const run = await resolveIncident(client, name);
    return { from: 'temporal', bundle: () => orFromArchive(client, archive, run) };
  } catch (error) {
    const entry = error instanceof NotFound && archive ? await latest(archive, name) : undefined;
    if (!entry || !archive) throw error;
    return archived(archive, entry);
  }
}

/** Visibility may still list what the retention has just taken. */
async function orFromArchive(
  client: Client,
  archive: Archive | undefined,
  run: RunRef,
): Promise<IncidentBundle> {
  try {
    return await collectBundle(client, run);
  } catch (error) {
    if (!(error instanceof RunGone) || !archive) throw error;
    for await (const { file, incident } of archive.list())
      if (incident.runId === run.runId) return archive.read(file);
    throw error;
  }
}

/** The last incident of that short id or target. */
async function latest(archive: Archive, name: string): Promise<ArchiveEntry | undefined> {
  let found: ArchiveEntry | undefined;
  for await (const entry of archive.list())
    if (entry.incident.shortId === name || entry.incident.target.key === name) found = entry;
  return found;
}

function archived(archive: Archive, { file }: ArchiveEntry): Omit<Source, 'name'> {
  return { from: 'archive', bundle: () => archive.read(file) };
}
