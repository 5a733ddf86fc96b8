import type { Client } from '@temporalio/client';
import { createArchive } from '../../archive/archive.js';
import { closedIncidents, collectBundle } from '../../archive/collect.js';
import { archiverStanding, namespaceSeconds, unarchivedIncidents } from '../../archive/standing.js';
import type { Archive } from '../../archive/types.js';
import type { CurrentConfig } from '../registry.js';
import type { ArchiverParts } from './activities.js';

/** The archiver's activities over this Temporal and the configured folder; the folder may change while it runs. */
export function archiverParts(client: Client, config: CurrentConfig): Omit<ArchiverParts, 'gauges'> {
  let held: Archive | undefined;
  const archive = (): Archive | undefined => {
    const folder = config().archive?.folder;
    if (folder === undefined) return undefined;
    if (held?.folder !== folder) held = createArchive(folder);
    return held;
  };
  return {
    archive,
    closed: (since) => closedIncidents(client, since === undefined ? {} : { since }),
    collect: (run) => collectBundle(client, run),
    namespaceSeconds: () => namespaceSeconds(client),
    now: () => new Date(),
  };
}

/** A scrape may come every few seconds: the answer is asked of Temporal once in so many milliseconds. */
const freshMs = 60_000;

/** The end of the oldest closed incident that is not in the archive, at most a minute old. */
export function oldestEnd(
  client: Client,
  config: CurrentConfig,
  archive: () => Archive | undefined,
): () => Promise<Date | undefined> {
  let held: { readonly at: number; readonly answer: Promise<Date | undefined> } | undefined;
  const ask = async (): Promise<Date | undefined> => {
    const settings = config().archive;
    if (!settings) return undefined;
    const standing = await archiverStanding(client);
    const [oldest] = await unarchivedIncidents(client, archive(), settings, standing, new Date());
    return oldest && new Date(oldest.closedAt);
  };
  return () => {
    if (!held || Date.now() - held.at > freshMs) held = { at: Date.now(), answer: ask() };
    return held.answer;
  };
}
