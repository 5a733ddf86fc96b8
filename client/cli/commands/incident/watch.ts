import type { Command } from 'commander';
import { withAccess } from '../../access/index.js';
import { named } from '../../access/named.js';
import { CliError, exitCodes } from '../../exit-codes.js';
import { withConnection } from '../../options.js';
import type { Cli } from '../../program.js';
import type { CommonOptions } from '../../settings.js';
import { withProgress } from '../../terminal/progress.js';
import { exitCodeOf, watch } from '../../watch/watch.js';

export function addWatch(group: Command, cli: Cli): void {
  withConnection(group.command('watch').argument('<incident>', 'target or short id'))
    .description('Watch an incident until it ends. Ctrl-C ends the watching, not the incident')
    .addHelpText(
      'after',
      '\nExits with 0 if it recovered, 6 if not, 130 after Ctrl-C.\n\nExample:\n  nightshift incident watch docker/local/agent && ./deploy.sh',
    )
    .action((name: string, options: CommonOptions) => watchByName(cli, name, options));
}

/** Watches until the end, and sets the exit code by the outcome. */
export async function watchByName({ io, exit }: Cli, name: string, options: CommonOptions): Promise<void> {
  await withAccess(io, options, async ({ incidents }) => {
    const ref = await withProgress(io, 'Asking for the incident', named(incidents, name));
    const ended = await watch({ io, incidents, ref });
    if (!ended.view)
      throw new CliError(
        exitCodes.notRecovered,
        `the incident ${ref.shortId} ended ${ended.status}: ${ended.note ?? 'without a report'}`,
      );
    io.err(`Report: nightshift incident show ${ref.shortId} -o md\n`);
    exit(exitCodeOf(ended));
  });
}
