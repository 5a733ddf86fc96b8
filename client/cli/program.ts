import { Command } from 'commander';
import { product } from '../../model/product.js';
import { addArchive } from './commands/archive/index.js';
import { addBacktest } from './commands/backtest.js';
import { addCompletion } from './commands/completion.js';
import { addConfig } from './commands/config.js';
import { addDemo } from './commands/demo.js';
import { addDoctor } from './commands/doctor.js';
import { addIncident } from './commands/incident/index.js';
import { addInsights } from './commands/insights.js';
import { addReplay } from './commands/replay.js';
import { addRunbook } from './commands/runbook.js';
import { addServe } from './commands/serve.js';
import { addToken } from './commands/token.js';
import { addUp } from './commands/up.js';
import type { Io } from './terminal/io.js';

/** What each group of commands is given. */
export interface Cli {
  readonly io: Io;
  /** Sets the exit code of a command that ends without an error. */
  readonly exit: (code: number) => void;
}

const examples = `
Begin here:
  nightshift demo                         see a leaking container being recovered
  nightshift up                           server, worker and API on this machine
  nightshift incident list                what is going on
  nightshift incident watch <target>      watch it being worked

Exit codes: 0 done, 1 failed, 2 usage or set-up, 3 not found, 4 refused, 5 Temporal unreachable,
6 not recovered, 8 replay diverged, 9 backtest found what --fail-on names, 130 interrupted`;

/** The whole command line. */
export function program(io: Io, exit: Cli['exit']): Command {
  const root = new Command('nightshift')
    .description(
      'Works through operations runbooks: looks, tries the gentlest remedy, asks, verifies, reports.',
    )
    .version(product, '-V, --version')
    .addHelpText('after', examples)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      getOutHelpWidth: () => io.columns(),
      getErrHelpWidth: () => io.columns(),
      getOutHasColors: () => io.paint.isColorSupported,
      getErrHasColors: () => io.paint.isColorSupported,
    })
    .showHelpAfterError('(--help shows how it is used)')
    .showSuggestionAfterError();
  const cli: Cli = { io, exit };
  for (const add of [
    addUp,
    addServe,
    addDemo,
    addIncident,
    addArchive,
    addInsights,
    addReplay,
    addBacktest,
    addRunbook,
    addConfig,
    addDoctor,
    addToken,
  ])
    add(root, cli);
  addCompletion(root, cli);
  return root;
}
