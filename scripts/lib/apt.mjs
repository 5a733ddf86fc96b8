import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startProgress } from './log.mjs';
import { peek, runCommand, which } from './run-command.mjs';

const QUIET = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };

/** Whether this is Debian or Ubuntu (or says it is like them), with apt. */
export function isDebianLike() {
  if (!which('apt-get') || !which('dpkg-deb')) return false;
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

/** Whether packages may be installed: root on Debian or Ubuntu. */
export function mayInstall() {
  return isDebianLike() && process.getuid?.() === 0;
}

/**
 * Installs Debian packages, system-wide; says first what and how large.
 *
 * The packages are fetched first, which may be interrupted anywhere. The installation itself (some
 * seconds) isn't interrupted, since that would leave the system's package manager half-way; if it was
 * killed all the same, the next run repairs it.
 *
 * @param {{ packages: string[], log: (line: string) => void, label: string, signal?: AbortSignal }} options
 * @returns {Promise<string | null>} null when installed, otherwise the reason why not
 */
export async function aptInstall({ packages, log, label, signal }) {
  if (!mayInstall()) return 'apt may be used only by root on Debian or Ubuntu';
  const run = aptRunner({ log, label, signal });
  await run.dpkg(['--configure', '-a']);
  const unknown = packages.some((name) => !isKnown(name));
  if (unknown) {
    const updated = await run.apt(['update'], { saying: 'reading the package lists (some 10 MB)' });
    if (updated.code !== 0) return `apt-get update failed: ${updated.tail}`;
  }
  const options = ['install', '-y', '--no-install-recommends', ...packages];
  let fetched = await run.apt(['-d', ...options], {
    saying: `fetching ${packages.join(', ')}: ${sizes(options)}`,
  });
  if (fetched.code !== 0 && !unknown) {
    // The lists may be older than what the archive holds now.
    await run.apt(['update'], { saying: 'reading the package lists again' });
    fetched = await run.apt(['-d', ...options], { saying: 'fetching again' });
  }
  if (fetched.code !== 0) return `apt-get can't fetch ${packages.join(', ')}: ${fetched.tail}`;
  const saying = `installing ${packages.join(', ')} (system-wide)`;
  const installed = await run.apt(options, { saying, uninterruptible: true });
  return installed.code === 0 ? null : `apt-get can't install ${packages.join(', ')}: ${installed.tail}`;
}

function aptRunner({ log, label, signal }) {
  const env = { ...process.env, ...QUIET };
  const call = async (command, args, { saying, uninterruptible } = {}) => {
    if (saying) log(`  ${label}: ${saying}`);
    const progress = startProgress(log, label);
    const onLine = (line) => progress.update(line.slice(0, 60));
    try {
      return await runCommand(command, args, { env, signal, uninterruptible, onLine });
    } finally {
      progress.end();
    }
  };
  return {
    apt: (args, options) => call('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], options),
    dpkg: (args) => call('dpkg', args, { uninterruptible: true }),
  };
}

function isKnown(name) {
  return Boolean(peek('apt-cache', ['show', '--no-all-versions', name])?.includes('Package:'));
}

/** What apt itself says about sizes, such as "Need to get 66.4 MB of archives". */
function sizes(options) {
  const text = peek('sh', ['-c', 'LC_ALL=C apt-get --assume-no "$@"; true', 'sh', ...options]) ?? '';
  const said = text.split('\n').filter((line) => /^(Need to get|After this operation)/.test(line));
  return said.join(' ').trim() || 'size unknown';
}

/**
 * Unpacks Debian packages into a folder of our own: nothing is installed, no service is started, and
 * no root is needed. Fit for programs that need nothing but the C library.
 *
 * @param {{ packages: string[], into: string, log: (line: string) => void, label: string, signal?: AbortSignal }} options
 * @returns {Promise<string | null>} null when unpacked, otherwise the reason why not
 */
export async function aptUnpack({ packages, into, log, label, signal }) {
  if (!isDebianLike()) return 'not Debian or Ubuntu';
  const debs = join(into, 'debs');
  mkdirSync(debs, { recursive: true });
  const state = packages.every(isKnown) ? [] : await privateLists({ into, log, label, signal });
  if (!Array.isArray(state)) return state;
  log(
    `  ${label}: fetching the Debian packages ${packages.map((name) => `${name} (${debSize(name, state)})`).join(', ')} into the cache`,
  );
  const env = { ...process.env, ...QUIET };
  // As root, apt fetches as the user `_apt`, who may not write here; that is only a warning, so it is asked not to.
  const args = [...state, '-o', 'APT::Sandbox::User=root', 'download', ...packages];
  const fetched = await runCommand('apt-get', args, { cwd: debs, env, signal });
  if (fetched.code !== 0) return `apt-get can't fetch ${packages.join(', ')}: ${fetched.tail}`;
  for (const deb of readdirSync(debs)) {
    const unpacked = await runCommand('dpkg-deb', ['-x', join(debs, deb), into], { signal });
    if (unpacked.code !== 0) return `dpkg-deb can't unpack ${deb}: ${unpacked.tail}`;
  }
  rmSync(debs, { recursive: true, force: true });
  rmSync(join(into, 'apt'), { recursive: true, force: true });
  return null;
}

/** Package lists of our own, where the system's are missing: apt's options for them, or the reason why not. */
async function privateLists({ into, log, label, signal }) {
  const lists = join(into, 'apt', 'lists', 'partial');
  const archives = join(into, 'apt', 'cache', 'archives', 'partial');
  for (const dir of [lists, archives]) mkdirSync(dir, { recursive: true });
  const options = [
    `Dir::State::lists=${join(into, 'apt', 'lists')}`,
    `Dir::Cache=${join(into, 'apt', 'cache')}`,
  ];
  const state = options.flatMap((option) => ['-o', option]);
  log(`  ${label}: reading the package lists (some 10 MB)`);
  const args = [...state, '-o', 'APT::Sandbox::User=root', 'update'];
  const updated = await runCommand('apt-get', args, { env: { ...process.env, ...QUIET }, signal });
  return updated.code === 0 ? state : `apt-get update failed: ${updated.tail}`;
}

function debSize(name, state) {
  const bytes = /^Size: (\d+)$/m.exec(
    peek('apt-cache', [...state, 'show', '--no-all-versions', name]) ?? '',
  )?.[1];
  return bytes ? `${(Number(bytes) / 1e6).toFixed(1)} MB` : 'size unknown';
}
