import type { Client } from '@temporalio/client';
import { closedIncidents, collectBundle, RunGone, type RunRef } from '../../../archive/collect.js';
import { latestInArchive } from '../../../archive/listing.js';
import type { Archive, ArchiveEntry } from '../../../archive/types.js';
import type { IncidentBundle } from '../../../model/bundle/types.js';
import { shortId } from '../../../model/digest.js';
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

/** Where incidents are had from; either may be missing. */
export interface Places {
  readonly client: Client | undefined;
  readonly archive: Archive | undefined;
}

/** What is to be exported: from Temporal, and from the archive what Temporal no longer has. */
export async function* exported(places: Places, wanted: Wanted): AsyncGenerator<Source> {
  if ('names' in wanted) {
    for (const name of wanted.names) yield { name, ...(await byName(places, name)) };
    return;
  }
  const { client, archive } = places;
  const met = new Set<string>();
  if (client)
    for await (const run of closedIncidents(client, wanted)) {
      met.add(run.runId);
      yield { name: run.shortId, ...fromTemporal(client, archive, run) };
    }
  if (archive)
    for await (const entry of archive.list(wanted))
      if (!met.has(entry.incident.runId)) yield { name: entry.incident.shortId, ...archived(archive, entry) };
}

async function byName({ client, archive }: Places, name: string): Promise<Omit<Source, 'name'>> {
  const run = client && (await resolved(client, name));
  if (client && run) return fromTemporal(client, archive, run);
  const entry = archive && (await latestInArchive(archive, name));
  if (archive && entry) return archived(archive, entry);
  throw new NotFound(
    `no incident is called ${JSON.stringify(name)}${archive ? ', nor is it in the archive' : ''}`,
  );
}

async function resolved(client: Client, name: string): Promise<RunRef | undefined> {
  try {
    return await resolveIncident(client, name);
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}

function fromTemporal(client: Client, archive: Archive | undefined, run: RunRef): Omit<Source, 'name'> {
  return { from: 'temporal', bundle: () => orFromArchive(client, archive, run) };
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
    const entry = error instanceof RunGone && archive && (await latestInArchive(archive, shortId(run.runId)));
    if (!archive || !entry) throw error;
    return archive.read(entry.file);
  }
}

function archived(archive: Archive, { file }: ArchiveEntry): Omit<Source, 'name'> {
  return { from: 'archive', bundle: () => archive.read(file) };
}
