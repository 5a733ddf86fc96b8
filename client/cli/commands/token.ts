import { type Command, Option } from 'commander';
import { createToken, type Role, roles } from '../../tokens/index.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { withConfig } from '../options.js';
import type { Cli } from '../program.js';
import { type CommonOptions, configFile, requireConfig } from '../settings.js';
import type { Io } from '../terminal/io.js';

interface Options extends CommonOptions {
  readonly role: Role;
  readonly targets?: readonly string[];
  readonly file?: string;
}

/** `nightshift token …` */
export function addToken(root: Command, { io }: Cli): void {
  const group = root.command('token').description('Tokens for the API');
  withConfig(group.command('create').argument('<name>', 'whom or what it stands for: ana, alertmanager'))
    .description('Make a token. It is printed once; only its hash is kept')
    .addOption(
      new Option('--role <role>', 'webhook opens incidents by alerts and nothing else; viewer reads')
        .choices(roles)
        .makeOptionMandatory(),
    )
    .option('--targets <pattern...>', 'only for these targets: docker/local/* (default: all)')
    .option('--file <file>', 'the token file (default: as configured, api.tokensFile)')
    .addHelpText(
      'after',
      '\nExamples:\n  nightshift token create ana --role operator\n  nightshift token create alertmanager --role webhook > webhook.token',
    )
    .action((name: string, options: Options) => create(io, name, options));
}

async function create(io: Io, name: string, options: Options): Promise<void> {
  const file = options.file ?? tokensFile(io, options);
  const { role, targets } = options;
  const token = await createToken({ file, name, role, ...(targets ? { targets } : {}) });
  io.out(`${token}\n`);
  io.err(
    `Token of ${name} (${role}, ${targets?.join(', ') ?? 'all targets'}). It can’t be shown again; its hash is in ${file}.\n`,
  );
}

function tokensFile(io: Io, options: Options): string {
  if (configFile(io, options) !== undefined) return requireConfig(io, options).api.tokensFile;
  throw new CliError(
    exitCodes.usage,
    'it is not known which file keeps the tokens: there is no configuration here',
    'Name the file with --file, or a configuration with --config.',
  );
}
