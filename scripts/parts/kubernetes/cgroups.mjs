import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const GONE_MS = 20_000;
/** What a kubelet on cgroup v2 needs passed on to its own group. */
const V2_CONTROLLERS = ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids'];

/**
 * The control group trees of this machine.
 * @returns {{ path: string, version: 1 | 2, controllers: string[] }[]} version 1 has a tree for each controller or two
 */
export function hierarchies() {
  const lines = read('/proc/self/mounts')
    .split('\n')
    .map((line) => line.split(' '));
  return lines.flatMap(([, path, type, options]) => {
    if (type === 'cgroup') return [{ path, version: 1, controllers: options.split(',') }];
    if (type !== 'cgroup2') return [];
    return [{ path, version: 2, controllers: read(join(path, 'cgroup.controllers')).trim().split(' ') }];
  });
}

/** Makes the group of a cluster in each tree; its pods' groups go below it, so that clusters don't share `kubepods`. */
export function makeCgroups(name) {
  for (const { path, version, controllers } of hierarchies()) {
    const group = join(path, name);
    if (version === 2) passOn(path, controllers);
    mkdirSync(group, { recursive: true });
    if (version === 2) passOn(group, controllers);
    // A new cpuset is empty, and nothing runs in an empty one.
    if (version === 1 && controllers.includes('cpuset'))
      for (const file of ['cpuset.cpus', 'cpuset.mems'])
        writeFileSync(join(group, file), read(join(path, file)));
  }
}

function passOn(group, controllers) {
  for (const each of V2_CONTROLLERS.filter((name) => controllers.includes(name)))
    if (!read(join(group, 'cgroup.subtree_control')).split(/\s/).includes(each))
      writeFileSync(join(group, 'cgroup.subtree_control'), `+${each}`);
}

/**
 * Removes a cluster's groups with all below them. A group whose last process has just been killed stays busy
 * for a moment.
 * @returns {Promise<string[]>} those that can't be removed
 */
export async function removeCgroups(name) {
  const end = Date.now() + GONE_MS;
  for (;;) {
    const left = hierarchies()
      .map(({ path }) => join(path, name))
      .filter((group) => existsSync(group) && !removeTree(group));
    if (left.length === 0 || Date.now() > end) return left;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function removeTree(group) {
  try {
    const below = readdirSync(group, { withFileTypes: true }).filter((each) => each.isDirectory());
    for (const each of below) removeTree(join(group, each.name));
    rmdirSync(group);
    return true;
  } catch (error) {
    return error.code === 'ENOENT';
  }
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
