import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { type FailCondition, failConditions, failing } from '../../../model/backtest/fail-on.js';
import { backtestMarkdown } from '../../../model/backtest/markdown.js';
import { type BacktestReport, backtestJson } from '../../../model/backtest/report.js';
import { names } from '../../../model/backtest/words.js';
import { count } from '../../../model/format.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { listed, positive, withConfig, withOutput } from '../options.js';
import type { Cli } from '../program.js';
import type { Io } from '../terminal/io.js';
import { type BacktestOptions, runBacktest } from './backtest-run.js';
import { backtestText } from './backtest-text.js';

interface Options extends BacktestOptions {
  readonly out?: string;
  readonly failOn?: readonly FailCondition[];
}

/** `nightshift backtest` */
export function addBacktest(root: Command, { io, exit }: Cli): void {
  withOutput(
    withConfig(root.command('backtest').argument('[paths...]', 'bundles, histories, or folders of them')),
  )
    .description(
      'Work recorded incidents again, with a changed runbook or policy: what would be decided otherwise',
    )
    .requiredOption('--runbook <name>', 'the runbook: MEM-001')
    .option(
      '--since <time>',
      'incidents that ended since then: 90d, 12h, 2026-08-01 (default where no path: 90d)',
    )
    .option('--until <time>', 'and not later than then')
    .option('--target <key>', 'only those of this target')
    .option('--policy <file>', 'a whole nightshift.yaml: its policies instead of the recorded ones')
    .option('--with <module>', 'a compiled module that exports a `runbook`; may be repeated', listed)
    .option('--archive <folder>', 'the archive (default: archive.folder as configured)')
    .option('--state <folder>', 'state folder of the `nightshift up` to read from')
    .option('--temporal <host:port>', 'read from Temporal there, too')
    .option('--namespace <name>', 'namespace in it')
    .option('--jobs <n>', 'processes side by side (default: one a core, at most 4)', positive)
    .option('--out <file>', 'write it there')
    .option('--fail-on <conditions>', `exit with 9 on any of: ${failConditions.join(', ')}`, conditions)
    .addHelpText('after', help)
    .action((paths: string[], options: Options) => backtest(io, exit, paths, options));
}

const help = `
Nothing is touched: recorded readings and answers stand in for the world. Where the candidate asks what was never
recorded, it says "unknown from here", and stops there. docs/backtest.md tells what that means.

Examples:
  nightshift backtest --runbook MEM-001 --since 90d --policy candidate.yaml
  nightshift backtest --runbook MEM-001 archive/ -o md --out backtest.md
  nightshift backtest --runbook DISK-001 --with ./disk.js --since 30d --fail-on more-restarts,unrecovered`;

/** A list with commas, each word one of those that there are. */
function conditions(text: string): readonly FailCondition[] {
  return text.split(',').map((word) => {
    const found = failConditions.find((known) => known === word.trim());
    if (found) return found;
    throw new InvalidArgumentError(`there is no ${word.trim()}; there are: ${failConditions.join(', ')}.`);
  });
}

async function backtest(
  io: Io,
  exit: Cli['exit'],
  paths: readonly string[],
  options: Options,
): Promise<void> {
  const report = await runBacktest(io, paths, options);
  // Stopped before anything was done: there is nothing to show.
  if (report.complete || report.sum.incidents > 0) await show(io, report, options);
  exit(codeOf(io, report, options.failOn ?? []));
}

async function show(io: Io, report: BacktestReport, { output = 'table', out }: Options): Promise<void> {
  const [columns, paint] = out === undefined ? [io.columns(), io.paint] : [100, pc.createColors(false)];
  const text = {
    json: () => backtestJson(report),
    md: () => backtestMarkdown(report),
    table: () => `${backtestText(report, columns, paint).join('\n')}\n`,
  }[output]();
  if (out === undefined) return io.out(text);
  const file = resolve(io.cwd, out);
  await writeFile(file, text).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(exitCodes.failed, `${file} can't be written (${error.code ?? error.message})`);
  });
  io.err(`Written to ${file}.\n`);
}

/** Says why it is not 0. What was asked to fail goes before what failed by itself. */
function codeOf(io: Io, report: BacktestReport, failOn: readonly FailCondition[]): number {
  const { sum, leftOut, complete } = report;
  const say = (text: string) => io.err(`${io.paint.red('nightshift:')} ${text}\n`);
  const found = failing(failOn, report.incidents);
  for (const { sentence } of found) say(`--fail-on ${sentence}`);
  if (sum.failed.count > 0)
    say(
      `the candidate could not be run on ${count(sum.failed.count, 'incident')}: ${names(sum.failed.incidents)}`,
    );
  if (sum.incidents === 0 && complete)
    say(
      `none of ${count(leftOut.length, 'incident')} could be compared, so nothing is known of the candidate`,
    );
  const unreadable = leftOut.filter((one) => one.unreadable);
  if (unreadable.length > 0)
    say(
      `${count(unreadable.length, 'recording')} could not be read: ${names(unreadable.map(({ name }) => name))}`,
    );
  if (!complete) say(`interrupted after ${count(sum.incidents, 'incident')}`);
  if (!complete) return exitCodes.interrupted;
  if (found.length > 0) return exitCodes.failOn;
  if (sum.incidents === 0) return exitCodes.usage;
  return sum.failed.count + unreadable.length > 0 ? exitCodes.failed : exitCodes.done;
}
