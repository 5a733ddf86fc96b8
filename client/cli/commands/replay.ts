import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { createArchive } from '../../../archive/archive.js';
import type { Progress, ReplaySum, Sources } from '../../../replay/index.js';
import { connectTemporal, TemporalUnreachable } from '../../temporal.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { listed, positive, withConfig, withOutput } from '../options.js';
import type { Cli } from '../program.js';
import { type CommonOptions, configInForce, temporalFor } from '../settings.js';
import { sinceTime } from '../since.js';
import type { Io } from '../terminal/io.js';
import { withProgress } from '../terminal/progress.js';
import { replaySide } from '../worker-side.js';
import { replayMarkdown, replayText } from './replay-text.js';

interface ReplayOptions extends CommonOptions {
  readonly since?: string;
  readonly archive?: string;
  readonly runbook?: string;
  readonly target?: string;
  readonly with?: readonly string[];
  readonly jobs?: number;
  readonly strict?: boolean;
}

/** `nightshift replay` */
export function addReplay(root: Command, { io, exit }: Cli): void {
  withOutput(withConfig(root.command('replay').argument('[paths...]', 'bundles, histories, folders of them')))
    .description('Recorded incidents through today’s workflow code: would an open one survive it?')
    .option(
      '--since <time>',
      'closed incidents of the server and the archive since then: 30d, 12h, 2026-08-01',
    )
    .option('--archive <folder>', 'with --since, the archive (default: archive.folder as configured)')
    .option('--runbook <name>', 'with --since, only those of this runbook')
    .option('--target <key>', 'with --since, only those of this target')
    .option('--with <module>', 'a compiled module that exports a `runbook`; may be repeated', listed)
    .option('--jobs <n>', 'processes side by side (default: one a core, at most 4)', positive)
    .option('--strict', 'other facts with the same commands are a divergence, too')
    .option('--state <folder>', 'state folder of the `nightshift up` to talk to')
    .option('--temporal <host:port>', 'Temporal is there')
    .option('--namespace <name>', 'namespace in it')
    .addHelpText('after', help)
    .action(async (paths: readonly string[], options: ReplayOptions) =>
      exit(await replay(io, paths, options)),
    );
}

const help = `
Nothing is changed, and no server is needed for files and folders. Histories may be those that
\`temporal workflow show -o json\` writes.

Exit codes: 0 nothing diverged, 8 something did, 1 something could not be read or replayed, 2 nothing to replay,
3 a path is not there, 5 the server is needed and can't be reached, 130 interrupted.

Examples:
  nightshift replay /mnt/archive
  nightshift replay --since 30d
  nightshift replay test/histories --with ./dist/my-runbook.js
  nightshift replay bundles -o md > replay.md`;

async function replay(io: Io, paths: readonly string[], options: ReplayOptions): Promise<number> {
  if (paths.length === 0 && options.since === undefined)
    throw new CliError(
      exitCodes.usage,
      'there is nothing named that could be replayed',
      'Name bundles, histories or folders of them, or say --since 30d; --help shows examples.',
    );
  const narrowing = (['runbook', 'target', 'archive'] as const).find((name) => options[name] !== undefined);
  if (options.since === undefined && narrowing !== undefined)
    throw new CliError(
      exitCodes.usage,
      `--${narrowing} is about what --since finds, and there is no --since`,
      'Add --since 90d, or leave it out: files and folders are replayed as they are.',
    );
  const modules = (options.with ?? []).map((path) => moduleAt(io, path));
  const { sources, close } = await sourcesOf(io, paths, options);
  try {
    const sum = await run(io, sources, modules, options);
    if (sum.found + sum.unreadable === 0 && !sum.interrupted) throw nothing(paths, options);
    show(io, sum, options);
    return codeOf(sum, options.strict ?? false);
  } finally {
    await close();
  }
}

function moduleAt(io: Io, path: string): string {
  const file = resolve(io.cwd, path);
  if (existsSync(file)) return file;
  throw new CliError(exitCodes.usage, `--with ${path}: there is no such file`, 'Name the compiled module.');
}

async function run(
  io: Io,
  sources: Sources,
  modules: readonly string[],
  { jobs }: ReplayOptions,
): Promise<ReplaySum> {
  const { replayAll } = await replaySide();
  const began = Date.now();
  let progress: Progress = { done: 0 };
  const working = replayAll(sources, {
    modules,
    signal: io.signal,
    ...(jobs !== undefined && { jobs }),
    onProgress: (now) => {
      progress = now;
    },
  });
  return withProgress(io, () => progressText(progress, (Date.now() - began) / 1000), working);
}

function progressText({ all, done }: Progress, seconds: number): string {
  if (all === undefined) return 'Listing what is to be replayed';
  if (done === 0) return `Replaying ${all}`;
  const rate = done / Math.max(seconds, 0.001);
  return `Replayed ${done} of ${all}, ${rate.toFixed(0)} a second, ${Math.ceil((all - done) / rate)} s to go`;
}

async function sourcesOf(io: Io, paths: readonly string[], options: ReplayOptions) {
  const named = { paths, cwd: io.cwd };
  if (options.since === undefined) return { sources: named satisfies Sources, close: async () => undefined };
  const folder =
    options.archive === undefined
      ? (await configInForce(io, options))?.archive?.folder
      : resolve(io.cwd, options.archive);
  const server = await serverOf(io, options, folder);
  const { runbook, target } = options;
  const sources: Sources = {
    ...named,
    since: sinceTime(options.since, io.now()),
    ...(runbook !== undefined && { runbook }),
    ...(target !== undefined && { target }),
    ...(folder !== undefined && { archive: createArchive(folder) }),
    ...(server && { client: server.client }),
  };
  return { sources, close: async () => server?.close() };
}

/** The server; where it does not answer, the archive alone must do, and it is said what is left out. */
async function serverOf(io: Io, options: ReplayOptions, folder: string | undefined) {
  const settings = await temporalFor(io, options);
  try {
    const connecting = connectTemporal(settings, { identity: 'cli replay' });
    return await withProgress(io, `Connecting to Temporal at ${settings.address}`, connecting);
  } catch (error) {
    if (!(error instanceof TemporalUnreachable)) throw error;
    if (folder === undefined)
      throw new TemporalUnreachable(
        error.message,
        `${error.mend} Bundles and folders of them can be replayed without it: nightshift replay <folder>.`,
        { cause: error },
      );
    io.err(`${error.message}. Only the archive ${folder} is replayed: what is not in it yet is left out.\n`);
    return undefined;
  }
}

function nothing(paths: readonly string[], { since }: ReplayOptions): CliError {
  const where = [...paths, ...(since === undefined ? [] : [`what ended since ${since}`])].join(', ');
  return new CliError(
    exitCodes.usage,
    `nothing to replay: no bundle and no history in ${where}`,
    'Bundles come from the archive or `nightshift incident export`, histories from `temporal workflow show -o json`.',
  );
}

function show(io: Io, sum: ReplaySum, { output }: ReplayOptions): void {
  if (output === 'json') io.out(`${JSON.stringify(sum, null, 2)}\n`);
  else if (output === 'md') io.out(replayMarkdown(sum));
  else io.out(replayText(sum, io.columns(), io.paint));
}

/** A divergence goes before what could not be read, which it would hide otherwise. */
function codeOf(sum: ReplaySum, strict: boolean): number {
  if (sum.interrupted) return exitCodes.interrupted;
  if (sum.diverged > 0 || (strict && sum.otherwise > 0)) return exitCodes.diverged;
  return sum.unreadable + sum.crashed > 0 ? exitCodes.failed : exitCodes.done;
}
