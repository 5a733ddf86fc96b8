import type { Command } from 'commander';
import type { Cli } from '../program.js';

export function addDemo(root: Command, { io, exit }: Cli): void {
  root
    .command('demo')
    .description('See a real leaking container being recovered, from the alert to the report')
    .option('--reports <folder>', 'where the report is saved', 'reports')
    .option('--keep', 'leave everything running at the end until Ctrl-C, to look around')
    .addHelpText(
      'after',
      '\nNeeds a Docker engine and the example agent’s image: `npm run demo` finds or makes both.\nOn a terminal you are asked for the decision; otherwise a second operator approves, and the output says so.\nEverything that it starts is removed again.',
    )
    .action(async (options: { readonly reports: string; readonly keep?: boolean }) => {
      const { demo } = await import('../../demo/demo.js');
      exit(await demo(io, options));
    });
}
