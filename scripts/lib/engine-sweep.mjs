import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { engineJson } from './engine-http.mjs';
import { allPids, argumentsOf, isAlive, parentOf, waitGone } from './processes.mjs';
import { runCommand } from './run-command.mjs';

const TERM_MS = 25_000;

/**
 * Ends whatever of a private engine is left: the engine itself if it still runs, its containerd, the
 * shims and processes of its containers, and its mounts. Only processes whose arguments name this
 * engine's own folders are touched, never one because of a number in a file.
 * @param {{ data: string, exec: string, run: string, pidFile: string }} paths
 */
export async function sweep(paths) {
  const engine = engineOf(paths);
  if (engine) {
    kill(engine, 'SIGTERM');
    if (!(await waitGone(engine, TERM_MS))) kill(engine, 'SIGKILL');
    await waitGone(engine, 2_000);
  }
  const rest = allPids().filter((pid) => argumentsOf(pid)?.some((each) => each.startsWith(`${paths.exec}/`)));
  for (const pid of [...rest.flatMap(descendants), ...rest]) kill(pid, 'SIGKILL');
  for (const pid of rest) await waitGone(pid, 2_000);
  await unmount([paths.data, paths.run]);
  // A new dockerd refuses to start while the pid in such a file is anybody's.
  rmSync(paths.pidFile, { force: true });
  rmSync(join(paths.exec, 'containerd'), { recursive: true, force: true });
}

/** The pid of the dockerd that the pid file names, if that process really is this engine; otherwise null. */
export function engineOf(paths) {
  let pid;
  try {
    pid = Number(readFileSync(paths.pidFile, 'utf8'));
  } catch {
    return null;
  }
  const args = (pid && isAlive(pid) && argumentsOf(pid)) || [];
  const root = args[args.indexOf('--data-root') + 1];
  return args[0]?.endsWith('dockerd') && root === paths.data ? pid : null;
}

/** Removes all containers of a private engine, with their anonymous volumes, and its unused networks. Images stay. */
export async function removeContainers(endpoint) {
  try {
    const all = await engineJson(endpoint, { path: '/containers/json', query: { all: 'true' } });
    const query = { force: 'true', v: 'true' };
    await Promise.all(
      all.map(({ Id }) =>
        engineJson(endpoint, { method: 'DELETE', path: `/containers/${Id}`, query }).catch(() => {}),
      ),
    );
    await engineJson(endpoint, { method: 'POST', path: '/networks/prune' });
  } catch (error) {
    console.error(`nightshift: containers of an earlier run stay: ${error.message}`);
  }
}

function descendants(pid) {
  const children = allPids().filter((each) => parentOf(each) === pid);
  return children.flatMap((child) => [...descendants(child), child]);
}

function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended already
  }
}

async function unmount(folders) {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n');
  const points = lines.map((line) => line.split(' ')[4].replace(/\\040/g, ' '));
  const ours = points.filter((point) =>
    folders.some((folder) => point === folder || point.startsWith(`${folder}/`)),
  );
  for (const point of ours.reverse()) await runCommand('umount', ['-l', point]);
}
