import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cached, fillCache } from '../lib/cache.mjs';
import { download, platform } from '../lib/download.mjs';
import { PartError } from '../lib/errors.mjs';
import { goInstall } from '../lib/go.mjs';
import { isExecutable, peek, which } from '../lib/run-command.mjs';
import { unpack } from '../lib/unpack.mjs';

/**
 * The Temporal CLI, which holds the embedded server. 1.5.1 is the newest that `go install` can build
 * (1.9.1 has a replace directive); it brings server 1.29.1.
 */
export const VERSION = '1.5.1';
const VARIABLE = 'NIGHTSHIFT_TEMPORAL_CLI';
const SERVER = { major: 1, minor: 29 };
const RELEASES = 'https://github.com/temporalio/cli/releases/download';

/**
 * Looks for a Temporal CLI that is there already; fetches nothing.
 * @returns {Promise<{ path: string, version: string, how: string } | null>}
 * @throws {PartError} if the environment variable names something that isn't a Temporal CLI
 */
export async function find() {
  const named = process.env[VARIABLE];
  if (named) {
    const version = versionOf(named);
    if (version) return { path: named, version, how: 'env' };
    throw new PartError(`${VARIABLE} is ${named}, which is no Temporal CLI`, `let it name one, or unset it`);
  }
  const onPath = which('temporal');
  const version = onPath && versionOf(onPath);
  if (version && isNewEnough(version)) return { path: onPath, version, how: 'path' };
  const dir = cached('temporal', VERSION)?.dir;
  if (dir && isExecutable(join(dir, 'temporal'))) {
    return {
      path: join(dir, 'temporal'),
      version: versionOf(join(dir, 'temporal')) ?? VERSION,
      how: 'cache',
    };
  }
  return null;
}

/**
 * Finds a Temporal CLI, or downloads it, or builds it.
 * @param {{ log: (line: string) => void, signal?: AbortSignal }} options
 * @returns {Promise<{ path: string, version: string, how: string }>}
 * @throws {PartError} if it can't be had
 */
export async function ensure({ log, signal }) {
  const found = await find();
  if (found) return found;
  const filled = await fillCache({
    title: `Temporal CLI ${VERSION} (the embedded server)`,
    part: 'temporal',
    version: VERSION,
    log,
    signal,
    ways: [
      { how: 'download', fill: (dir) => fromRelease({ dir, log, signal }) },
      { how: 'built', fill: (dir) => fromSource({ dir, log, signal }) },
    ],
    verify: (dir) => {
      if (!versionOf(join(dir, 'temporal'))) throw new Error('the CLI that was fetched does not run');
    },
  });
  if ('dir' in filled) {
    const path = join(filled.dir, 'temporal');
    return { path, version: versionOf(path) ?? VERSION, how: filled.how };
  }
  throw new PartError(
    `the Temporal CLI can't be had (${filled.reasons.map((reason) => reason.split('\n').pop()).join('; ')})`,
    `install it (https://docs.temporal.io/cli/setup-cli) so that \`temporal\` is on PATH, or set ${VARIABLE} to its path`,
  );
}

async function fromRelease({ dir, log, signal }) {
  const machine = platform();
  if (!machine) return `no release for ${process.platform} ${process.arch}`;
  const release = `${RELEASES}/v${VERSION}`;
  const archive = join(dir, 'cli.tar.gz');
  const url = `${release}/temporal_cli_${VERSION}_${machine.os}_${machine.arch}.tar.gz`;
  await download({ url, to: archive, checksums: `${release}/checksums.txt`, log, label: 'temporal', signal });
  await unpack({ archive, into: dir, signal });
  rmSync(archive);
  return null;
}

function fromSource({ dir, log, signal }) {
  return goInstall({
    module: 'github.com/temporalio/cli/cmd/temporal',
    version: `v${VERSION}`,
    into: dir,
    packages: 1300,
    takes: "some 2 min 30 s to 4 min on two cores, 3 GB in Go's own caches, a program of 213 MB",
    log,
    label: 'temporal',
    signal,
  });
}

/** The server's version says what it can do; a CLI built from source doesn't know its own ("0.0.0-DEV"). */
function versionOf(path) {
  if (!existsSync(path)) return null;
  return /^temporal version .*\(Server ([\d.]+)/.exec(peek(path, ['--version']) ?? '')?.[1] ?? null;
}

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > SERVER.major || (major === SERVER.major && minor >= SERVER.minor);
}
