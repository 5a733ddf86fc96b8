import { existsSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ip, links } from '../../lib/bridge.mjs';
import { allPids, argumentsOf, waitGone } from '../../lib/processes.mjs';
import { runCommand } from '../../lib/run-command.mjs';
import { removeCgroups } from './cgroups.mjs';

const KILL_MS = 20_000;
const OURS = ['keeper.mjs', 'namespace-init.mjs'];

/**
 * Ends a cluster, whatever is left of it: its namespaces with all processes, mounts and network in them, its link,
 * its control groups, and last its folder, so that a sweep that is broken off can be done again.
 *
 * Only the processes that carry the namespaces are killed, known by this cluster's own file among their arguments;
 * the rest is ended by the kernel: when process 1 of a namespace ends, all in it are killed, in whatever
 * namespaces of their own they are.
 *
 * @param {{ dir: string, record: import('./places.mjs').Record | null }} cluster `record` null: only the folder was made
 * @returns {Promise<string[]>} what can't be removed
 */
export async function sweep({ dir, record }) {
  const left = [];
  const carriers = allPids().filter((pid) => pid !== process.pid && isCarrier(pid, dir));
  for (const pid of carriers) kill(pid);
  for (const pid of carriers) if (!(await waitGone(pid, KILL_MS))) left.push(`process ${pid}`);
  if (record) {
    if (links().includes(record.link)) await ip(['link', 'del', record.link]).catch(() => {});
    if (links().includes(record.link)) left.push(`the network device ${record.link}`);
    left.push(...(await removeCgroups(record.cgroup)));
  }
  await unmount(dir);
  // With its record there, the next sweep tries again.
  if (left.length > 0) return left;
  try {
    rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  } catch (error) {
    left.push(`${dir} (${error.message})`);
  }
  removeIfEmpty(dirname(dir));
  return left;
}

/** The folder of all clusters goes with the last of them. */
function removeIfEmpty(folder) {
  try {
    rmdirSync(folder);
  } catch {
    // there are others, or it has gone already
  }
}

function isCarrier(pid, dir) {
  const args = argumentsOf(pid) ?? [];
  return (
    args.at(-1) === join(dir, 'cluster.json') &&
    args.some((each) => OURS.some((name) => each.endsWith(`/${name}`)))
  );
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended already
  }
}

/** Nothing is mounted there outside of the cluster's namespace; should that ever be, it isn't deleted through. */
async function unmount(dir) {
  if (!existsSync(dir)) return;
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${dir}/`));
  for (const point of points.reverse()) await runCommand('umount', ['-l', point]);
}
