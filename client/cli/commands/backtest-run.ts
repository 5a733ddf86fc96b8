import { basename } from 'node:path';
import { endInName } from '../../../archive/names.js';
import { compare } from '../../../model/backtest/compare.js';
import type { IncidentDifference, LeftOut } from '../../../model/backtest/difference.js';
import { type BacktestReport, backtestReport } from '../../../model/backtest/report.js';
import { count } from '../../../model/format.js';
import { product } from '../../../model/product.js';
import type { BacktestOptions as Candidate } from '../../../replay/backtest/index.js';
import { CliError, exitCodes } from '../exit-codes.js';
import type { Io } from '../terminal/io.js';
import { withProgress } from '../terminal/progress.js';
import { backtestSide } from '../worker-side.js';
import { policyFile, runbookModules, runbookNamed } from './backtest-candidate.js';
import { type Meant, type Places, placesOf, type SourceOptions, sieve } from './backtest-sources.js';

export interface BacktestOptions extends SourceOptions {
  readonly runbook: string;
  readonly policy?: string;
  readonly with?: readonly string[];
  readonly jobs?: number;
}

/** Works the recorded incidents again, and puts together what differs. Throws `CliError` where there are none. */
export async function runBacktest(
  io: Io,
  paths: readonly string[],
  options: BacktestOptions,
): Promise<BacktestReport> {
  const { shippedRunbooks } = await backtestSide();
  const modules = await runbookModules(io, options.with ?? []);
  // A module's runbook goes before a shipped one of its name.
  const shipped = shippedRunbooks.filter(({ name }) => !modules.some(({ runbook }) => runbook.name === name));
  const known = [...modules.map((module) => module.runbook), ...shipped];
  const runbook = runbookNamed(options.runbook, known);
  const policy = options.policy === undefined ? undefined : policyFile(io, options.policy, known);
  const places = await placesOf(io, paths, runbook, options);
  const { since, until } = places;
  const meant: Meant = {
    runbook,
    ...(options.target !== undefined && { target: options.target }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
  try {
    const candidate = {
      modules: modules.map(({ path }) => path),
      ...(policy && { policy: policy.policy }),
      ...(options.jobs !== undefined && { jobs: options.jobs }),
    };
    const { differences, leftOut } = await workAll(io, places, meant, candidate);
    const named = { ...(policy && { policy: policy.name }), modules: options.with ?? [], paths };
    const about = { question: { ...meant, ...named }, product, complete: !io.signal.aborted, leftOut };
    return backtestReport(about, differences, policy?.hasTarget);
  } finally {
    await places.close();
  }
}

interface Done {
  readonly differences: readonly IncidentDifference[];
  readonly leftOut: readonly LeftOut[];
}

/** All of them; at Ctrl-C those that were done by then. */
async function workAll(io: Io, places: Places, meant: Meant, candidate: Candidate): Promise<Done> {
  const { pointersOf, backtestAll } = await backtestSide();
  const differences: IncidentDifference[] = [];
  const leftOut: LeftOut[] = [];
  const onBad = (name: string, error: Error) =>
    void leftOut.push({ name: shown(name), why: error.message, unreadable: true });
  const isMeant = sieve(meant);
  if (io.signal.aborted) return { differences, leftOut };
  const { client } = places.sources;
  const work = async () => {
    const pointers = await unlessEmpty(pointersOf(places.sources, onBad));
    if (!pointers) return;
    for await (const one of backtestAll(pointers, {
      ...candidate,
      signal: io.signal,
      ...(client && { client }),
    })) {
      if ('left' in one)
        leftOut.push({
          name: shown(one.name),
          why: one.left,
          ...(one.unreadable && { unreadable: one.unreadable }),
        });
      else if (isMeant(one.pair.incident)) differences.push(compare(one.pair));
    }
  };
  const progress = (): string =>
    differences.length === 0
      ? 'Making the candidate ready'
      : `Worked ${count(differences.length, 'incident')} again`;
  await withProgress(io, progress, work());
  if (differences.length + leftOut.length === 0 && !io.signal.aborted) throw nothing(places, meant);
  return { differences, leftOut };
}

/** A bundle that has the archive's own name needs no folder with it: its short id is in the name. */
function shown(name: string): string {
  const file = basename(name);
  return endInName(file) === undefined ? name : file;
}

/** The same, or undefined where there is nothing in it: then no candidate needs to be made ready. */
async function unlessEmpty<T>(all: AsyncIterable<T>): Promise<AsyncIterable<T> | undefined> {
  const rest = all[Symbol.asyncIterator]();
  const first = await rest.next();
  if (first.done) return undefined;
  return (async function* () {
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => rest };
  })();
}

/** An empty result says where it looked, and what to do. */
function nothing({ where }: Places, { runbook, target, since }: Meant): CliError {
  const of = `${runbook}${target === undefined ? '' : ` on ${target}`}`;
  const when = since === undefined ? '' : ` that ended since ${since.slice(0, 10)}`;
  return new CliError(
    exitCodes.usage,
    `there is no recorded incident of ${of}${when} in ${where}`,
    'Name bundles or folders, go further back with --since 365d, or name an archive with --archive (docs/backtest.md).',
  );
}
