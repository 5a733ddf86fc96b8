import { aptInstall } from '../lib/apt.mjs';
import { PartError } from '../lib/errors.mjs';
import { peek, which } from '../lib/run-command.mjs';

const VARIABLE = 'NIGHTSHIFT_OPENSSL';

/**
 * openssl, with which the tests make the certificates of a mutual TLS server.
 * @returns {Promise<{ path: string, version: string, how: string } | null>}
 */
export async function find() {
  const named = process.env[VARIABLE];
  if (named) {
    const version = versionOf(named);
    if (version) return { path: named, version, how: 'env' };
    throw new PartError(`${VARIABLE} is ${named}, which is no openssl`, 'let it name one, or unset it');
  }
  const path = which('openssl');
  const version = path && versionOf(path);
  return version ? { path, version, how: 'path' } : null;
}

/**
 * @param {{ log: (line: string) => void, signal?: AbortSignal }} options
 * @returns {Promise<{ path: string, version: string, how: string }>}
 * @throws {PartError} if it can't be had
 */
export async function ensure({ log, signal }) {
  const found = await find();
  if (found) return found;
  log('openssl: not here yet; it is installed with apt, for the whole system');
  const reason = await aptInstall({ packages: ['openssl'], log, label: 'openssl', signal });
  const installed = reason ? null : await find();
  if (installed) return { ...installed, how: 'installed' };
  throw new PartError(
    `openssl can't be had: ${reason ?? 'it does not run'}`,
    `install it with your package manager, or set ${VARIABLE}`,
  );
}

function versionOf(path) {
  return /^(?:Open|Libre)SSL ([\w.]+)/.exec(peek(path, ['version']) ?? '')?.[1] ?? null;
}
