import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { cached, fillCache } from '../lib/cache.mjs';
import { PartError } from '../lib/errors.mjs';
import { goInstall } from '../lib/go.mjs';
import { peek } from '../lib/run-command.mjs';

/** The parser of `docker compose` by itself: it reads and checks a compose file, and needs no engine. */
export const VERSION = '2.14.0';
const PART = 'compose-spec';
const VARIABLE = 'NIGHTSHIFT_COMPOSE_SPEC';

/** @returns {Promise<{ path: string, version: string, how: string } | null>} */
export async function find() {
  const named = process.env[VARIABLE];
  if (named) {
    if (runs(named)) return { path: named, version: VERSION, how: 'env' };
    throw new PartError(
      `${VARIABLE} is ${named}, which is not compose-go's program`,
      'let it name one, or unset it',
    );
  }
  const kept = cached(PART, VERSION);
  return kept ? { path: join(kept.dir, PART), version: VERSION, how: 'cache' } : null;
}

/**
 * Finds the parser or builds it. It is published as source only.
 * @param {{ log: (line: string) => void, signal?: AbortSignal }} options
 * @returns {Promise<{ path: string, version: string, how: string }>}
 * @throws {PartError} if it can't be had
 */
export async function ensure({ log, signal }) {
  const found = await find();
  if (found) return found;
  const filled = await fillCache({
    title: `compose-go ${VERSION} (reads docker-compose.yml in the tests)`,
    part: PART,
    version: VERSION,
    log,
    signal,
    ways: [{ how: 'built', fill: (dir) => fromSource({ dir, log, signal }) }],
    verify: (dir) => {
      if (!runs(join(dir, PART))) throw new Error('the parser that was built does not run');
    },
  });
  if ('dir' in filled) return { path: join(filled.dir, PART), version: VERSION, how: filled.how };
  throw new PartError(
    `the compose parser can't be had (${filled.reasons.map((reason) => reason.split('\n').pop()).join('; ')})`,
    `install Go (https://go.dev/dl), or set ${VARIABLE} to the path of compose-go's program`,
  );
}

async function fromSource({ dir, log, signal }) {
  const reason = await goInstall({
    module: 'github.com/compose-spec/compose-go/v2/cmd',
    version: `v${VERSION}`,
    into: dir,
    packages: 190,
    takes: 'some 20 s; a program of 5 MB',
    log,
    label: PART,
    signal,
  });
  if (!reason) renameSync(join(dir, 'cmd'), join(dir, PART));
  return reason;
}

/** Without a file it says what it is for. */
function runs(path) {
  return (peek(path, ['-h']) ?? '').includes('-format');
}
