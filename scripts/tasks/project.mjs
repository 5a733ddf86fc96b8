import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PartError } from '../lib/errors.mjs';
import { withLock } from '../lib/lock.mjs';
import { duration, startProgress } from '../lib/log.mjs';
import { runCommand } from '../lib/run-command.mjs';

/** The repository's folder. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A step of ours failed, and has said why. Exit code 1. */
export class TaskFailed extends Error {
  exitCode = 1;
}

/** The programs of our npm packages. */
export function program(name) {
  return join(ROOT, 'node_modules', '.bin', name);
}

/** Refuses a Node that is too old: package.json's `engines` says what is needed. */
export function checkNode() {
  const needed = readJson('package.json').engines.node.replace('>=', '');
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [wantMajor, wantMinor] = needed.split('.').map(Number);
  if (major > wantMajor || (major === wantMajor && minor >= wantMinor)) return;
  throw new PartError(
    `Nightshift needs Node ${needed} or newer; this is ${process.versions.node}`,
    'install it from https://nodejs.org, or with nvm or your package manager',
  );
}

/**
 * Installs the npm packages, if they are missing or not those of package-lock.json, and builds if asked to.
 * @param {import('../lib/session.mjs').Session} session
 * @param {{ build: boolean }} task
 */
export function prepare(session, task) {
  const { log, signal } = session;
  const lock = join(ROOT, '.nightshift', 'setup.lock');
  return withLock(lock, { log, signal, what: 'set-up of this clone' }, async () => {
    await ensurePackages(session);
    if (task.build) await build(session);
  });
}

async function ensurePackages({ log, signal }) {
  if (packagesAreThere()) return;
  log(
    `npm packages: fetching those of package-lock.json with npm ci, into ${join(ROOT, 'node_modules')} (460 MB unpacked)`,
  );
  const progress = startProgress(log, 'npm ci');
  try {
    const result = await runCommand('npm', ['ci', '--no-audit', '--no-fund'], { cwd: ROOT, signal });
    if (result.code !== 0) {
      throw new PartError(`npm ci failed:\n${result.tail}`, 'see to what it says, then run this again');
    }
  } finally {
    progress.end();
  }
}

/** npm writes what it has installed as its last step; it must be what package-lock.json asks for. */
function packagesAreThere() {
  const installed = readJson('node_modules/.package-lock.json')?.packages;
  if (!installed) return false;
  const wanted = Object.entries(readJson('package-lock.json').packages).filter(([path]) => path !== '');
  const missing = ([path, each]) => !installed[path] && !each.optional && !each.devOptional && !each.peer;
  const other = ([path, each]) => installed[path] && installed[path].version !== each.version;
  return !wanted.some((entry) => missing(entry) || other(entry));
}

/** Compiles, copies the set-up parts beside the result (the product imports some), and bundles the workflows. */
async function build({ log, signal }) {
  const started = Date.now();
  const progress = startProgress(log, 'build');
  try {
    const compiled = await runCommand(program('tsc'), ['-p', ROOT, '--pretty'], { cwd: ROOT, signal });
    if (compiled.code !== 0) throw new TaskFailed(`the build failed:\n${compiled.output}`);
    for (const folder of ['lib', 'parts']) {
      cpSync(join(ROOT, 'scripts', folder), join(ROOT, 'dist', 'scripts', folder), { recursive: true });
    }
    const bundler = join(ROOT, 'dist/worker/build-bundle.js');
    if (existsSync(bundler)) await bundle(bundler, signal);
  } finally {
    progress.end();
  }
  log(`built in ${duration(Date.now() - started)}`);
}

async function bundle(bundler, signal) {
  const bundled = await runCommand(process.execPath, [bundler], { cwd: ROOT, signal });
  if (bundled.code !== 0) throw new TaskFailed(`the workflows can't be bundled:\n${bundled.output}`);
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
  } catch {
    return null;
  }
}
