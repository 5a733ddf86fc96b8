import { existsSync } from 'node:fs';
import { PartError } from '../../lib/errors.mjs';
import { peek, which } from '../../lib/run-command.mjs';
import { joinOwn, startOwn } from './cluster.mjs';
import { checkHost, ensureTools } from './host.mjs';
import { ensurePrograms, findPrograms, VERSION } from './programs.mjs';

export { removeLeftovers } from './cluster.mjs';
export { VERSION };

/** The kubeconfig of a person's own cluster, which takes the place of ours. */
const VARIABLE = 'NIGHTSHIFT_KUBECONFIG';
/** The folder of a cluster of ours that runs already: what a task hands to the tests that it runs. */
const JOIN = 'NIGHTSHIFT_CLUSTER';

/**
 * What a cluster is made of, or a person's own cluster; fetches and starts nothing.
 * @returns {Promise<{ path: string, paths?: Record<string, string>, version: string, how: string } | null>}
 *   `path`: kubectl's, or where `how` is `env`, the kubeconfig's
 */
export async function find() {
  return named() ?? (await findPrograms());
}

function named() {
  const path = process.env[VARIABLE];
  if (!path) return null;
  if (existsSync(path)) return { path, version: 'unknown', how: 'env' };
  throw new PartError(
    `${VARIABLE} is ${path}, which does not exist`,
    'let it name a kubeconfig, or unset it',
  );
}

/**
 * Makes sure that a cluster can be had: a person's own, or all programs of one of ours. Starts nothing.
 * @param {{ log: (line: string) => void, signal?: AbortSignal }} options
 * @throws {PartError} where it can't, before anything is fetched
 */
export async function ensure({ log, signal }) {
  const own = named();
  if (own) return own;
  checkHost();
  await ensureTools({ log, signal });
  return ensurePrograms({ log, signal });
}

/**
 * A cluster to work with: one of ours that runs already; or the person's own, as it is; otherwise one of ours,
 * new, with one node that is ready.
 *
 * Call `stop()` when done; it returns when nothing is left of the cluster. If this process dies without it, in
 * whatever way, the cluster goes away by itself within seconds.
 *
 * @param {{ log: (line: string) => void, signal?: AbortSignal }} options
 * @throws {PartError}
 */
export async function start({ log, signal }) {
  if (process.env[JOIN]) return joinOwn(process.env[JOIN]);
  const { path, paths, how } = await ensure({ log, signal });
  return how === 'env' ? persons(path) : startOwn({ programs: paths, log, signal });
}

/**
 * A new cluster of ours, whatever else can be reached: for tests that do harm to a cluster.
 * @param {{ log: (line: string) => void, signal?: AbortSignal }} options
 * @throws {PartError} where none can be started
 */
export async function startPrivate({ log, signal }) {
  checkHost();
  await ensureTools({ log, signal });
  const { paths } = await ensurePrograms({ log, signal });
  return startOwn({ programs: paths, log, signal });
}

/** What can be had of a cluster that isn't ours: it is left running, and its images are the person's business. */
function persons(kubeconfig) {
  const kubectl = which('kubectl');
  if (!kubectl || !peek(kubectl, ['--kubeconfig', kubeconfig, 'get', '--raw', '/readyz']))
    throw new PartError(
      `the cluster of ${kubeconfig} (${VARIABLE}) can't be used: ${kubectl ? 'it does not answer /readyz' : 'kubectl is not on PATH'}`,
      'mend that, or unset the variable',
    );
  return { private: false, kubeconfig, kubectl, env: { [VARIABLE]: kubeconfig }, stop: async () => {} };
}
