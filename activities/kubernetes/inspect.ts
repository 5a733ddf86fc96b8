import type { KernelReading, PodReading } from '../../model/kubernetes/details.js';
import { failure, failureType } from '../failure.js';
import type { Cluster } from './client.js';
import { type ExecPlace, execIn } from './exec.js';

type LiveProcess = NonNullable<PodReading['process']>;

/** More processes are not looked at: it is the largest that counts, and it is seldom among the last. */
const mostProcesses = 100;
const mostPorts = 20;

/** What was found out inside the container. */
export interface Inspected {
  readonly process: LiveProcess;
  readonly kernel?: KernelReading;
}

/**
 * The largest process in the container by resident memory, and the pod's connections, from /proc. PID 1 may be a shell
 * or an init, and with a shared process namespace other containers' processes are seen, too: they are told apart by
 * their cgroup. And how the kernel divides the memory of them all, from the cgroup's memory.stat. No shell is needed, only `ls` and `cat`, and nothing is written. Needs `create pods/exec`, which can
 * run anything in the pod. Throws `PermissionDenied`, `Unsupported` where there is no `cat`, `Unreachable`.
 */
export async function inspectProcess(
  cluster: Cluster,
  namespace: string,
  pod: string,
  container: string,
  signal: AbortSignal,
): Promise<Inspected> {
  const place: ExecPlace = { cluster, namespace, pod, container, signal };
  // Mostly there is no process but PID 1, so that is read while it is found out whether there are others.
  const [{ out: entries }, { out: first }] = await Promise.all([
    execIn(place, ['ls', '/proc']),
    execIn(place, ['cat', ...ours, ...filesOf('1'), ...sockets]),
  ]);
  const others = entries
    .split(/\s+/)
    .filter((name) => /^\d+$/.test(name) && name !== '1')
    .slice(0, mostProcesses);
  // Two of them may be the `ls` and `cat` from just now. Those that are gone make it end with an error, and the rest
  // is told all the same.
  const rest =
    others.length === 0
      ? ''
      : await execIn(place, ['cat', ...others.flatMap(filesOf)]).then(({ out }) => out, gone);
  const found = largestProcess(first + rest);
  if (found === undefined)
    throw failure('Unsupported', `/proc of pod ${pod} does not say what its processes hold.`);
  const { processes, ...largest } = found;
  const kernel = kernelIn(first, processes);
  return { process: { ...largest, sockets: socketsIn(first) }, ...(kernel && { kernel }) };
}

const ours = [
  '/proc/self/status',
  '/proc/self/cgroup',
  // Version 2, and version 1: one of them is there.
  '/sys/fs/cgroup/memory.stat',
  '/sys/fs/cgroup/memory/memory.stat',
];
/** Last: with thousands of sockets they are more than is kept of an answer. */
const sockets = ['/proc/net/tcp', '/proc/net/tcp6'];

function filesOf(pid: string): readonly string[] {
  return [`/proc/${pid}/status`, `/proc/${pid}/cgroup`];
}

/** All of them gone: it has said nothing. */
function gone(error: unknown): string {
  if (failureType(error) === 'Unsupported') return '';
  throw error;
}

interface Told {
  readonly name: string;
  readonly pid: string;
  readonly status: string;
  readonly cgroup: string;
}

/**
 * The largest of the processes that share our own cgroup, and how many they are. `text`: ours first, then each one's
 * status and cgroup.
 */
export function largestProcess(
  text: string,
): (Omit<LiveProcess, 'sockets'> & { readonly processes: number }) | undefined {
  const [self, ...others] = text
    .split(/^(?=Name:\t)/m)
    .filter((part) => part.startsWith('Name:\t'))
    .map(told);
  const known = others
    .filter(({ cgroup, pid }) => cgroup === self?.cgroup && pid !== self?.pid)
    .map((one) => ({ ...one, rss: kib(one.status, 'VmRSS') ?? 0 }))
    .toSorted((a, b) => b.rss - a.rss);
  const [largest] = known;
  if (largest === undefined || largest.rss === 0) return undefined;
  const vmsBytes = kib(largest.status, 'VmSize');
  const file = kib(largest.status, 'RssFile');
  return {
    rssBytes: largest.rss,
    ...(vmsBytes !== undefined && { vmsBytes }),
    ...(file !== undefined && { sharedBytes: file + (kib(largest.status, 'RssShmem') ?? 0) }),
    source: `exec: /proc/${largest.pid}/status (${largest.name})`,
    processes: known.filter(({ rss }) => rss > 0).length,
  };
}

/**
 * How the kernel divides the memory of the container, by memory.stat of its cgroup. Of files only the active ones are
 * in the working set; shared memory and tmpfs are neither of these lists.
 */
export function kernelIn(text: string, processes: number): KernelReading | undefined {
  // Version 1 has both for the group itself and, as `total_`, with its children.
  const figure = (...names: readonly string[]): number | undefined => {
    const match = names
      .map((name) => new RegExp(`^${name} (\\d+)$`, 'm').exec(text))
      .find((one) => one !== null);
    return match ? Number(match[1]) : undefined;
  };
  const anonBytes = figure('anon', 'total_rss', 'rss');
  const fileBytes = figure('total_active_file', 'active_file');
  return anonBytes === undefined || fileBytes === undefined
    ? undefined
    : { anonBytes, fileBytes, processes, source: 'exec: memory.stat' };
}

function told(part: string): Told {
  const field = (name: string): string => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(part)?.[1]?.trim() ?? '';
  // Lines of a cgroup file: `4:memory:/kubepods/…`; under version 2 only `0::/`. Lines of sockets begin with blanks.
  const cgroup = part.match(/^\d+:[^:\s]*:\/.*$/gm) ?? [];
  return { name: field('Name'), pid: field('Pid'), status: part, cgroup: cgroup.join('\n') };
}

function kib(status: string, name: string): number | undefined {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status);
  return match === null ? undefined : Number(match[1]) * 1024;
}

/**
 * Established connections that the pod made, by the other end's port; those made to it are left out. Addresses are in
 * hexadecimal there; state `01` is established, `0A` listening.
 */
export function socketsIn(text: string): Readonly<Record<string, number>> {
  const lines = [...text.matchAll(/^\s*\d+: [\dA-F]+:([\dA-F]{4}) [\dA-F]+:([\dA-F]{4}) ([\dA-F]{2}) /gm)];
  const listening = new Set(lines.filter(([, , , state]) => state === '0A').map(([, port]) => port));
  const counts: Record<string, number> = {};
  for (const [, own, other = '', state] of lines) {
    if (state !== '01' || listening.has(own)) continue;
    const port = String(Number.parseInt(other, 16));
    if (port in counts || Object.keys(counts).length < mostPorts) counts[port] = (counts[port] ?? 0) + 1;
  }
  return counts;
}
