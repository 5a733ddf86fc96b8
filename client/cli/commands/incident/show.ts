import { resolve } from 'node:path';
import type { Command } from 'commander';
import { createArchive } from '../../../../archive/archive.js';
import { readBundle } from '../../../../archive/file.js';
import { latestInArchive } from '../../../../archive/listing.js';
import { json, markdown } from '../../../../model/report/index.js';
import { bundledIncident } from '../../../incidents/bundled.js';
import type { IncidentDetails } from '../../../incidents/index.js';
import { withAccess } from '../../access/index.js';
import { named } from '../../access/named.js';
import { CliError, endingOf, exitCodes } from '../../exit-codes.js';
import { withConnection, withOutput } from '../../options.js';
import type { Cli } from '../../program.js';
import { type CommonOptions, configInForce } from '../../settings.js';
import type { Io } from '../../terminal/io.js';
import { withProgress } from '../../terminal/progress.js';
import { frame } from '../../watch/frame.js';
import { liveView } from '../../watch/live-view.js';
import { describeOnly } from '../../watch/watch.js';

interface ShowOptions extends CommonOptions {
  readonly bundle?: string;
}

export function addShow(group: Command, { io }: Cli): void {
  withOutput(withConnection(group.command('show').argument('[incident]', 'target or short id')))
    .description('One incident as it stands, or its report (-o md)')
    .option(
      '--bundle <file>',
      'an archived or exported incident; neither a server nor a configuration is needed',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  nightshift incident show docker/local/agent\n  nightshift incident show k3f7x2ab -o md > report.md\n  nightshift incident show --bundle 2026-11-22T07-23-27Z-k3f7x2ab.nightshift.json.gz',
    )
    .action((name: string | undefined, options: ShowOptions) =>
      options.bundle === undefined ? show(io, name, options) : showBundle(io, name, options.bundle, options),
    );
}

async function show(io: Io, name: string | undefined, options: ShowOptions): Promise<void> {
  if (name === undefined)
    throw new CliError(
      exitCodes.usage,
      'no incident is named',
      'Name it by its target or short id (nightshift incident list), or name a file with --bundle.',
    );
  try {
    const details = await withAccess(io, options, ({ incidents }) => {
      const reading = named(incidents, name).then((ref) => incidents.read(ref));
      return withProgress(io, 'Asking for the incident', reading);
    });
    io.out(shown(io, details, options.output));
  } catch (error) {
    if (endingOf(error).code !== exitCodes.notFound || !(await showArchived(io, name, options))) throw error;
  }
}

/** What is past Temporal's retention, from the archive. False where it is not there either. */
async function showArchived(io: Io, name: string, options: ShowOptions): Promise<boolean> {
  const folder = (await configInForce(io, options))?.archive?.folder;
  const archive = folder === undefined ? undefined : createArchive(folder);
  // An archive that can't be read is no news to whoever asked Temporal.
  const entry = archive && (await latestInArchive(archive, name).catch(() => undefined));
  if (!archive || !entry) return false;
  io.out(shown(io, bundledIncident(await archive.read(entry.file)), options.output));
  io.err(`From the archive: ${entry.file}\n`);
  return true;
}

async function showBundle(
  io: Io,
  name: string | undefined,
  file: string,
  { output }: ShowOptions,
): Promise<void> {
  if (name !== undefined)
    throw new CliError(
      exitCodes.usage,
      `${name} and --bundle can’t both be shown`,
      'Leave one of them away.',
    );
  const bundle = await withProgress(io, 'Reading the bundle', readBundle(resolve(io.cwd, file)));
  io.out(shown(io, bundledIncident(bundle), output));
}

/** An incident in the form asked for. */
export function shown(io: Io, details: IncidentDetails, output: CommonOptions['output']): string {
  const { view, pending, note } = details;
  if (output === 'json') {
    const { facts: _facts, ...rest } = details;
    return view ? json(liveView(view, pending)) : `${JSON.stringify(rest, null, 2)}\n`;
  }
  if (!view) return `${describeOnly(details, note).join('\n')}\n`;
  if (output === 'md') return markdown(liveView(view, pending));
  const lines = frame({
    view: liveView(view, pending),
    pending,
    now: io.now(),
    columns: io.columns(),
    paint: io.paint,
    whole: true,
    ...(note === undefined ? {} : { note }),
  });
  return `${lines.join('\n')}\n`;
}
