import { join } from 'node:path';
import { cached, fillCache } from '../lib/cache.mjs';
import { PartError } from '../lib/errors.mjs';
import { goInstall } from '../lib/go.mjs';
import { peek, which } from '../lib/run-command.mjs';

/** Installs the chart in deploy/helm, in the tests. A chart that nobody's Helm has installed is only text. */
export const VERSION = '3.20.2';
const PART = 'helm';
const VARIABLE = 'NIGHTSHIFT_HELM';

/** @returns {Promise<{ path: string, version: string, how: string } | null>} */
export async function find() {
  const named = process.env[VARIABLE];
  if (named) {
    if (runs(named)) return { path: named, version: 'unknown', how: 'env' };
    throw new PartError(`${VARIABLE} is ${named}, which is no Helm 3`, 'let it name one, or unset it');
  }
  const onPath = which('helm');
  if (onPath && runs(onPath)) return { path: onPath, version: 'unknown', how: 'path' };
  const kept = cached(PART, VERSION);
  return kept ? { path: join(kept.dir, PART), version: VERSION, how: 'cache' } : null;
}

/**
 * Finds Helm or builds it: its binaries are in no package registry.
 * @param {{ log: (line: string) => void, signal?: AbortSignal }} options
 * @returns {Promise<{ path: string, version: string, how: string }>}
 * @throws {PartError} if it can't be had
 */
export async function ensure({ log, signal }) {
  const found = await find();
  if (found) return found;
  const filled = await fillCache({
    title: `Helm ${VERSION} (installs the chart in the tests)`,
    part: PART,
    version: VERSION,
    log,
    signal,
    ways: [{ how: 'built', fill: (dir) => fromSource({ dir, log, signal }) }],
    verify: (dir) => {
      if (!runs(join(dir, PART))) throw new Error('the Helm that was built does not run');
    },
  });
  if ('dir' in filled) return { path: join(filled.dir, PART), version: VERSION, how: filled.how };
  throw new PartError(
    `Helm can't be had (${filled.reasons.map((reason) => reason.split('\n').pop()).join('; ')})`,
    `install Helm 3 (https://helm.sh) or Go, or set ${VARIABLE}`,
  );
}

function fromSource({ dir, log, signal }) {
  return goInstall({
    module: 'helm.sh/helm/v3/cmd/helm',
    version: `v${VERSION}`,
    into: dir,
    packages: 660,
    takes: 'some 2 minutes; a program of 60 MB',
    log,
    label: PART,
    signal,
  });
}

/** Built so, it calls itself v3 without the rest. */
function runs(path) {
  return (peek(path, ['version', '--template', '{{.Version}}']) ?? '').startsWith('v3');
}
