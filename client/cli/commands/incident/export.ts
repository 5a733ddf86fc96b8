import { resolve } from 'node:path';
import type { Command } from 'commander';
import { createArchive } from '../../../../archive/archive.js';
import type { Archive } from '../../../../archive/types.js';
import type { IncidentBundle } from '../../../../model/bundle/types.js';
import { connectTemporal, TemporalUnreachable } from '../../../temporal.js';
import { CliError, endingOf, exitCodes } from '../../exit-codes.js';
import { destination } from '../../export/destination.js';
import { exported, type Source } from '../../export/sources.js';
import { withConfig, withOutput } from '../../options.js';
import type { Cli } from '../../program.js';
import { type CommonOptions, configInForce, temporalFor } from '../../settings.js';
import { sinceTime } from '../../since.js';
import type { Io } from '../../terminal/io.js';
import { withProgress } from '../../terminal/progress.js';
import { markdownTable, table } from '../../terminal/table.js';

interface ExportOptions extends CommonOptions {
  readonly archive?: string;
  readonly since?: string;
  readonly all?: boolean;
  readonly to: string;
}

export function addExport(group: Command, cli: Cli): void {
  withOutput(withConfig(group.command('export').argument('[incidents...]', 'targets or short ids')))
    .description('Write closed incidents as bundles: one file each, with history, facts, report and policy')
    .option('--since <time>', 'all that ended since: 30d, 12h, or a date')
    .option('--all', 'all that Temporal and the configured archive have')
    .option('--to <path>', 'a folder, or for one incident a file whose name ends in .gz', '.')
    .option('--archive <folder>', 'the archive (default: archive.folder as configured)')
    .option('--state <folder>', 'state folder of the `nightshift up` to talk to')
    .option('--temporal <host:port>', 'Temporal is there')
    .option('--namespace <name>', 'namespace in it')
    .addHelpText(
      'after',
      '\nIncidents come from Temporal itself, or from the configured archive where Temporal no longer has them.\nSecrets that got into a history are taken out. What is there already is left as it is.\n\nExamples:\n  nightshift incident export k3f7x2ab\n  nightshift incident export docker/local/agent --to agent.nightshift.json.gz\n  nightshift incident export --since 30d --to bundles/ -o json',
    )
    .action((names: readonly string[], options: ExportOptions) => run(cli, names, options));
}

/** What became of one incident. */
interface Row {
  readonly shortId: string;
  readonly target: string;
  readonly runbook: string;
  readonly status: string;
  readonly outcome?: string;
  readonly closedAt: string;
  readonly from: Source['from'];
  readonly redactions: number;
  readonly file: string;
  readonly result: 'written' | 'there';
}

async function run({ io, exit }: Cli, names: readonly string[], options: ExportOptions): Promise<void> {
  const wanted = wantedOf(io, names, options);
  const to = await destination(resolve(io.cwd, options.to), options.to, names.length === 1);
  const archive = await archiveOf(io, options);
  const temporal = await serverOf(io, options, archive);
  const rows: Row[] = [];
  const failed: string[] = [];
  try {
    const work = async (): Promise<void> => {
      for await (const source of exported({ client: temporal?.client, archive }, wanted)) {
        io.signal.throwIfAborted();
        try {
          rows.push(await one(source, to));
        } catch (error) {
          // A folder that can't be written is the same for all; one incident that is no good is only itself.
          if (error instanceof Error && ['ArchiveError', 'TemporalUnreachable'].includes(error.name))
            throw error;
          failed.push(`${source.name}: ${told(error)}`);
        }
      }
    };
    await withProgress(io, () => `Exporting: ${rows.length} so far`, work());
  } finally {
    await temporal?.close();
  }
  print(io, rows, failed, options);
  if (failed.length > 0) exit(names.length === 1 ? exitCodes.refused : exitCodes.failed);
}

async function archiveOf(io: Io, options: ExportOptions): Promise<Archive | undefined> {
  const named = options.archive === undefined ? undefined : resolve(io.cwd, options.archive);
  const folder = named ?? (await configInForce(io, options))?.archive?.folder;
  return folder === undefined ? undefined : createArchive(folder);
}

/** The server; where it does not answer, the archive alone must do, and it is said what is left out. */
async function serverOf(io: Io, options: ExportOptions, archive: Archive | undefined) {
  const settings = await temporalFor(io, options);
  try {
    const connecting = connectTemporal(settings, { identity: 'cli export' });
    return await withProgress(io, `Connecting to Temporal at ${settings.address}`, connecting);
  } catch (error) {
    if (!(error instanceof TemporalUnreachable) || !archive) throw error;
    io.err(
      `${error.message}. Only the archive ${archive.folder} is looked at: what is not in it yet is left out.\n`,
    );
    return undefined;
  }
}

function wantedOf(io: Io, names: readonly string[], { since, all }: ExportOptions) {
  const ways = [names.length > 0, since !== undefined, all === true].filter(Boolean).length;
  if (ways === 1)
    return names.length > 0 ? { names } : since === undefined ? {} : { since: sinceTime(since, io.now()) };
  throw new CliError(
    exitCodes.usage,
    ways === 0 ? 'it is not said which incidents' : 'names, --since and --all rule each other out',
    'Name incidents by target or short id, or say --since 30d or --all.',
  );
}

async function one(source: Source, to: Awaited<ReturnType<typeof destination>>): Promise<Row> {
  const bundle: IncidentBundle = await source.bundle();
  const { shortId, target, runbook, status, outcome, closedAt } = bundle.incident;
  const { from } = source;
  const about = { shortId, target: target.key, runbook, status, ...(outcome && { outcome }), closedAt, from };
  return { ...about, redactions: bundle.redactions, ...(await to(bundle)) };
}

function print(
  io: Io,
  rows: readonly Row[],
  failed: readonly string[],
  { output, since }: ExportOptions,
): void {
  if (output === 'json') io.out(`${JSON.stringify(rows, null, 2)}\n`);
  else if (rows.length > 0) {
    const headings = ['ID', 'TARGET', 'RUNBOOK', 'ENDED', 'FILE'];
    const cells = rows.map((row) => [
      row.shortId,
      row.target,
      row.runbook,
      row.outcome ?? row.status,
      row.file,
    ]);
    // A file's name is of no use when it is cut.
    const lines = output === 'md' ? markdownTable(headings, cells) : table(headings, cells, 500);
    io.out(`${lines.join('\n')}\n`);
  }
  for (const line of failed) io.err(`not exported: ${line}\n`);
  if (rows.length === 0 && failed.length === 0)
    io.err(
      `No closed incidents${since ? ` since ${since}` : ' yet'}. Those that are open: nightshift incident list\n`,
    );
  const there = rows.filter(({ result }) => result === 'there').length;
  const redacted = rows.filter(({ redactions }) => redactions > 0).length;
  if (there > 0) io.err(`${there} of ${rows.length} were there already.\n`);
  if (redacted > 0) io.err(`Secrets were taken out of ${redacted} of ${rows.length}.\n`);
}

function told(error: unknown): string {
  const { message, mend } = endingOf(error);
  return mend === undefined ? message : `${message}. ${mend}`;
}
