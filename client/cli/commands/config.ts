import type { Command } from 'commander';
import {
  type Config,
  describeAutonomy,
  describeProblem,
  exampleText,
  secretWarnings,
} from '../../../config/index.js';
import { count } from '../../../model/format.js';
import { withConfig, withOutput } from '../options.js';
import type { Cli } from '../program.js';
import { type CommonOptions, requireConfig } from '../settings.js';
import type { Io } from '../terminal/io.js';

/** `nightshift config …` */
export function addConfig(root: Command, { io }: Cli): void {
  const group = root.command('config').description('Check the configuration, or begin one');
  withOutput(withConfig(group.command('check')))
    .description('Read it, say what is wrong and how to mend it, and what can happen without a person')
    .addHelpText('after', '\nExample:\n  nightshift config check --config nightshift.yaml')
    .action((options: CommonOptions) => check(io, options));
  group
    .command('example')
    .description('Print a configuration to begin with')
    .addHelpText('after', '\nExample:\n  nightshift config example > nightshift.yaml')
    .action(() => io.out(exampleText()));
}

function check(io: Io, options: CommonOptions): void {
  const config = requireConfig(io, options);
  const warnings = [...config.warnings.map(describeProblem), ...secretWarnings(config)];
  const autonomy = describeAutonomy(config);
  if (options.output === 'json') {
    const { file } = config;
    io.out(`${JSON.stringify({ file, warnings, autonomy }, null, 2)}\n`);
    return;
  }
  io.out(`${[...found(config), ...without(autonomy)].join('\n')}\n`);
  for (const warning of warnings) io.err(`${io.paint.yellow('warning:')} ${warning}\n`);
}

function found({ file, engines, clusters, targets, routes, watches }: Config): readonly string[] {
  const parts = [
    count(engines.length, 'engine'),
    count(clusters.length, 'cluster'),
    count(targets.length, 'target'),
    count(routes.length, 'route'),
    count(watches.length, 'watch', 'watches'),
  ];
  return [`${file} is right: ${parts.join(', ')}.`, ''];
}

function without(autonomy: ReturnType<typeof describeAutonomy>): readonly string[] {
  if (autonomy.length === 0) return ['No target is configured, so nothing is ever changed.'];
  const some = (what: readonly string[]) => (what.length === 0 ? 'nothing' : what.join(', '));
  return [
    'What can happen:',
    ...autonomy.flatMap(({ target, withoutAPerson, withADecision, onlyPlanned }) => [
      `  ${target}`,
      `    without a person  ${some(withoutAPerson)}`,
      `    with a decision   ${some(withADecision)}`,
      ...(onlyPlanned.length === 0 ? [] : [`    only planned      ${some(onlyPlanned)}`]),
    ]),
  ];
}
