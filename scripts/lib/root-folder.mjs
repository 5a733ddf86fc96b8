import { realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
  const node = realpathSync(process.execPath);
  const applets = (peek(busybox, ['--list']) ?? '').split('\n').filter((name) => /^[\w[-]+$/.test(name));
  const libraries = [...new Set([...librariesOf(node), ...librariesOf(busybox)])];
  return [
    ...folders(libraries).map((name) => ({ name, type: 'dir', mode: 0o755 })),
    { name: 'tmp', type: 'dir', mode: 0o1777 },
    ...Object.entries(TEXTS).map(([name, text]) => ({
      name,
      type: 'file',
      mode: 0o644,
      content: Buffer.from(text),
    })),
    fromDisk('usr/local/bin/node', node),
    fromDisk('bin/busybox', realpathSync(busybox)),
    ...applets
      .filter((name) => name !== 'busybox')
      .map((name) => ({ name: `bin/${name}`, type: 'link', target: 'busybox' })),
    ...libraries.map((path) => fromDisk(path.slice(1), realpathSync(path))),
  ];
}

/** Parents first. */
function folders(libraries) {
  const all = new Set(FOLDERS);
  for (const path of libraries) {
    for (let dir = dirname(path).slice(1); dir && dir !== '.'; dir = dirname(dir)) all.add(dir);
  }
  return [...all].sort();
}

function fromDisk(name, from) {
  return { name, type: 'file', mode: 0o755, from, size: statSync(from).size };
}

/** The shared libraries of a program, its loader included; none for a static program. */
function librariesOf(program) {
  const lines = (peek('ldd', [program]) ?? '').split('\n');
  return lines.flatMap((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1] ?? []);
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
    title: 'busybox (the shell in the image of the agent)',
    part: 'busybox',
    version: 'debian',
    log,
    signal,
    ways: [{ how: 'download', fill }],
    verify,
  });
  return 'dir' in filled ? join(filled.dir, 'bin/busybox') : null;
}
