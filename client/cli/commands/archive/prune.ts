import type { Command } from 'commander';
import { createArchive } from '../../../../archive/archive.js';
import type { ArchiveEntry } from '../../../../archive/types.js';
import { bytes, count, dateTime } from '../../../../model/format.js';
import { withConfig, withOutput } from '../../options.js';
import type { Cli } from '../../program.js';
import type { CommonOptions } from '../../settings.js';
import type { Io } from '../../terminal/io.js';
import { withProgress } from '../../terminal/progress.js';
import { markdownTable, table } from '../../terminal/table.js';
import { archiveSettings } from './settings.js';

interface PruneOptions extends CommonOptions {
  readonly dryRun?: boolean;
}

export function addPrune(group: Command, { io }: Cli): void {
  withOutput(withConfig(group.command('prune')))
    .description('Remove what archive.keep and archive.maxSize do not keep, as the archiver does by itself')
    .option('--dry-run', 'show what would go, and remove nothing')
    .option('--state <folder>', 'state folder of the `nightshift up` whose archive it is')
    .addHelpText('after', '\nExamples:\n  nightshift archive prune --dry-run\n  nightshift archive prune')
    .action((options: PruneOptions) => prune(io, options));
}

async function prune(io: Io, options: PruneOptions): Promise<void> {
  const { folder, keepSeconds, maxBytes } = await archiveSettings(io, options);
  const { dryRun = false, output } = options;
  const retention = {
    ...(keepSeconds !== undefined && { seconds: keepSeconds }),
    ...(maxBytes !== undefined && { bytes: maxBytes }),
  };
  if (keepSeconds === undefined && maxBytes === undefined)
    io.err('Everything is kept: neither archive.keep nor archive.maxSize is configured.\n');
  const gone = await withProgress(
    io,
    `Looking through ${folder}`,
    createArchive(folder).prune(retention, io.now(), { dryRun }),
  );
  if (output === 'json') io.out(`${JSON.stringify(gone, null, 2)}\n`);
  else if (gone.length > 0) io.out(`${shown(io, gone, output).join('\n')}\n`);
  const size = bytes(gone.reduce((sum, entry) => sum + entry.bytes, 0));
  if (gone.length === 0) io.err(`Nothing ${dryRun ? 'would go' : 'had to go'}.\n`);
  else
    io.err(
      `${count(gone.length, 'bundle')}, ${size}, ${dryRun ? 'would go. Nothing was removed.' : 'removed.'}\n`,
    );
}

function shown(io: Io, gone: readonly ArchiveEntry[], output: CommonOptions['output']): readonly string[] {
  const headings = ['ENDED', 'ID', 'TARGET', 'OUTCOME', 'SIZE'];
  const rows = gone.map(({ incident, bytes: size }) => [
    dateTime(incident.closedAt),
    incident.shortId,
    incident.target.key,
    incident.outcome ?? incident.status.toLowerCase(),
    bytes(size),
  ]);
  return output === 'md' ? markdownTable(headings, rows) : table(headings, rows, io.columns());
}
