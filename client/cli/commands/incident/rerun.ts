import { resolve } from 'node:path';
import { confirm, isCancel } from '@clack/prompts';
import type { Command } from 'commander';
import { readBundle } from '../../../../archive/file.js';
import { product } from '../../../../model/product.js';
import { type RerunPlan, rerunPlan } from '../../../../model/rerun.js';
import type { Target } from '../../../../model/target.js';
import type { IncidentDetails, Opened, OpenRequest } from '../../../incidents/index.js';
import { type Access, withAccess } from '../../access/index.js';
import { named } from '../../access/named.js';
import { CliError, exitCodes } from '../../exit-codes.js';
import { withConnection, withPerson } from '../../options.js';
import type { Cli } from '../../program.js';
import { type CommonOptions, configInForce } from '../../settings.js';
import { suggest } from '../../suggest.js';
import type { Io } from '../../terminal/io.js';
import { withProgress } from '../../terminal/progress.js';
import { exitCodeOf, watch } from '../../watch/watch.js';

export interface RerunOptions extends CommonOptions {
  readonly bundle?: string;
  readonly observe?: boolean;
  readonly yes?: boolean;
  readonly watch?: boolean;
}

export function addRerun(group: Command, cli: Cli): void {
  withPerson(withConnection(group.command('rerun').argument('[incident]', 'target or short id')))
    .description('Open a new incident from an old one’s alert')
    .option('--bundle <file>', 'the old one is this archived bundle')
    .option('--observe', 'a rehearsal: look and plan, change nothing')
    .option('-y, --yes', 'don’t ask back')
    .option('-w, --watch', 'watch it until it ends')
    .addHelpText('after', help)
    .action((name: string | undefined, options: RerunOptions) => rerun(cli, name, options));
}

const help = `
The alert is the old one’s first of its runbook, said anew now. The target must be configured still, and must have
no open incident. Hold-offs don’t apply, and what comes of a rerun holds no real alert off.

Examples:
  nightshift incident rerun k3f7x2ab --observe --watch
  nightshift incident rerun --bundle 2026-11-22T07-23-27Z-k3f7x2ab.nightshift.json.gz --yes`;

async function rerun({ io, exit }: Cli, name: string | undefined, options: RerunOptions): Promise<void> {
  await withAccess(io, options, async (access) => {
    const plan = await planOf(io, access, name, options);
    const target = await configuredTarget(io, access, plan, options);
    await nothingOpen(access, target);
    io.out(`${question(plan, target, options)}\n`);
    await consent(io, options);
    const ref = await access.incidents.open(requestOf(access, plan, target, options));
    io.out(`${opened(ref, plan)}\n`);
    if (!options.watch) return io.err(`Watch it: nightshift incident watch ${ref.shortId}\n`);
    exit(exitCodeOf(await watch({ io, incidents: access.incidents, ref })));
  });
}

async function planOf(
  io: Io,
  { incidents }: Access,
  name: string | undefined,
  { bundle }: RerunOptions,
): Promise<RerunPlan> {
  if ((name === undefined) === (bundle === undefined))
    throw new CliError(
      exitCodes.usage,
      'say which incident: its target or short id, or a bundle with --bundle',
      'The incidents there are: nightshift incident list --all',
    );
  if (bundle !== undefined) return planOfBundle(resolve(io.cwd, bundle));
  const reading = named(incidents, name ?? '').then((ref) => incidents.read(ref));
  const old = await withProgress(io, 'Asking for the incident', reading);
  return rerunPlan(old.facts ?? []) ?? unknown(old);
}

async function planOfBundle(file: string): Promise<RerunPlan> {
  const { incident, facts } = await readBundle(file);
  const { shortId, target, runbook, status } = incident;
  return rerunPlan(facts ?? []) ?? unknown({ shortId, targetKey: target.key, runbook, status });
}

type Untold = Pick<IncidentDetails, 'shortId' | 'targetKey' | 'runbook' | 'status' | 'note'>;

function unknown({ shortId, targetKey, runbook, status, note }: Untold): never {
  throw new CliError(
    exitCodes.refused,
    `what the incident ${shortId} was about can’t be told (${note ?? status})`,
    `Open one by hand: nightshift incident open ${targetKey} --runbook ${runbook} --reason …`,
  );
}

/** The target as it is configured today. Where the API is asked, its own configuration decides. */
async function configuredTarget(
  io: Io,
  { verified }: Access,
  { of, target }: RerunPlan,
  options: RerunOptions,
): Promise<Target> {
  const config = verified === 'none' ? await configInForce(io, options) : undefined;
  if (!config) return target;
  const found = config.targets.find(({ key }) => key === target.key);
  if (found) return { key: found.key, kind: found.kind, scope: found.scope };
  const known = config.targets.map(({ key }) => key);
  throw new CliError(
    exitCodes.refused,
    `${target.key}, which the incident ${of} was about, is not configured any more`,
    suggest(target.key, known, 'Add it to `targets:` in the configuration first.'),
  );
}

/** One incident a target: said before anybody is asked, and held to again where the incident is started. */
async function nothingOpen({ incidents }: Access, { key }: Target): Promise<void> {
  const [open] = await incidents.list({ open: true, target: key, limit: 1 });
  if (!open) return;
  throw new CliError(
    exitCodes.refused,
    `the incident ${open.shortId} is open for ${key}, and a rerun can’t join it`,
    `Let it end first: nightshift incident watch ${open.shortId}`,
  );
}

function question({ of, runbook, alert, reason }: RerunPlan, target: Target, options: RerunOptions): string {
  const as = alert ? `its alert ${alert.name} (${alert.severity}), said anew` : `a person’s wish (${reason})`;
  const what = options.observe ? 'A rehearsal, which changes nothing:' : 'For real:';
  return `${what} a new incident for ${target.key}, runbook ${runbook}, as a rerun of ${of}, from ${as}.`;
}

async function consent(io: Io, { yes }: RerunOptions): Promise<void> {
  if (yes) return;
  if (!io.interactive)
    throw new CliError(exitCodes.usage, 'there is no terminal to ask back on', 'Say that it is meant: --yes');
  const sure = await confirm({ message: 'Open it?' });
  if (isCancel(sure) || !sure) throw new CliError(exitCodes.interrupted, 'nothing was opened');
}

function requestOf({ by }: Access, plan: RerunPlan, target: Target, options: RerunOptions): OpenRequest {
  const { of, runbook, severity, alert, reason } = plan;
  return {
    target,
    runbook,
    by,
    severity,
    reason: `rerun of ${of}: ${reason}`.slice(0, 2_000),
    observeOnly: options.observe ?? false,
    rerun: alert ? { of, alert } : { of },
    product,
  };
}

function opened({ shortId, targetKey }: Opened, { of }: RerunPlan): string {
  return `Opened incident ${shortId} of ${targetKey}, a rerun of ${of}`;
}
