import type { Command } from 'commander';
import { bytes } from '../../../model/format.js';
import { filesOf, type StateFiles, stateFolder } from '../../up/files.js';
import { residentBytes } from '../../up/process.js';
import type { Up } from '../../up/up.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { port, withConfig } from '../options.js';
import type { Cli } from '../program.js';
import { type CommonOptions, configFile, personOf } from '../settings.js';
import type { Io } from '../terminal/io.js';
import { aside, withProgress } from '../terminal/progress.js';

interface Options extends CommonOptions {
  readonly port?: number;
  readonly uiPort?: number;
  readonly apiPort?: number;
}

export function addUp(root: Command, { io }: Cli): void {
  withConfig(root.command('up'))
    .description('Run everything on this machine: an embedded Temporal server, a worker and the API')
    .option(
      '--state <folder>',
      'where everything is kept (default: NIGHTSHIFT_STATE, or the user’s state folder)',
    )
    .option('--port <port>', 'of the Temporal server (default: 7233, or a free one)', port)
    .option('--ui-port <port>', 'of Temporal’s web page (default: 8233, or a free one)', port)
    .option('--api-port <port>', 'of the API (default: as configured)', port)
    .addHelpText(
      'after',
      '\nEverything listens on loopback only. Ctrl-C stops it; open incidents go on at the next start.\n\nExamples:\n  nightshift up\n  nightshift up --config /etc/nightshift.yaml --state /var/lib/nightshift',
    )
    .action((options: Options) => up(io, options));
}

async function up(io: Io, options: Options): Promise<void> {
  const files = filesOf(stateFolder(io.env, options.state));
  const file = configFile(io, options);
  const { port, uiPort, apiPort } = options;
  const { startUp } = await import('../../up/up.js');
  const starting = startUp({
    files,
    ...(file === undefined ? {} : { configFile: file }),
    env: io.env,
    person: personOf(io, options),
    log: (line) => io.err(aside(io, line)),
    signal: io.signal,
    ...(port === undefined ? {} : { port }),
    ...(uiPort === undefined ? {} : { uiPort }),
    ...(apiPort === undefined ? {} : { apiPort }),
  });
  const running = await withProgress(io, 'Starting', starting);
  io.out(`${summary(running, files, elsewhere(options), file).join('\n')}\n`);
  const why = await Promise.race([running.broken, interrupted(io.signal)]);
  io.err(`${why === undefined ? 'Stopping' : `Stopping: ${why}`} …\n`);
  await running.stop();
  if (why !== undefined) throw new CliError(exitCodes.failed, why);
  io.err('Stopped. Open incidents go on when it is started again.\n');
}

/** What to type in another terminal: it has to find the same state folder. */
function elsewhere({ state }: Options): string {
  return `nightshift incident list${state === undefined ? '' : ` --state ${state}`}`;
}

function summary(
  { record, server, config }: Up,
  { folder, webhookToken }: StateFiles,
  hint: string,
  file: string | undefined,
): readonly string[] {
  const own = residentBytes(process.pid);
  const theirs = server.memory();
  const memory = [
    ...(theirs === undefined ? [] : [`Temporal server ${bytes(theirs)}`]),
    ...(own === undefined ? [] : [`worker and API ${bytes(own)}`]),
  ];
  return [
    'Nightshift is up. Ctrl-C stops it; open incidents go on at the next start.',
    '',
    `  API            ${record.api}`,
    `  operator token ${record.tokenFile}`,
    `  alerts in      POST ${record.api}/alerts/alertmanager`,
    `  webhook token  ${webhookToken} (opens incidents and nothing else)`,
    `  Temporal       ${record.temporal.address} (server ${server.version})`,
    `  Temporal UI    ${record.ui}`,
    `  configuration  ${file ?? `${record.config} (none was found: nothing is changed)`}`,
    `  looks after    ${config.targets.map(({ key }) => key).join(', ') || 'no target yet'}`,
    ...(config.archive ? [`  archive        ${config.archive.folder}`] : []),
    `  state          ${folder}`,
    ...(memory.length === 0 ? [] : [`  memory         ${memory.join(', ')}`]),
    '',
    `Elsewhere: ${hint}`,
  ];
}

/** Settles at Ctrl-C. */
export function interrupted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
