import { compare } from '../../../model/backtest/compare.js';
import type { IncidentDifference, LeftOut } from '../../../model/backtest/difference.js';
import { type BacktestReport, backtestReport } from '../../../model/backtest/report.js';
import { count } from '../../../model/format.js';
import { product } from '../../../model/product.js';
import type { Candidate } from '../../../replay/backtest/types.js';
import { CliError, exitCodes } from '../exit-codes.js';
import type { Io } from '../terminal/io.js';
import { withProgress } from '../terminal/progress.js';
import { backtestSide } from '../worker-side.js';
import { policyFile, runbookModules, runbookNamed } from './backtest-candidate.js';
import { type Places, placesOf, type SourceOptions, wanted } from './backtest-sources.js';

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
  const { shippedRunbooks, workflowBundle } = await backtestSide();
  const modules = await runbookModules(io, options.with ?? []);
  const known = [...shippedRunbooks, ...modules.map((module) => module.runbook)];
  const runbook = runbookNamed(options.runbook, known);
  const policy = options.policy === undefined ? undefined : policyFile(io, options.policy, known);
  const places = await placesOf(io, paths, runbook, options);
  try {
    const bundle = await withProgress(
      io,
      'Bundling the candidate',
      workflowBundle(modules.map(({ path }) => path)),
    );
    const candidate = { bundle, ...(policy && { policy: policy.policy }) };
    const done = await workAll(io, places, { runbook, options, candidate });
    const { since, until } = places;
    const question = {
      runbook,
      ...(options.target !== undefined && { target: options.target }),
      ...(since !== undefined && { since }),
      ...(until !== undefined && { until }),
      ...(policy && { policy: policy.name }),
      modules: options.with ?? [],
      paths,
    };
    const { differences, leftOut } = done;
    const about = { question, product, complete: !io.signal.aborted, leftOut };
    return backtestReport(about, differences, policy?.hasTarget);
  } finally {
    await places.close();
  }
}

interface Work {
  readonly runbook: string;
  readonly options: BacktestOptions;
  readonly candidate: Candidate;
}

interface Done {
  readonly differences: readonly IncidentDifference[];
  readonly leftOut: readonly LeftOut[];
}

/** All of them; at Ctrl-C those that were done by then. */
async function workAll(io: Io, places: Places, work: Work): Promise<Done> {
  const { recordingsOf, backtestAll } = await backtestSide();
  const differences: IncidentDifference[] = [];
  const leftOut: LeftOut[] = [];
  const onBad = (name: string, error: Error) => void leftOut.push({ name, why: error.message });
  const { runbook, options, candidate } = work;
  const meant = { ...places, runbook, ...(options.target !== undefined && { target: options.target }) };
  const recordings = wanted(recordingsOf(places.sources, onBad), meant);
  const limits = { signal: io.signal, ...(options.jobs !== undefined && { jobs: options.jobs }) };
  const all = async () => {
    for await (const one of backtestAll(recordings, candidate, limits)) {
      if ('pair' in one) differences.push(compare(one.pair));
      else leftOut.push({ name: one.name, why: one.left });
    }
  };
  await withProgress(io, () => `Working ${count(differences.length, 'incident')} again`, all());
  if (differences.length + leftOut.length === 0 && !io.signal.aborted) throw nothing(places, meant);
  return { differences, leftOut };
}

/** An empty result says where it looked, and what to do. */
function nothing(
  { where, since }: Places,
  { runbook, target }: { readonly runbook: string; readonly target?: string },
) {
  const of = `${runbook}${target === undefined ? '' : ` on ${target}`}`;
  const when = since === undefined ? '' : ` that ended since ${since.slice(0, 10)}`;
  return new CliError(
    exitCodes.usage,
    `there is no recorded incident of ${of}${when} in ${where}`,
    'Name bundles or folders, go further back with --since 365d, or name an archive with --archive (docs/backtest.md).',
  );
}
