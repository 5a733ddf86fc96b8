import { spawn } from 'node:child_process';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached, fillCache } from '../lib/cache.mjs';
import { download, platform } from '../lib/download.mjs';
import { PartError } from '../lib/errors.mjs';
import { mavenFetch } from '../lib/maven.mjs';
import { freePort, listens } from '../lib/ports.mjs';
import { isExecutable, which } from '../lib/run-command.mjs';
import { unpack } from '../lib/unpack.mjs';

/** Temporal's test server, in which hours of timers pass in a second. */
export const VERSION = '1.38.0';
const PART = 'time-skipping-server';
const VARIABLE = 'NIGHTSHIFT_TIME_SKIPPING_SERVER';
const PROGRAM = 'temporal-test-server';
const START_MS = 20_000;
/** Finds its jars beside itself, so that the folder can be moved. */
const WRAPPER = `#!/bin/sh
exec java -cp "$(dirname "$0")/lib/*" io.temporal.testserver.TestServer "$@"
`;

/** @returns {Promise<{ path: string, version: string, how: string } | null>} */
export async function find() {
  const named = process.env[VARIABLE];
  if (named) {
    if (isExecutable(named)) return { path: named, version: 'unknown', how: 'env' };
    throw new PartError(
      `${VARIABLE} is ${named}, which can't be executed`,
      'let it name a temporal-test-server, or unset it',
    );
  }
  const onPath = which(PROGRAM);
  if (onPath) return { path: onPath, version: 'unknown', how: 'path' };
  const kept = cached(PART, VERSION);
  return kept ? { path: join(kept.dir, PROGRAM), version: VERSION, how: 'cache' } : null;
}

/**
 * @param {{ log: (line: string) => void, signal?: AbortSignal }} options
 * @returns {Promise<{ path: string, version: string, how: string }>}
 * @throws {PartError} if it can't be had
 */
export async function ensure({ log, signal }) {
  const found = await find();
  if (found) return found;
  const filled = await fillCache({
    title: `Temporal time-skipping test server ${VERSION}`,
    part: PART,
    version: VERSION,
    log,
    signal,
    ways: [
      { how: 'download', fill: (dir) => fromRelease({ dir, log, signal }) },
      { how: 'installed', fill: (dir) => fromMaven({ dir, log, signal }) },
    ],
    verify: (dir) => seeItListen(join(dir, PROGRAM)),
  });
  if ('dir' in filled) return { path: join(filled.dir, PROGRAM), version: VERSION, how: filled.how };
  throw new PartError(
    `the Temporal time-skipping test server can't be had (${filled.reasons.map((reason) => reason.split('\n').pop()).join('; ')})`,
    `install Java 11 or newer and Maven, or set ${VARIABLE} to a temporal-test-server`,
  );
}

/** The vendor publishes no checksums for this one; that it runs is checked by running it. */
async function fromRelease({ dir, log, signal }) {
  const machine = platform();
  if (!machine) return `no release for ${process.platform} ${process.arch}`;
  const name = `${PROGRAM}_${VERSION}_${machine.os === 'darwin' ? 'macOS' : 'linux'}_${machine.arch}`;
  const archive = join(dir, 'release.tar.gz');
  const url = `https://github.com/temporalio/sdk-java/releases/download/v${VERSION}/${name}.tar.gz`;
  await download({ url, to: archive, log, label: PART, signal });
  await unpack({ archive, into: dir, strip: 1, signal });
  rmSync(archive);
  return null;
}

async function fromMaven({ dir, log, signal }) {
  const library = { group: 'io.temporal', name: 'temporal-test-server', version: VERSION, megabytes: 38 };
  const reason = await mavenFetch({ ...library, into: dir, log, label: PART, signal });
  if (reason) return reason;
  writeFileSync(join(dir, PROGRAM), WRAPPER);
  chmodSync(join(dir, PROGRAM), 0o755);
  return null;
}

/** It has no `--version`: it is started on a free port and must listen. */
async function seeItListen(program) {
  const port = await freePort();
  const child = spawn(program, [String(port)], { stdio: 'ignore' });
  let ended = false;
  child.on('error', () => {
    ended = true;
  });
  child.on('exit', () => {
    ended = true;
  });
  const end = Date.now() + START_MS;
  try {
    while (!(await listens(port))) {
      if (ended || Date.now() > end) throw new Error('the test server that was fetched does not start');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    child.kill('SIGKILL');
  }
}
