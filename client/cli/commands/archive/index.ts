import type { Command } from 'commander';
import type { Cli } from '../../program.js';
import { addPrune } from './prune.js';
import { addRun } from './run.js';
import { addStatus } from './status.js';

/** `nightshift archive …` */
export function addArchive(root: Command, cli: Cli): void {
  const group = root
    .command('archive')
    .description('The archive of closed incidents: how it stands, feed it now, prune it')
    .addHelpText(
      'after',
      '\nWhat is in it: nightshift insights, nightshift replay. One of it: nightshift incident show --bundle <file>',
    );
  for (const add of [addStatus, addRun, addPrune]) add(group, cli);
}
