import type { Command } from 'commander';
import type { Cli } from '../../program.js';
import { addControls } from './control.js';
import { addDecisions } from './decide.js';
import { addExport } from './export.js';
import { addList } from './list.js';
import { addOpen } from './open.js';
import { addRerun } from './rerun.js';
import { addShow } from './show.js';
import { addWatch } from './watch.js';

/** `nightshift incident …` */
export function addIncident(root: Command, cli: Cli): void {
  const group = root
    .command('incident')
    .description('List, show, watch and decide on incidents')
    .addHelpText(
      'after',
      '\nAn incident is named by its target (docker/local/agent: the open one, or the latest) or by its short id.',
    );
  for (const add of [addList, addShow, addWatch, addOpen, addRerun, addDecisions, addControls, addExport])
    add(group, cli);
}
