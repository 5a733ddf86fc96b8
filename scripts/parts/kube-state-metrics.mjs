import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached, fillCache } from '../lib/cache.mjs';
import { PartError } from '../lib/errors.mjs';
import { goBuild } from '../lib/go.mjs';
import { peek, which } from '../lib/run-command.mjs';

/** Tells Prometheus of ends and restarts of containers, which the kubelet's counters forget. Its vendor has an image only. */
export const VERSION = '2.13.0';
const PART = 'kube-state-metrics';
const VARIABLE = 'NIGHTSHIFT_KUBE_STATE_METRICS';
const MODULE = 'k8s.io/kube-state-metrics/v2';

/** @returns {Promise<{ path: string, version: string, how: string } | null>} */
export async function find() {
  const named = process.env[VARIABLE];
  if (named) {
    if (runs(named)) return { path: named, version: 'unknown', how: 'env' };
    throw new PartError(`${VARIABLE} is ${named}, which is no ${PART}`, 'let it name one, or unset it');
  }
  const onPath = which(PART);
  if (onPath && runs(onPath)) return { path: onPath, version: 'unknown', how: 'path' };
  const kept = cached(PART, VERSION);
  return kept ? { path: join(kept.dir, PART), version: VERSION, how: 'cache' } : null;
}

/**
 * Finds kube-state-metrics or builds it.
 * @param {{ log: (line: string) => void, signal?: AbortSignal }} options
 * @returns {Promise<{ path: string, version: string, how: string }>}
 * @throws {PartError} if it can't be had
 */
export async function ensure({ log, signal }) {
  const found = await find();
  if (found) return found;
  const filled = await fillCache({
    title: `kube-state-metrics ${VERSION} (tells of OOM kills in the tests)`,
    part: PART,
    version: VERSION,
    log,
    signal,
    ways: [{ how: 'built', fill: (dir) => fromSource({ dir, log, signal }) }],
    verify: (dir) => {
      if (!runs(join(dir, PART))) throw new Error('the kube-state-metrics that was built does not run');
    },
  });
  if ('dir' in filled) return { path: join(filled.dir, PART), version: VERSION, how: filled.how };
  throw new PartError(
    `kube-state-metrics can't be had (${filled.reasons.map((reason) => reason.split('\n').pop()).join('; ')})`,
    `install Go (https://go.dev/dl), or set ${VARIABLE} to the path of kube-state-metrics 2.12 or later`,
  );
}

/** `go install` asks for the list of all versions, which not every proxy has; a module of our own asks for this one. */
async function fromSource({ dir, log, signal }) {
  const work = join(dir, 'build');
  mkdirSync(work);
  writeFileSync(
    join(work, 'go.mod'),
    `module nightshift/kube-state-metrics\n\ngo 1.22.0\n\nrequire ${MODULE} v${VERSION}\n`,
  );
  const reason = await goBuild({
    commands: [MODULE],
    into: dir,
    cwd: work,
    ldflags: `-s -w -X github.com/prometheus/common/version.Version=v${VERSION}`,
    packages: 880,
    takes: 'some 2 minutes; a program of 45 MB',
    log,
    label: PART,
    signal,
  });
  rmSync(work, { recursive: true, force: true });
  return reason;
}

/** `kube-state-metrics, version v2.13.0 (…)`. */
function runs(path) {
  return (peek(path, ['version']) ?? '').startsWith(PART);
}
