import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Config, describeProblem, loadConfig, policyFor } from '../../../config/index.js';
import type { KnownRunbook } from '../../../config/types.js';
import type { CandidatePolicy } from '../../../replay/backtest/types.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { suggest } from '../suggest.js';
import type { Io } from '../terminal/io.js';

/** A candidate policy: what a whole `nightshift.yaml` would have had in force. */
export interface PolicyFile {
  /** As it was named. */
  readonly name: string;
  readonly policy: CandidatePolicy;
  /** True where the file names that target. For others it falls back to `observe`, as it would in production. */
  readonly hasTarget: (key: string) => boolean;
}

/** Reads it. Throws `ConfigError` with every problem, its line and its mend; warnings go to standard error. */
export function policyFile(io: Io, name: string, runbooks: readonly KnownRunbook[]): PolicyFile {
  const config: Config = loadConfig(resolve(io.cwd, name), { runbooks });
  for (const problem of config.warnings)
    io.err(`${io.paint.yellow('warning:')} ${describeProblem(problem)}\n`);
  const named = new Set(config.targets.map(({ key }) => key));
  return { name, policy: ({ key }) => policyFor(config, key), hasTarget: (key) => named.has(key) };
}

/** What a module of runbooks is known by, and where it is. */
export interface RunbookModule {
  readonly path: string;
  readonly runbook: KnownRunbook;
}

/** Loads the modules, to see that each exports a `runbook`. Their code runs, as it would in a worker. */
export async function runbookModules(io: Io, paths: readonly string[]): Promise<readonly RunbookModule[]> {
  return Promise.all(paths.map((path) => runbookModule(resolve(io.cwd, path), path)));
}

async function runbookModule(path: string, name: string): Promise<RunbookModule> {
  const mend = 'Name a JavaScript module that exports `runbook` (docs/writing-a-runbook.md).';
  const loaded: unknown = await import(pathToFileURL(path).href).catch((error: Error) => {
    throw new CliError(exitCodes.usage, `${name} can't be loaded: ${error.message}`, mend);
  });
  const runbook = memberOf(loaded, 'runbook');
  if (!isRunbook(runbook)) throw new CliError(exitCodes.usage, `${name} exports no runbook`, mend);
  return { path, runbook };
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

function isRunbook(value: unknown): value is KnownRunbook {
  return typeof memberOf(value, 'name') === 'string' && Array.isArray(memberOf(value, 'targetKinds'));
}

/** The runbook as it is really called, whatever the letters' case. */
export function runbookNamed(name: string, known: readonly KnownRunbook[]): string {
  const found = known.find((runbook) => runbook.name.toLowerCase() === name.toLowerCase());
  if (found) return found.name;
  const mend = suggest(
    name,
    known.map((runbook) => runbook.name),
    'None is loaded.',
  );
  throw new CliError(exitCodes.notFound, `there is no runbook ${name}`, mend);
}
