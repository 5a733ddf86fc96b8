import { confirm, isCancel } from '@clack/prompts';
import type { Command } from 'commander';
import type { IncidentView } from '../../../../model/view.js';
import type { IncidentDetails } from '../../../incidents/index.js';
import { withAccess } from '../../access/index.js';
import { named } from '../../access/named.js';
import { CliError, exitCodes } from '../../exit-codes.js';
import { withConnection, withPerson } from '../../options.js';
import type { Cli } from '../../program.js';
import type { CommonOptions } from '../../settings.js';
import type { Io } from '../../terminal/io.js';
import { questionLines } from '../../watch/decision.js';

interface DecideOptions extends CommonOptions {
  readonly hash?: string;
  readonly comment?: string;
  readonly yes?: boolean;
}

type Open = NonNullable<IncidentView['openDecision']>;

/** `incident approve` and `incident reject`. */
export function addDecisions(group: Command, { io }: Cli): void {
  const make = (name: string) =>
    withPerson(withConnection(group.command(name).argument('<incident>', 'target or short id')))
      .option('--hash <hash>', 'of the exact change, as it was shown: another one is then refused')
      .option('-y, --yes', 'don’t ask back: answer whatever is asked now');
  make('approve')
    .description('Approve the exact change that an incident asks for')
    .option('-m, --comment <text>', 'kept with the decision')
    .addHelpText('after', '\nExample:\n  nightshift incident approve k3f7x2ab --hash 71fd2d19d2dafaf2')
    .action((name: string, options: DecideOptions) => decide(io, 'approve', name, options));
  make('reject')
    .description('Reject the change that an incident asks for')
    .requiredOption('-m, --comment <text>', 'why not')
    .addHelpText(
      'after',
      "\nExample:\n  nightshift incident reject k3f7x2ab --comment 'a release is under way'",
    )
    .action((name: string, options: DecideOptions) => decide(io, 'reject', name, options));
}

async function decide(
  io: Io,
  answer: 'approve' | 'reject',
  name: string,
  options: DecideOptions,
): Promise<void> {
  await withAccess(io, options, async ({ incidents, by, verified }) => {
    const details = await incidents.read(await named(incidents, name));
    const open = openQuestion(details, options);
    io.out(`${question(io, details)}\n`);
    await consent(io, answer, options);
    const comment = options.comment === undefined ? {} : { comment: options.comment };
    const reply = await incidents.decide(details, { hash: open.hash, answer, by, verified, ...comment });
    if (reply.accepted) return io.out(`Taken: ${reply.why}.\n`);
    throw new CliError(exitCodes.refused, `not taken: ${reply.why}`, notTaken(details, verified, open));
  });
}

function openQuestion({ view, note, shortId, open }: IncidentDetails, { hash }: DecideOptions): Open {
  if (!open) throw new CliError(exitCodes.refused, `the incident ${shortId} has ended`);
  if (!view)
    throw new CliError(exitCodes.failed, note ?? 'no worker answers', 'Start a worker, and ask again.');
  const asked = view.openDecision;
  if (!asked)
    throw new CliError(
      exitCodes.refused,
      `the incident ${shortId} asks for no decision now`,
      `How it stands: nightshift incident show ${shortId}`,
    );
  if (hash !== undefined && hash !== asked.hash)
    throw new CliError(
      exitCodes.refused,
      `${hash} is not the change that is asked for now (that is ${asked.hash}: ${asked.change.sentence})`,
      `Look at it: nightshift incident show ${shortId}`,
    );
  return asked;
}

/** What to do where an answer does not count: prove who one is, or have somebody else answer. */
function notTaken({ shortId }: IncidentDetails, verified: 'token' | 'none', { group }: Open): string {
  if (verified === 'none')
    return 'Your identity is not verified this way. Answer through the API: --api and --token-file, or with `nightshift up` running.';
  const who = group.length === 0 ? 'anybody who can be identified' : group.join(', ');
  return [
    `How it stands: nightshift incident show ${shortId}`,
    `Who may answer, each with a token of their own (nightshift token create <name> --role operator): ${who}`,
  ].join('\n');
}

/** The exact change, before anybody answers. */
function question(io: Io, { view }: IncidentDetails): string {
  if (!view) return '';
  return questionLines({ view, now: io.now(), columns: io.columns(), paint: io.paint }).slice(1).join('\n');
}

/** Nobody approves what they have not seen: by its hash, by saying yes to it, or by --yes. */
async function consent(io: Io, answer: 'approve' | 'reject', { hash, yes }: DecideOptions): Promise<void> {
  if (hash !== undefined || yes) return;
  if (!io.interactive)
    throw new CliError(
      exitCodes.usage,
      'there is no terminal to ask back on',
      'Say which change is meant with --hash (shown above), or that any is with --yes.',
    );
  const sure = await confirm({ message: answer === 'approve' ? 'Approve it?' : 'Reject it?' });
  if (isCancel(sure) || !sure) throw new CliError(exitCodes.interrupted, 'nothing was answered');
}
