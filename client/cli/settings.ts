import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { type Config, loadConfig, type TemporalSettings, temporalSettings } from '../../config/index.js';
import { filesOf, readIfThere, stateFolder, type UpRecord } from '../up/files.js';
import { lives } from '../up/process.js';
import { CliError, exitCodes } from './exit-codes.js';
import type { Io } from './terminal/io.js';

/** Options that most commands take. */
export interface CommonOptions {
  readonly config?: string;
  readonly state?: string;
  readonly temporal?: string;
  readonly namespace?: string;
  readonly api?: string;
  readonly tokenFile?: string;
  readonly as?: string;
  readonly output?: 'table' | 'json' | 'md';
}

/** The configuration file: asked for, named by the environment, or `nightshift.yaml` here. Undefined: there is none. */
export function configFile(io: Io, options: CommonOptions): string | undefined {
  const named = options.config ?? io.env.NIGHTSHIFT_CONFIG;
  if (named) return resolve(io.cwd, named);
  const here = join(io.cwd, 'nightshift.yaml');
  return existsSync(here) ? here : undefined;
}

/** The configuration here, or that of the `nightshift up` that runs; undefined where there is neither. */
export async function configInForce(io: Io, options: CommonOptions): Promise<Config | undefined> {
  const file = configFile(io, options) ?? (await runningUp(io, options))?.config;
  return file === undefined ? undefined : loadConfig(file);
}

/** The configuration, where there must be one. */
export function requireConfig(io: Io, options: CommonOptions): Config {
  const file = configFile(io, options);
  if (file) return loadConfig(file);
  throw new CliError(
    exitCodes.usage,
    'there is no configuration: no --config, no NIGHTSHIFT_CONFIG, and no nightshift.yaml here',
    'Begin with the example: nightshift config example > nightshift.yaml',
  );
}

/** What a running `nightshift up` wrote into its state folder, if it still runs. */
export async function runningUp(io: Io, options: CommonOptions): Promise<UpRecord | undefined> {
  const text = await readIfThere(filesOf(stateFolder(io.env, options.state)).up);
  if (text === undefined) return undefined;
  const record: UpRecord = JSON.parse(text);
  return lives(record) ? record : undefined;
}

/**
 * How Temporal is reached: as asked for, else as a running `up` says (if it runs on the same configuration, or there
 * is none here), else as configured, else where Temporal listens by default.
 */
export async function temporalFor(io: Io, options: CommonOptions): Promise<TemporalSettings> {
  const address = options.temporal ?? io.env.NIGHTSHIFT_TEMPORAL;
  const file = configFile(io, options);
  const configured = file ? temporalSettings(loadConfig(file)) : undefined;
  const namespace = options.namespace === undefined ? {} : { namespace: options.namespace };
  if (address) return { ...(configured ?? { namespace: 'default' }), ...namespace, address };
  const up = await runningUp(io, options);
  if (up && (file === undefined || file === up.config)) return { ...up.temporal, ...namespace };
  return { ...(configured ?? { address: 'localhost:7233', namespace: 'default' }), ...namespace };
}

/** Where the API is and which token to show it; undefined where none is named and no `up` runs. */
export async function apiFor(
  io: Io,
  options: CommonOptions,
): Promise<{ readonly url: string; readonly tokenFile: string } | undefined> {
  // What was typed goes before what the environment says.
  if (options.api === undefined && options.temporal !== undefined) return undefined;
  const url = options.api ?? io.env.NIGHTSHIFT_API;
  const tokenFile = options.tokenFile ?? io.env.NIGHTSHIFT_TOKEN_FILE;
  if (url) {
    if (tokenFile) return { url, tokenFile: resolve(io.cwd, tokenFile) };
    throw new CliError(
      exitCodes.usage,
      `the API at ${url} needs a token`,
      'Name its file with --token-file or NIGHTSHIFT_TOKEN_FILE (nightshift token create makes one).',
    );
  }
  if (io.env.NIGHTSHIFT_TEMPORAL) return undefined;
  const up = await runningUp(io, options);
  const file = configFile(io, options);
  if (!up || (file !== undefined && file !== up.config)) return undefined;
  return { url: up.api, tokenFile: tokenFile ?? up.tokenFile };
}

/** Who acts, where no token says so: by --as, else the user of this machine. */
export function personOf(io: Io, options: CommonOptions): string {
  return options.as ?? io.env.USER ?? userInfo().username;
}
