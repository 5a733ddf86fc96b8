import { dirname, join } from 'node:path';
import { cached, fillCache } from '../../lib/cache.mjs';
import { PartError } from '../../lib/errors.mjs';
import { isExecutable, which } from '../../lib/run-command.mjs';

/** Folders, as in PATH, that are looked at before anything else, for all programs of the cluster. */
const VARIABLE = 'NIGHTSHIFT_KUBERNETES_PROGRAMS';

/**
 * Programs that come together, such as a containerd with its shim and `ctr`: all of one place, or none.
 *
 * @param {{ part: string, title: string, version: string, names: string[], folders?: string[],
 *   fits?: (paths: Record<string, string>) => boolean, todo: string,
 *   ways: (options: { log: (line: string) => void, signal?: AbortSignal }) =>
 *     { how: string, fill: (dir: string) => Promise<string | null> }[] }} spec
 *   `folders`: where such programs usually are, besides PATH; `fits`: whether those found are of a version that will do;
 *   `ways`: each fills a folder with the programs, by their names
 * @returns its `find` and `ensure`; both give `{ paths, version, how }`
 */
export function programSet(spec) {
  const find = async () => fromVariable(spec) ?? fromPath(spec) ?? fromCache(spec, 'cache');
  const ensure = async ({ log, signal }) => (await find()) ?? (await get(spec, { log, signal }));
  return { find, ensure };
}

/** A person who names a folder means it: what is in it isn't asked for its version. */
function fromVariable({ names, version }) {
  for (const folder of (process.env[VARIABLE] ?? '').split(':').filter(Boolean)) {
    const paths = inFolder(folder, names);
    if (paths) return { paths, version, how: 'env' };
  }
  return null;
}

function fromPath({ names, folders = [], version, fits = () => true }) {
  const onPath = which(names[0]);
  for (const folder of [...(onPath ? [dirname(onPath)] : []), ...folders]) {
    const paths = inFolder(folder, names);
    if (paths && fits(paths)) return { paths, version, how: 'path' };
  }
  return null;
}

function fromCache({ part, names, version }, how) {
  const dir = cached(part, version)?.dir;
  const paths = dir && inFolder(dir, names);
  return paths ? { paths, version, how } : null;
}

function inFolder(folder, names) {
  const paths = Object.fromEntries(names.map((name) => [name, join(folder, name)]));
  return Object.values(paths).every(isExecutable) ? paths : null;
}

async function get(spec, { log, signal }) {
  const { part, title, version, names, fits = () => true, todo } = spec;
  const verify = (dir) => {
    const paths = inFolder(dir, names);
    if (!paths || !fits(paths)) throw new Error(`what was fetched (${names.join(', ')}) does not run`);
  };
  const filled = await fillCache({
    title,
    part,
    version,
    log,
    signal,
    ways: spec.ways({ log, signal }),
    verify,
  });
  const got = 'dir' in filled ? fromCache(spec, filled.how) : null;
  if (got) return got;
  throw new PartError(
    `${title} can't be had (${(filled.reasons ?? []).map((reason) => reason.split('\n').pop()).join('; ')})`,
    `${todo}; or put them into a folder that ${VARIABLE} names; or let NIGHTSHIFT_KUBECONFIG name the kubeconfig of a cluster of yours`,
  );
}
