import type { Command } from 'commander';
import { type Config, loadConfig } from '../../../config/index.js';
import { parseDockerKey } from '../../../config/target-key.js';
import { bytes, percent } from '../../../model/format.js';
import type { Target } from '../../../model/target.js';
import { pageMarkdown, pageOf, pageText } from '../../runbooks/index.js';
import { filesOf, readIfThere, stateFolder } from '../../up/files.js';
import { CliError, endingOf, exitCodes } from '../exit-codes.js';
import { withConfig, withOutput } from '../options.js';
import type { Cli } from '../program.js';
import { type CommonOptions, configFile, requireConfig } from '../settings.js';
import { suggest } from '../suggest.js';
import type { Io } from '../terminal/io.js';
import { withProgress } from '../terminal/progress.js';
import { markdownTable, table } from '../terminal/table.js';
import { type Planned, workerSide } from '../worker-side.js';
import { planText } from './runbook-text.js';

/** `nightshift runbook …` */
export function addRunbook(root: Command, { io }: Cli): void {
  const group = root
    .command('runbook')
    .description('What Nightshift would do: runbooks, and dry runs of them');
  withOutput(group.command('list').alias('ls'))
    .description('The runbooks there are')
    .action((options: CommonOptions) => list(io, options));
  withOutput(group.command('show').argument('<runbook>', 'such as MEM-001'))
    .description('What a runbook is for, what it looks at, and its ladder')
    .action((name: string, options: CommonOptions) => show(io, name, options));
  withOutput(withConfig(group.command('plan').argument('<target>', 'key of the target: docker/local/agent')))
    .description('The dry run: look at the target now, and say which changes would be made, in order')
    .option('--runbook <name>', 'the runbook (default: the one for such a target)')
    .option(
      '--state <folder>',
      'state folder of the `nightshift up` whose configuration is used if none is here',
    )
    .addHelpText(
      'after',
      '\nNothing is changed, and Temporal is not needed. Each rung is planned as if those before it had not helped.\n\nExample:\n  nightshift runbook plan docker/local/agent',
    )
    .action((key: string, options: PlanOptions) => plan(io, key, options));
}

interface PlanOptions extends CommonOptions {
  readonly runbook?: string;
}

async function list(io: Io, { output }: CommonOptions): Promise<void> {
  const { runbooks } = await workerSide();
  if (output === 'json') {
    const rows = runbooks.map(({ name, title, version, targetKinds }) => ({
      name,
      title,
      version,
      targetKinds,
    }));
    io.out(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  const headings = ['RUNBOOK', 'TITLE', 'VERSION', 'RUNGS', 'FOR'];
  const rows = runbooks.map(({ name, title, version, ladder, targetKinds }) => [
    name,
    title,
    String(version),
    String(ladder.length),
    targetKinds.join(', '),
  ]);
  const lines = output === 'md' ? markdownTable(headings, rows) : table(headings, rows, io.columns());
  io.out(`${lines.join('\n')}\n`);
}

async function show(io: Io, name: string, { output }: CommonOptions): Promise<void> {
  const runbook = await runbookNamed(name);
  if (output === 'json') {
    const { ladder, changeKinds, ...rest } = runbook;
    const rungs = ladder.map((rung) => ({ name: rung.name, title: rung.title, usually: rung.usually }));
    const kinds = changeKinds.map(({ kind, title }) => ({ kind, title }));
    io.out(`${JSON.stringify({ ...rest, ladder: rungs, changeKinds: kinds }, null, 2)}\n`);
    return;
  }
  const page = pageOf(runbook);
  io.out(output === 'md' ? pageMarkdown(page) : pageText(page, io.columns()));
}

async function plan(io: Io, key: string, options: PlanOptions): Promise<void> {
  const { planOnce } = await workerSide();
  const config = await configOf(io, options);
  const target = targetOf(config, key);
  const runbook = await runbookFor(target, options.runbook);
  const planned = await withProgress(
    io,
    `Looking at ${key}`,
    planOnce({ config, target, runbook, signal: io.signal }).catch((error: unknown) => {
      throw withMeant(error, key, config);
    }),
  );
  if (options.output === 'json') {
    const { target: about, measure, healthy, at, gaps, goingOn } = lookOf(planned);
    io.out(
      `${JSON.stringify({ target: about, at, measure, healthy, goingOn, gaps, ...planned.plan }, null, 2)}\n`,
    );
    return;
  }
  const { measure, blind } = planned.look;
  const memory = measure
    ? `${bytes(measure.used)} of ${bytes(measure.limit)}, ${percent(measure.percent)} of ${measure.against}`
    : `could not be read: ${blind ?? 'no reason given'}`;
  const lines = planText({ runbook, planned, memory, columns: io.columns(), paint: io.paint });
  io.out(`${lines.join('\n')}\n`);
}

function lookOf({ look }: Planned) {
  const gaps = look.evidence.filter((evidence) => 'gap' in evidence);
  return { ...look, gaps };
}

/** The named one, where it is for such a target; where none is named, the first that is. */
async function runbookFor({ kind }: Target, name: string | undefined) {
  const { runbooks } = await workerSide();
  const fitting = runbooks.filter(({ targetKinds }) => targetKinds.includes(kind));
  const [first] = fitting;
  const found = name === undefined ? first : await runbookNamed(name);
  if (found && fitting.includes(found)) return found;
  const names = fitting.map((runbook) => runbook.name).join(', ');
  throw new CliError(
    exitCodes.usage,
    found ? `${found.name} is not for a ${kind}` : `no runbook is for a ${kind}`,
    names === '' ? undefined : `For a ${kind}: --runbook ${names}.`,
  );
}

async function runbookNamed(name: string) {
  const { runbooks } = await workerSide();
  const found = runbooks.find((runbook) => runbook.name.toLowerCase() === name.toLowerCase());
  if (found) return found;
  const names = runbooks.map((runbook) => runbook.name);
  throw new CliError(
    exitCodes.notFound,
    `there is no runbook ${name}`,
    suggest(name, names, 'None is loaded.'),
  );
}

/** The configuration here, or that on which `nightshift up` runs. */
async function configOf(io: Io, options: CommonOptions): Promise<Config> {
  if (configFile(io, options) !== undefined) return requireConfig(io, options);
  const { config } = filesOf(stateFolder(io.env, options.state));
  return (await readIfThere(config)) === undefined ? requireConfig(io, options) : loadConfig(config);
}

/** Of a target that the engine does not have, the configured one that was probably meant. */
export function withMeant(
  error: unknown,
  key: string,
  config: { readonly targets: readonly { readonly key: string }[] },
): unknown {
  const { code, message, mend } = endingOf(error);
  if (code !== exitCodes.notFound) return error;
  const known = config.targets.map((target) => target.key);
  const meant = known.includes(key)
    ? 'It is configured: see what the engine has with `docker ps --all`.'
    : suggest(key, known, 'No target is configured.');
  return new CliError(code, message, mend ?? meant);
}

function targetOf(config: Config, key: string): Target {
  const configured = config.targets.find((target) => target.key === key);
  if (configured) return { key, kind: configured.kind, scope: configured.scope };
  const named = parseDockerKey(key);
  const known = config.targets.map((target) => target.key);
  if (!('problem' in named)) return { key, kind: named.kind, scope: named.scope };
  throw new CliError(exitCodes.notFound, `there is no target ${key}`, suggest(key, known, `${named.mend}.`));
}
