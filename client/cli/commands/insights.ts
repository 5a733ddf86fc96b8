import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { insightsOf } from '../../../model/insights/insights.js';
import { insightsMarkdown } from '../../../model/insights/markdown.js';
import type { IncidentSummary, Insights } from '../../../model/insights/types.js';
import { fromArchive, fromFiles, fromTemporal, type Wanted } from '../../insights/sources.js';
import { type Access, openAccess } from '../access/index.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { withConnection, withOutput } from '../options.js';
import type { Cli } from '../program.js';
import { type CommonOptions, configInForce } from '../settings.js';
import { sinceTime } from '../since.js';
import type { Io } from '../terminal/io.js';
import { withProgress } from '../terminal/progress.js';
import { insightsText } from './insights-text.js';

interface InsightsOptions extends CommonOptions {
  readonly since: string;
  readonly runbook?: string;
  readonly target?: string;
  readonly archive?: readonly string[];
}

/** `nightshift insights` */
export function addInsights(root: Command, { io }: Cli): void {
  withOutput(withConnection(root.command('insights')))
    .description('What many incidents together tell: what comes back, what helps, what people decide')
    .option('--since <time>', 'incidents that ended since then: 90d, 12h, 2026-08-01', '90d')
    .option('--runbook <name>', 'only those of this runbook')
    .option('--target <key>', 'only those of this target')
    .option('--archive <path...>', 'an archive’s folder, or bundles (default: archive.folder as configured)')
    .addHelpText('after', help)
    .action((options: InsightsOptions) => insights(io, options));
}

const help = `
Without an archive, it reads what Temporal still has. Rehearsals and runs without a result are named, not counted.

Examples:
  nightshift insights --since 30d
  nightshift insights --target docker/local/agent -o md > insights.md
  nightshift insights --archive /mnt/archive --runbook MEM-001 -o json`;

async function insights(io: Io, options: InsightsOptions): Promise<void> {
  const until = io.now();
  const { runbook, target } = options;
  const wanted: Wanted = {
    since: sinceTime(options.since, until),
    until: until.toISOString(),
    ...(runbook === undefined ? {} : { runbook }),
    ...(target === undefined ? {} : { target }),
  };
  const reader = new Reader(io, wanted);
  const found = await withProgress(io, 'Reading the incidents', reader.read(options));
  const told = insightsOf(found.summaries, wanted, found.from);
  reader.sayWhatIsMissing();
  const { output } = options;
  if (output === 'json') return io.out(`${JSON.stringify(told, null, 2)}\n`);
  if (isEmpty(told)) return io.err(`${nothing(told, options)}\n`);
  io.out(output === 'md' ? insightsMarkdown(told) : insightsText(told, io, found.show));
}

interface Found {
  readonly summaries: readonly IncidentSummary[];
  /** Where they were read, in words. */
  readonly from: string;
  /** How one of them is seen. */
  readonly show: string;
}

/** Reads summaries of all incidents that are wanted, and remembers what it could not read. */
class Reader {
  private readonly bad: string[] = [];
  private cut: number | undefined;

  constructor(
    private readonly io: Io,
    private readonly wanted: Wanted,
  ) {}

  async read(options: InsightsOptions): Promise<Found> {
    if (options.archive) return this.named(options.archive);
    const asked = options.temporal !== undefined || options.api !== undefined;
    const folder = asked ? undefined : (await configInForce(this.io, options))?.archive?.folder;
    return folder === undefined ? this.server(options) : this.named([folder]);
  }

  private async named(paths: readonly string[]): Promise<Found> {
    const summaries: IncidentSummary[] = [];
    for (const path of paths) {
      const place = resolve(this.io.cwd, path);
      const isFolder = (await stat(place).catch((error: Error) => notThere(path, error))).isDirectory();
      const source = isFolder
        ? fromArchive(place, this.wanted, this.onBad)
        : fromFiles([place], this.wanted, this.onBad);
      summaries.push(...(await this.all(source)));
    }
    const show = 'nightshift incident show --bundle <file> (the id is in its name)';
    return { summaries: once(summaries), from: `read from ${paths.join(', ')}`, show };
  }

  private async server(options: InsightsOptions): Promise<Found> {
    const access: Access = await openAccess(this.io, options);
    try {
      const limit = access.verified === 'token' ? apiAtMost : atMost;
      const source = fromTemporal(access.incidents, this.wanted, limit, this.onBad, () => {
        this.cut = limit;
      });
      const from = 'read from Temporal, which forgets (no archive is configured)';
      return { summaries: await this.all(source), from, show: 'nightshift incident show <id>' };
    } finally {
      await access.close();
    }
  }

  private async all(source: AsyncIterable<IncidentSummary>): Promise<IncidentSummary[]> {
    const all: IncidentSummary[] = [];
    for await (const summary of source) {
      if (this.io.signal.aborted) throw new CliError(exitCodes.interrupted, 'reading was stopped');
      all.push(summary);
    }
    return all;
  }

  private readonly onBad = (name: string, { message }: Error): void => {
    this.bad.push(message.includes(name) ? message : `${name}: ${message}`);
  };

  sayWhatIsMissing(): void {
    const { bad, cut, io } = this;
    if (cut !== undefined)
      io.err(`There are more: only the newest ${cut} were read. An archive has them all.\n`);
    if (bad.length === 0) return;
    io.err(`${bad.length} could not be read, and ${bad.length === 1 ? 'is' : 'are'} left out:\n`);
    for (const line of bad.slice(0, shownBad)) io.err(`  ${line}\n`);
    if (bad.length > shownBad) io.err(`  and ${bad.length - shownBad} more\n`);
  }
}

const shownBad = 5;
/** Incidents that are listed at most, and by the API. */
const atMost = 20_000;
const apiAtMost = 1_000;

function notThere(path: string, { message }: Error): never {
  throw new CliError(
    exitCodes.usage,
    `${path} can’t be read: ${message}`,
    'Name an archive’s folder or bundles with --archive.',
  );
}

/** A bundle may lie in two of the places that were named. */
function once(summaries: readonly IncidentSummary[]): readonly IncidentSummary[] {
  return [...new Map(summaries.map((summary) => [summary.shortId, summary])).values()];
}

function isEmpty({ incidents, rehearsals, withoutResult }: Insights): boolean {
  return incidents === 0 && rehearsals.count === 0 && withoutResult.length === 0;
}

/** An empty result says what it means, and what to do next. */
function nothing({ since, from }: Insights, { runbook, target }: InsightsOptions): string {
  const filtered = runbook !== undefined || target !== undefined;
  const what = filtered ? 'No such incident' : 'No incident';
  const next = filtered
    ? 'Take a filter away, or go further back: --since 365d.'
    : 'Go further back with --since 365d, name an archive with --archive, or try: nightshift demo';
  return `${what} has ended since ${since.slice(0, 10)} (${from}). ${next}`;
}
