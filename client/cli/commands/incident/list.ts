import { type Command, Option } from 'commander';
import { roughly, secondsBetween } from '../../../../model/format.js';
import type { IncidentRow } from '../../../incidents/index.js';
import { withAccess } from '../../access/index.js';
import { positive, withConnection, withOutput } from '../../options.js';
import type { Cli } from '../../program.js';
import type { CommonOptions } from '../../settings.js';
import type { Io } from '../../terminal/io.js';
import { withProgress } from '../../terminal/progress.js';
import { markdownTable, table } from '../../terminal/table.js';

interface ListOptions extends CommonOptions {
  readonly all?: boolean;
  readonly closed?: boolean;
  readonly needsDecision?: boolean;
  readonly target?: string;
  readonly runbook?: string;
  readonly severity?: string;
  readonly outcome?: string;
  readonly limit: number;
}

export function addList(group: Command, { io }: Cli): void {
  withOutput(withConnection(group.command('list').alias('ls')))
    .description('Open incidents, newest first')
    .option('-a, --all', 'closed ones too')
    .option('--closed', 'only closed ones')
    .option('--needs-decision', 'only those that wait for a decision')
    .option('--target <key>', 'only those of this target')
    .option('--runbook <name>', 'only those of this runbook')
    .addOption(new Option('--severity <severity>', 'only of this severity').choices(['warning', 'critical']))
    .option('--outcome <outcome>', 'only those that ended so: recovered, escalated, …')
    .option('--limit <n>', 'at most so many', positive, 50)
    .addHelpText(
      'after',
      '\nExamples:\n  nightshift incident list --needs-decision\n  nightshift incident list --all --target docker/local/agent -o json',
    )
    .action((options: ListOptions) => list(io, options));
}

async function list(io: Io, options: ListOptions): Promise<void> {
  const { all, closed, needsDecision, target, runbook, severity, outcome, limit } = options;
  const open = closed || outcome ? false : all ? undefined : true;
  const filter = {
    open,
    target,
    runbook,
    severity,
    outcome,
    limit,
    ...(needsDecision ? { needsDecision } : {}),
  };
  const rows = await withAccess(io, options, ({ incidents }) =>
    withProgress(io, 'Asking for the incidents', incidents.list(filter)),
  );
  if (options.output === 'json') return io.out(`${JSON.stringify(rows, null, 2)}\n`);
  if (rows.length === 0) return io.err(`${nothing(options)}\n`);
  const headings = ['ID', 'TARGET', 'RUNBOOK', 'SEVERITY', 'STATE', 'AGE', 'TOOK'];
  const cells = rows.map((row) => cellsOf(row, io.now()));
  const lines =
    options.output === 'md' ? markdownTable(headings, cells) : table(headings, cells, io.columns());
  io.out(`${lines.join('\n')}\n`);
  const waiting = rows.filter((row) => row.needsDecision);
  if (options.output === 'table' && waiting[0])
    io.err(
      `\n${waiting.length} ${waiting.length === 1 ? 'waits' : 'wait'} for a decision: nightshift incident show ${waiting[0].shortId}\n`,
    );
}

function cellsOf(row: IncidentRow, now: Date): readonly string[] {
  const age = roughly(secondsBetween(row.openedAt, now.toISOString()));
  const took = row.closedAt ? roughly(secondsBetween(row.openedAt, row.closedAt)) : '';
  const state = row.needsDecision ? 'needs a decision' : (row.outcome ?? row.state);
  return [row.shortId, row.targetKey, row.runbook, row.severity ?? '', state, age, took];
}

/** An empty list says what it means, and what to do next. */
function nothing({ all, closed, outcome, needsDecision, target, runbook, severity }: ListOptions): string {
  if (needsDecision) return 'No incident waits for a decision.';
  if (target || runbook || severity || outcome) return 'No such incidents. Take a filter away, or add --all.';
  if (closed) return 'No closed incidents yet.';
  return all
    ? 'No incidents yet. Open one by hand: nightshift incident open <target> --reason …'
    : 'No open incidents. All is quiet. (--all shows closed ones too.)';
}
