import { readFileSync, statSync } from 'node:fs';
import type { Config, SecretRef, TemporalSettings } from './types.js';

/** A secret can't be had. The message says where it should have been, and never what it is. */
export class SecretError extends Error {
  override readonly name = 'SecretError';
}

/**
 * The value of a secret, read now: from its file (without the line end at its end) or from the environment.
 * Throws `SecretError`. Whoever calls it must not log it or put it in a payload.
 */
export function resolveSecret(config: Pick<Config, 'secrets'>, name: string): string {
  const ref = Object.hasOwn(config.secrets, name) ? config.secrets[name] : undefined;
  if (ref === undefined)
    throw new SecretError(`Secret ${name} is not under secrets: in the configuration. Add it there.`);
  const value = 'file' in ref ? fromFile(name, ref.file) : process.env[ref.env];
  if (value === undefined || value === '')
    throw new SecretError(`Secret ${name} is empty: ${whereOf(ref)}. Put the secret there.`);
  return value;
}

function fromFile(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new SecretError(`Secret ${name}: ${file} can't be read (${code}). Check the path and its rights.`);
  }
}

function whereOf(ref: SecretRef): string {
  return 'file' in ref ? `file ${ref.file}` : `environment variable ${ref.env}`;
}

/** How Temporal is reached, with its API key. Throws `SecretError`. */
export function temporalSettings(config: Pick<Config, 'secrets' | 'temporal'>): TemporalSettings {
  const { apiKeySecret, ...settings } = config.temporal;
  return apiKeySecret === undefined ? settings : { ...settings, apiKey: resolveSecret(config, apiKeySecret) };
}

/** How the Alertmanager is asked, its credentials as headers. Throws `SecretError`. */
export function alertmanagerAccess(
  config: Pick<Config, 'secrets' | 'alertmanager'>,
): AlertmanagerAccess | undefined {
  if (config.alertmanager === undefined) return undefined;
  const { auth, url, everySeconds } = config.alertmanager;
  if (auth === undefined) return { url, everySeconds, headers: {} };
  if ('bearerSecret' in auth)
    return {
      url,
      everySeconds,
      headers: { authorization: `Bearer ${resolveSecret(config, auth.bearerSecret)}` },
    };
  const pair = `${auth.username}:${resolveSecret(config, auth.passwordSecret)}`;
  return { url, everySeconds, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}

export interface AlertmanagerAccess {
  readonly url: string;
  readonly everySeconds: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** What people should know of the secrets here: those that can't be had, and files that everybody may read. */
export function secretWarnings(config: Pick<Config, 'secrets'>): readonly string[] {
  return Object.entries(config.secrets).flatMap(([name, ref]) => {
    try {
      resolveSecret(config, name);
      return 'file' in ref ? rightsWarning(name, ref.file) : [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  });
}

/** Docker mounts its secrets readable for all in the container: there, that is as it should be. */
function rightsWarning(name: string, file: string): readonly string[] {
  if (file.startsWith('/run/secrets/') || (statSync(file).mode & 0o007) === 0) return [];
  return [`Secret ${name}: everybody on this machine may read ${file}. Run: chmod o= ${file}`];
}
