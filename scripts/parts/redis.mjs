import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { aptUnpack } from '../lib/apt.mjs';
import { cached, fillCache } from '../lib/cache.mjs';
import { PartError } from '../lib/errors.mjs';
import { peek, which } from '../lib/run-command.mjs';

/** Redis is published as source only, so it is Debian's. */
export const VERSION = '7.0';
const PART = 'redis';
const VARIABLE = 'NIGHTSHIFT_REDIS_SERVER';
/** The server is in redis-tools, in Debian; the others are libraries that a machine may lack. */
const PACKAGES = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1'];
const PROGRAMS = ['redis-server', 'redis-cli'];
/** Starts the program beside it with the libraries beside it, so that the folder can be moved. */
const wrapper = (name) => `#!/bin/sh
here="$(dirname "$0")"
LD_LIBRARY_PATH="$here/libraries" exec "$here/programs/${name}" "$@"
`;

/**
 * A Redis server, with redis-cli.
 * @returns {Promise<{ path: string, cli: string, version: string, how: string, program: string, cliProgram: string,
 *   libraryPath: string } | null>} `program` and `libraryPath`: what to put into an image
 */
export async function find() {
  const named = process.env[VARIABLE];
  const ours = cached(PART, VERSION);
  // As `npm test` names it: the file is a wrapper, and an image is made of what is behind it.
  if (named && ours && named === join(ours.dir, 'redis-server')) return inCache(ours.dir, 'env');
  if (named) {
    if (!versionOf(named))
      throw new PartError(
        `${VARIABLE} is ${named}, which is no redis-server`,
        'let it name one, or unset it',
      );
    return installed(named, 'env');
  }
  const onPath = which('redis-server');
  if (onPath && which('redis-cli') && versionOf(onPath)) return installed(onPath, 'path');
  return ours ? inCache(ours.dir, 'cache') : null;
}

/**
 * @param {{ log: (line: string) => void, signal?: AbortSignal }} options
 * @throws {PartError} if it can't be had
 */
export async function ensure({ log, signal }) {
  const found = await find();
  if (found) return found;
  const filled = await fillCache({
    title: `Redis ${VERSION}`,
    part: PART,
    version: VERSION,
    log,
    signal,
    ways: [{ how: 'installed', fill: (dir) => fromDebian({ dir, log, signal }) }],
    verify: (dir) => {
      for (const name of PROGRAMS)
        if (!versionOf(join(dir, name))) throw new Error(`the ${name} that was fetched does not run`);
    },
  });
  if ('dir' in filled) return inCache(filled.dir, filled.how);
  throw new PartError(
    `Redis can't be had (${filled.reasons.map((reason) => reason.split('\n').pop()).join('; ')})`,
    `install it, so that redis-server and redis-cli are on PATH, or set ${VARIABLE}`,
  );
}

async function fromDebian({ dir, log, signal }) {
  const reason = await aptUnpack({ packages: PACKAGES, into: dir, log, label: PART, signal });
  if (reason) return reason;
  mkdirSync(join(dir, 'programs'));
  mkdirSync(join(dir, 'libraries'));
  // redis-server is a link to redis-check-rdb, which is the same program.
  renameSync(join(dir, 'usr/bin/redis-check-rdb'), join(dir, 'programs/redis-server'));
  renameSync(join(dir, 'usr/bin/redis-cli'), join(dir, 'programs/redis-cli'));
  for (const name of readdirSync(join(dir, 'usr/lib'), { recursive: true }).map(String))
    if (name.includes('.so'))
      renameSync(join(dir, 'usr/lib', name), join(dir, 'libraries', name.split('/').pop()));
  for (const name of PROGRAMS) {
    writeFileSync(join(dir, name), wrapper(name));
    chmodSync(join(dir, name), 0o755);
  }
  for (const name of readdirSync(dir))
    if (!['programs', 'libraries', ...PROGRAMS].includes(name)) rmSync(join(dir, name), { recursive: true });
  return null;
}

function inCache(dir, how) {
  return {
    path: join(dir, 'redis-server'),
    cli: join(dir, 'redis-cli'),
    version: versionOf(join(dir, 'redis-server')) ?? VERSION,
    how,
    program: join(dir, 'programs/redis-server'),
    cliProgram: join(dir, 'programs/redis-cli'),
    libraryPath: join(dir, 'libraries'),
  };
}

function installed(path, how) {
  const beside = join(dirname(path), 'redis-cli');
  const cli = versionOf(beside) ? beside : which('redis-cli');
  if (!cli) throw new PartError(`there is no redis-cli with ${path}`, 'install it, so that it is on PATH');
  return {
    path,
    cli,
    version: versionOf(path) ?? VERSION,
    how,
    program: path,
    cliProgram: cli,
    libraryPath: '',
  };
}

/** `Redis server v=7.0.15 …`, `redis-cli 7.0.15`. */
function versionOf(path) {
  return /(?:v=|redis-cli )(\d+\.\d+\.\d+)/.exec(peek(path, ['--version']) ?? '')?.[1] ?? null;
}
