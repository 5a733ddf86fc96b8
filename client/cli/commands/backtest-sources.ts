import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createArchive } from '../../../archive/archive.js';
import type { BundledIncident } from '../../../model/bundle/types.js';
import type { Sources } from '../../../replay/sources.js';
import { connectTemporal, TemporalUnreachable } from '../../temporal.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { type CommonOptions, configInForce, temporalFor } from '../settings.js';
import { sinceTime } from '../since.js';
import type { Io } from '../terminal/io.js';
import { withProgress } from '../terminal/progress.js';

export interface SourceOptions extends CommonOptions {
  readonly since?: string;
  readonly until?: string;
  readonly target?: string;
  readonly archive?: string;
}

/** Where recorded incidents are looked for. */
export interface Places {
  readonly sources: Sources;
  readonly since?: string;
  readonly until?: string;
  /** In words: `archive /var/lib/nightshift and Temporal at localhost:7233`. */
  readonly where: string;
  close(): Promise<void>;
}

/** How far back one looks where neither files nor a time are named. */
const usually = '90d';

/**
 * Named files alone where there is no time; else the archive, and Temporal for what is not in it yet. A Temporal that
 * does not answer is only told where there is an archive, unless it was asked for. Throws `TemporalUnreachable`.
 */
export async function placesOf(
  io: Io,
  paths: readonly string[],
  runbook: string,
  options: SourceOptions,
): Promise<Places> {
  const { until, target } = options;
  for (const path of paths) if (!existsSync(resolve(io.cwd, path))) throw notThere(path);
  const named = { paths, cwd: io.cwd };
  const end = until === undefined ? {} : { until: sinceTime(until, io.now(), '--until') };
  const folder = await archiveFolder(io, paths, options);
  if (paths.length > 0 && options.since === undefined && folder === undefined)
    return { sources: named, ...end, where: paths.join(', '), close: async () => undefined };
  const since = sinceTime(options.since ?? usually, io.now());
  const server = await serverOf(io, options, paths.length > 0 || folder !== undefined);
  const sources: Sources = {
    ...named,
    since,
    runbook,
    ...(target !== undefined && { target }),
    ...(folder !== undefined && { archive: createArchive(folder) }),
    ...(server && { client: server.client }),
  };
  const places = [
    ...paths,
    ...(folder === undefined ? [] : [`the archive ${folder}`]),
    ...(server ? [server.where] : []),
  ];
  return { sources, since, ...end, where: places.join(' and '), close: async () => server?.close() };
}

function notThere(path: string): CliError {
  const mend = 'Name bundles, histories, or folders of them.';
  return new CliError(exitCodes.notFound, `there is no ${path}`, mend);
}

/** The one that was named, else the configured one; where files are named and no time, only one that was named. */
async function archiveFolder(
  io: Io,
  paths: readonly string[],
  options: SourceOptions,
): Promise<string | undefined> {
  if (options.archive !== undefined) return resolve(io.cwd, options.archive);
  if (paths.length > 0 && options.since === undefined) return undefined;
  return (await configInForce(io, options))?.archive?.folder;
}

async function serverOf(io: Io, options: SourceOptions, enough: boolean) {
  const asked = options.temporal !== undefined || options.namespace !== undefined;
  // An archive that was named is where one means to look.
  if (options.archive !== undefined && !asked) return undefined;
  const settings = await temporalFor(io, options);
  const where = `Temporal at ${settings.address}`;
  try {
    const connecting = connectTemporal(settings, { identity: 'cli backtest' });
    const { client, close } = await withProgress(io, `Connecting to ${where}`, connecting);
    return { client, where, close };
  } catch (error) {
    if (!(error instanceof TemporalUnreachable) || asked || !enough) throw error;
    io.err(`${where} does not answer: what is not in the archive yet is not in here.\n`);
    return undefined;
  }
}

/** Which incidents are meant. Times are ISO, of the end. */
export interface Meant {
  readonly runbook: string;
  readonly target?: string;
  readonly since?: string;
  readonly until?: string;
}

/** True for each that is meant, once. Files are not filtered before they are read, and may name one twice. */
export function sieve({ runbook, target, since, until }: Meant): (incident: BundledIncident) => boolean {
  const seen = new Set<string>();
  return (incident) => {
    const end = Date.parse(incident.closedAt);
    const isMeant =
      incident.runbook === runbook &&
      (target === undefined || incident.target.key === target) &&
      (since === undefined || end >= Date.parse(since)) &&
      (until === undefined || end <= Date.parse(until));
    if (!isMeant || seen.has(incident.runId)) return false;
    seen.add(incident.runId);
    return true;
  };
}
