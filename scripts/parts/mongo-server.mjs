import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, fillCache } from '../lib/cache.mjs';
import { PartError } from '../lib/errors.mjs';
import { mavenFetch } from '../lib/maven.mjs';
import { freePort, listens } from '../lib/ports.mjs';
import { isExecutable, runCommand } from '../lib/run-command.mjs';
import { seeItStart } from '../lib/starts.mjs';

/**
 * A server that speaks MongoDB's protocol and keeps everything in memory. MongoDB itself is in no package
 * registry. A real one can be named: it is started with `--bind_ip <address> --port <port>`.
 */
export const VERSION = '1.47.0';
/** The library's version, and that of what is added to it: another folder of the cache. */
const KEPT = `${VERSION}-2`;
const PART = 'mongo-server';
const VARIABLE = 'NIGHTSHIFT_MONGO_SERVER';
/** Takes mongod's two options; finds its jars beside itself, so that the folder can be moved. */
const WRAPPER = `#!/bin/sh
host=127.0.0.1
port=27017
while [ $# -gt 0 ]; do
  case "$1" in
    --bind_ip) host="$2"; shift 2 ;;
    --port) port="$2"; shift 2 ;;
    *) echo "mongo-server: unknown option $1" >&2; exit 2 ;;
  esac
done
exec java -Xmx256m -cp "$(dirname "$0"):$(dirname "$0")/lib/*" NightshiftMongo "$host" "$port"
`;
/** Its own main class listens on localhost:27017 only, and tells of one connection whatever there is. */
const MAIN = fileURLToPath(new URL('mongo-server/NightshiftMongo.java', import.meta.url));

/** @returns {Promise<{ path: string, version: string, how: string } | null>} */
export async function find() {
  const named = process.env[VARIABLE];
  if (named) {
    if (isExecutable(named)) return { path: named, version: 'unknown', how: 'env' };
    throw new PartError(
      `${VARIABLE} is ${named}, which can't be executed`,
      'let it name a mongod, or unset it',
    );
  }
  const kept = cached(PART, KEPT);
  return kept ? { path: join(kept.dir, PART), version: VERSION, how: 'cache' } : null;
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
    title: `MongoDB-protocol server ${VERSION} (mongo-java-server)`,
    part: PART,
    version: KEPT,
    log,
    signal,
    ways: [{ how: 'installed', fill: (dir) => fromMaven({ dir, log, signal }) }],
    verify: (dir) => seeItListen(join(dir, PART)),
  });
  if ('dir' in filled) return { path: join(filled.dir, PART), version: VERSION, how: filled.how };
  throw new PartError(
    `a MongoDB-protocol server can't be had (${filled.reasons.map((reason) => reason.split('\n').pop()).join('; ')})`,
    `install a JDK (11 or newer) and Maven, or set ${VARIABLE} to a mongod`,
  );
}

async function fromMaven({ dir, log, signal }) {
  const library = { group: 'de.bwaldvogel', name: 'mongo-java-server', version: VERSION, megabytes: 10 };
  const reason = await mavenFetch({ ...library, into: dir, log, label: PART, compiler: true, signal });
  if (reason) return reason;
  copyFileSync(MAIN, join(dir, 'NightshiftMongo.java'));
  const compiled = await runCommand('javac', ['-cp', join(dir, 'lib', '*'), 'NightshiftMongo.java'], {
    cwd: dir,
    signal,
  });
  if (compiled.code !== 0) return `javac failed: ${compiled.tail}`;
  writeFileSync(join(dir, PART), WRAPPER);
  chmodSync(join(dir, PART), 0o755);
  return null;
}

/** It has no `--version`: it is started on a free port and must listen. */
async function seeItListen(program) {
  const port = await freePort();
  const args = ['--bind_ip', '127.0.0.1', '--port', String(port)];
  await seeItStart({ program, args, cwd: dirname(program), ready: () => listens(port) });
}
