import { type Command, Option } from 'commander';
import { parseDockerKey } from '../../../../config/target-key.js';
import { product } from '../../../../model/product.js';
import type { Target } from '../../../../model/target.js';
import { type Access, withAccess } from '../../access/index.js';
import { CliError, exitCodes } from '../../exit-codes.js';
import { withConnection, withPerson } from '../../options.js';
import type { Cli } from '../../program.js';
import { type CommonOptions, configInForce } from '../../settings.js';
import { suggest } from '../../suggest.js';
import type { Io } from '../../terminal/io.js';
import { exitCodeOf, watch } from '../../watch/watch.js';

interface OpenOptions extends CommonOptions {
  readonly runbook: string;
  readonly reason: string;
  readonly severity: 'warning' | 'critical';
  readonly observe?: boolean;
  readonly watch?: boolean;
}

export function addOpen(group: Command, cli: Cli): void {
  withPerson(
    withConnection(group.command('open').argument('<target>', 'key of the target: docker/local/agent')),
  )
    .description('Open an incident by hand')
    .requiredOption('-r, --reason <text>', 'why')
    .option('--runbook <name>', 'the runbook to work through', 'MEM-001')
    .addOption(
      new Option('--severity <severity>', 'it is at least this severe')
        .choices(['warning', 'critical'])
        .default('warning'),
    )
    .option('--observe', 'a rehearsal: look and plan, change nothing')
    .option('-w, --watch', 'watch it until it ends')
    .addHelpText(
      'after',
      "\nExamples:\n  nightshift incident open docker/local/agent --reason 'slow since noon' --watch\n  nightshift incident open docker/local/agent --reason 'what would it do?' --observe --watch",
    )
    .action((key: string, options: OpenOptions) => open(cli, key, options));
}

async function open({ io, exit }: Cli, key: string, options: OpenOptions): Promise<void> {
  const target = await targetOf(io, key, options);
  await withAccess(io, options, async (access) => {
    const ref = await access.incidents.open(request(access, target, options));
    const what = ref.started ? 'Opened' : 'Joined the open';
    io.out(`${what} incident ${ref.shortId} of ${ref.targetKey}\n`);
    if (!options.watch) return io.err(`Watch it: nightshift incident watch ${ref.shortId}\n`);
    exit(exitCodeOf(await watch({ io, incidents: access.incidents, ref })));
  });
}

function request({ by }: Access, target: Target, options: OpenOptions) {
  const { runbook, reason, severity, observe = false } = options;
  return { target, runbook, by, reason, severity, observeOnly: observe, product };
}

/** The target as the configuration knows it, or as its key says what it is. */
async function targetOf(io: Io, key: string, options: CommonOptions): Promise<Target> {
  const config = await configInForce(io, options);
  const configured = config?.targets.find((target) => target.key === key);
  if (configured) return { key, kind: configured.kind, scope: configured.scope };
  const named = parseDockerKey(key);
  if (!('problem' in named)) return { key, kind: named.kind, scope: named.scope };
  const known = config?.targets.map((target) => target.key) ?? [];
  throw new CliError(exitCodes.notFound, `there is no target ${key}`, suggest(key, known, `${named.mend}.`));
}
