import type { Command } from 'commander';
import type { DemoOptions } from '../../demo/demo.js';
import type { Cli } from '../program.js';

export function addDemo(root: Command, { io, exit }: Cli): void {
  root
    .command('demo')
    .description('See a real leaking container (or workload) being recovered, from the alert to the report')
    .option('--reports <folder>', 'where the report is saved', 'reports')
    .option('--keep', 'leave everything running at the end until Ctrl-C, to look around')
    .option('--kubernetes', 'a workload on a Kubernetes cluster instead of a container')
    .addHelpText(
      'after',
      '\nNeeds a Docker engine and the example agent’s image: `npm run demo` finds or makes both. With --kubernetes it needs\na cluster and the image of examples/agent-bruno in it: `npm run demo -- --kubernetes` starts one of its own.\nOn a terminal you are asked for the decision; otherwise a second operator approves, and the output says so.\nEverything that it starts is removed again.',
    )
    .action(async (options: DemoOptions) => {
      const { demo } = await import('../../demo/demo.js');
      exit(await demo(io, options));
    });
}
