import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { aptUnpack } from './apt.mjs';
import { cached, fillCache } from './cache.mjs';
import { peek, which } from './run-command.mjs';

/** Folders that programs expect; /tmp is for everybody. */
const FOLDERS = [
  'app',
  'bin',
  'dev',
  'etc',
  'home',
  'lib',
  'proc',
  'root',
  'run',
  'sys',
  'usr',
  'usr/bin',
  'usr/local',
  'usr/local/bin',
  'var',
  'var/log',
];
const TEXTS = {
  'etc/passwd':
    'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000:node:/home:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
  'etc/group': 'root:x:0:\nnode:x:1000:\nnogroup:x:65534:\n',
  'etc/nsswitch.conf': 'hosts: files dns\n',
};

/**
 * What a small Linux image holds that runs Node and a shell: this machine's own `node`, the libraries
 * that `ldd` names for it, and busybox. Nothing is fetched from an image registry.
 * @param {string} busybox path of a busybox
 * @returns {import('./tar.mjs').Entry[]}
 */
export function rootFolder(busybox) {
  return rootWith({ busybox, programs: { 'usr/local/bin/node': realpathSync(process.execPath) } });
}

/**
 * The same with other programs than Node.
 *
 * @param {{ busybox: string, programs: Record<string, string>, modules?: string[], libraryPath?: string }} options
 *   `programs`: path in the image → path here; `modules`: shared objects whose libraries are needed as well, though
 *   they themselves are put in by somebody else; `libraryPath`: folders with libraries that aren't installed, as in
 *   LD_LIBRARY_PATH. In the image they lie where the loader looks by itself.
 * @returns {import('./tar.mjs').Entry[]}
 */
export function rootWith({ busybox, programs, modules = [], libraryPath = '' }) {
  const applets = (peek(busybox, ['--list']) ?? '').split('\n').filter((name) => /^[\w[-]+$/.test(name));
  const files = [...Object.values(programs), ...modules, busybox];
  const libraries = new Map(files.flatMap((file) => librariesOf(file, libraryPath)));
  return [
    ...folders([...Object.keys(programs), ...libraries.keys()]).map((name) => ({
      name,
      type: 'dir',
      mode: 0o755,
    })),
    { name: 'tmp', type: 'dir', mode: 0o1777 },
    ...Object.entries(TEXTS).map(([name, text]) => ({
      name,
      type: 'file',
      mode: 0o644,
      content: Buffer.from(text),
    })),
    ...Object.entries(programs).map(([name, path]) => fromDisk(name, realpathSync(path))),
    fromDisk('bin/busybox', realpathSync(busybox)),
    ...applets
      .filter((name) => name !== 'busybox' && !(`bin/${name}` in programs))
      .map((name) => ({ name: `bin/${name}`, type: 'link', target: 'busybox' })),
    ...[...libraries].map(([name, path]) => fromDisk(name, realpathSync(path))),
  ];
}

/** Parents first. */
function folders(paths) {
  const all = new Set(FOLDERS);
  for (const path of paths) {
    for (let dir = dirname(path); dir && dir !== '.'; dir = dirname(dir)) all.add(dir);
  }
  return [...all].sort();
}

function fromDisk(name, from) {
  return { name, type: 'file', mode: 0o755, from, size: statSync(from).size };
}

/**
 * The shared libraries of a program, its loader included, as pairs of the path in an image and the path here;
 * none for a static program. One from `libraryPath` goes to /lib.
 */
function librariesOf(program, libraryPath) {
  const env = { ...process.env, ...(libraryPath ? { LD_LIBRARY_PATH: libraryPath } : {}) };
  const lines = (peek('ldd', [program], { env }) ?? '').split('\n');
  const paths = lines.flatMap((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1] ?? []);
  const isApart = (path) => libraryPath.split(':').some((folder) => folder && path.startsWith(`${folder}/`));
  return paths.map((path) => [isApart(path) ? `lib/${basename(path)}` : path.slice(1), path]);
}

/** A busybox that is here already, or null. */
export function findBusybox() {
  const kept = cached('busybox', 'debian');
  return which('busybox') ?? (kept ? join(kept.dir, 'bin/busybox') : null);
}

/**
 * A busybox: this machine's, or Debian's, unpacked into the cache.
 * @returns {Promise<string | null>} its path, or null if there is none to be had
 */
export async function ensureBusybox({ log, signal }) {
  const found = findBusybox();
  if (found) return found;
  const fill = (dir) => aptUnpack({ packages: ['busybox-static'], into: dir, log, label: 'busybox', signal });
  const verify = (dir) => {
    if (!peek(join(dir, 'bin/busybox'), ['--list']))
      throw new Error('the busybox that was fetched does not run');
  };
  const filled = await fillCache({
    title: 'busybox (the shell in the images that are made here)',
    part: 'busybox',
    version: 'debian',
    log,
    signal,
    ways: [{ how: 'download', fill }],
    verify,
  });
  return 'dir' in filled ? join(filled.dir, 'bin/busybox') : null;
}
