import { type Command, InvalidArgumentError, Option } from 'commander';

/** Options that groups of commands share, so that they are the same everywhere. */

export function withConfig(command: Command): Command {
  return command.option(
    '-c, --config <file>',
    'the configuration (default: NIGHTSHIFT_CONFIG or ./nightshift.yaml)',
  );
}

export function withConnection(command: Command): Command {
  return withConfig(command)
    .option('--state <folder>', 'state folder of the `nightshift up` to talk to')
    .option('--temporal <host:port>', 'talk to Temporal there, not through the API')
    .option('--namespace <name>', 'namespace in it')
    .option('--api <url>', 'talk through the API there (default: NIGHTSHIFT_API, or that of `nightshift up`)')
    .option('--token-file <file>', 'token for the API (default: NIGHTSHIFT_TOKEN_FILE)');
}

export function withOutput(command: Command): Command {
  const output = new Option('-o, --output <form>', 'how results are printed').choices([
    'table',
    'json',
    'md',
  ]);
  return command.addOption(output.default('table'));
}

export function withPerson(command: Command): Command {
  return command.option(
    '--as <name>',
    'who acts, where no token says so (default: the user of this machine)',
  );
}

/** A whole number from 1 on. */
export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a whole number from 1 on.');
  return value;
}

/** A port, 0 not among them. */
export function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535)
    throw new InvalidArgumentError('a port from 1 to 65535.');
  return value;
}

/** An option that may be given several times: one value each, so that it never takes the paths that follow it. */
export function listed(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
