import { kubernetes, VERSION } from './kubernetes-programs.mjs';
import { cniPlugins, containerd, etcd, metricsServer, runc } from './other-programs.mjs';

/** In the order in which they are had: what is quickly there comes first. */
const SETS = [etcd, containerd, runc, cniPlugins, metricsServer, kubernetes];

export { VERSION };

/**
 * The programs of a cluster that are here already; fetches nothing.
 * @returns {Promise<{ path: string, paths: Record<string, string>, version: string, how: string } | null>}
 *   `path` is that of kubectl
 */
export async function findPrograms() {
  const found = [];
  for (const set of SETS) found.push(await set.find());
  return found.every(Boolean) ? together(found) : null;
}

/**
 * Finds, downloads or builds all of them, one after the other.
 * @param {{ log: (line: string) => void, signal?: AbortSignal }} options
 * @throws {PartError} names the one that can't be had
 */
export async function ensurePrograms({ log, signal }) {
  const got = [];
  for (const set of SETS) got.push(await set.ensure({ log, signal }));
  return together(got);
}

function together(sets) {
  const paths = Object.assign({}, ...sets.map((set) => set.paths));
  return { path: paths.kubectl, paths, version: VERSION, how: sets.at(-1).how };
}
