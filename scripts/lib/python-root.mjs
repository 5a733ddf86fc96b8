import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, mayInstall } from './apt.mjs';
import { rootWith } from './root-folder.mjs';
import { isExecutable, peek, which } from './run-command.mjs';

const VARIABLE = 'NIGHTSHIFT_PYTHON';
const ASK =
  'import sys,sysconfig;print(sys.executable);print(sysconfig.get_path("stdlib"));print("%d.%d"%sys.version_info[:2]);print(sys.version.replace(chr(10)," "))';
/** Parts of the standard library that a service has no use for, by how their paths begin. */
const UNUSED =
  /^(test|idlelib|tkinter|turtledemo|lib2to3|ensurepip|distutils|pydoc_data|site-packages|dist-packages|config-[^/]*)(\/|$)/;
/** Compiled modules that need libraries of their own and that a service has no use for. */
const UNUSED_MODULES =
  /\/(_tkinter|_dbm|_gdbm|_curses\w*|readline|nis|ossaudiodev|_sqlite3|_test\w*|_crypt|xx\w*)\.[^/]*so$/;

/**
 * A Python 3.9 or newer of this machine, or null.
 * @returns {{ path: string, stdlib: string, version: string, build: string } | null}
 *   `version` such as 3.11; `build` says all of it
 */
export function findPython() {
  const candidates = [process.env[VARIABLE], '/usr/bin/python3', which('python3')];
  for (const candidate of candidates) {
    if (!candidate || !isExecutable(candidate)) continue;
    const [path, stdlib, version, build] = (peek(candidate, ['-c', ASK]) ?? '').trim().split('\n');
    if (path && stdlib && Number(version?.split('.')[1]) >= 9) return { path, stdlib, version, build };
  }
  return null;
}

/**
 * The same; installed with apt where there is none and that may be done.
 * @returns {Promise<ReturnType<typeof findPython>>}
 */
export async function ensurePython({ log, signal }) {
  const found = findPython();
  if (found || !mayInstall()) return found;
  await aptInstall({ packages: ['python3'], log, label: 'python', signal });
  return findPython();
}

/**
 * What a small Linux image holds that runs Python and a shell: this machine's own Python with its standard
 * library, the shared libraries of both, and busybox. It needs PYTHONHOME=/usr.
 * @param {{ busybox: string, python: { path: string, stdlib: string, version: string } }} options
 * @returns {import('./tar.mjs').Entry[]}
 */
export function pythonRoot({ busybox, python }) {
  const home = `usr/lib/python${python.version}`;
  const files = readdirSync(python.stdlib, { recursive: true }).map(String).sort().filter(isUsed);
  const stats = files
    .map((name) => ({ name, from: join(python.stdlib, name) }))
    .map(withStat)
    .filter(({ stat }) => stat);
  const modules = stats
    .filter(({ stat, name }) => stat.isFile() && name.endsWith('.so'))
    .map(({ from }) => from);
  const entries = stats.flatMap(({ name, from, stat }) => {
    if (stat.isDirectory()) return [{ name: `${home}/${name}`, type: 'dir', mode: 0o755 }];
    return stat.isFile()
      ? [{ name: `${home}/${name}`, type: 'file', mode: 0o644, from, size: stat.size }]
      : [];
  });
  return [
    ...rootWith({ busybox, programs: { 'usr/bin/python3': realpathSync(python.path) }, modules }),
    { name: home, type: 'dir', mode: 0o755 },
    ...entries,
  ];
}

/** Compiled files are valid for the original's time only, which an image doesn't keep. */
function isUsed(name) {
  return !UNUSED.test(name) && !name.includes('__pycache__') && !UNUSED_MODULES.test(`/${name}`);
}

/** `stat` is undefined for a link that leads nowhere. */
function withStat(file) {
  return { ...file, stat: statSync(file.from, { throwIfNoEntry: false }) };
}
