import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { OwnCluster } from '../../scripts/parts/kubernetes/index.mjs';

const run = promisify(execFile);

/** `kubectl` as the cluster's administrator. */
export async function kubectl(cluster: OwnCluster, ...args: string[]): Promise<string> {
  const env = { ...process.env, KUBECONFIG: cluster.kubeconfig };
  const { stdout } = await run(cluster.kubectl, args, { env, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** The same, its `-o json` read. */
export async function kubectlJson<T>(cluster: OwnCluster, ...args: string[]): Promise<T> {
  return JSON.parse(await kubectl(cluster, ...args, '-o', 'json')) as T;
}

/** Applies objects. */
export async function apply(cluster: OwnCluster, objects: object[]): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  const env = { ...process.env, KUBECONFIG: cluster.kubeconfig };
  const applied = run(cluster.kubectl, ['apply', '-f', '-'], { env });
  applied.child.stdin?.end(JSON.stringify(list));
  await applied;
}

/** One line of the audit log, as far as tests read it. */
export interface AuditEvent {
  verb: string;
  user: { username: string };
  objectRef?: { resource?: string; name?: string; namespace?: string; subresource?: string };
  requestObject?: unknown;
  responseStatus?: { code?: number };
}

/** What anybody but the cluster's own parts has asked of its API server so far. */
export function auditEvents(cluster: OwnCluster): AuditEvent[] {
  const lines = readFileSync(cluster.auditLog, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as AuditEvent);
}

/** What a running cluster has on this machine, so that it can be looked for when it has gone. */
export interface Traces {
  id: string;
  /** Process id → its start time: ids are used again. */
  processes: Map<number, string>;
  networks: Set<string>;
}

/** All of a cluster's processes, in whatever namespaces they are, with their networks. */
export function tracesOf(id: string): Traces {
  const ours = new Set<number>();
  const all = pids().map((pid) => ({ pid, parent: Number(statOf(pid)?.[1]) }));
  const begun = all.filter(({ pid }) => argumentsOf(pid).includes(join(clusters, id, 'cluster.json')));
  for (const { pid } of begun) ours.add(pid);
  for (let before = -1; before !== ours.size; ) {
    before = ours.size;
    for (const { pid, parent } of all) if (ours.has(parent)) ours.add(pid);
  }
  const own = networkOf(process.pid);
  const networks = new Set([...ours].map(networkOf).filter((each) => each !== own && each !== ''));
  return { id, processes: new Map([...ours].map((pid) => [pid, startOf(pid)])), networks };
}

/** What is left of it; empty when nothing is. */
export async function leftOf({ id, processes, networks }: Traces): Promise<string[]> {
  const living = [...processes].filter(([pid, start]) => start !== '' && startOf(pid) === start);
  const inNetworks = pids().filter((pid) => networks.has(networkOf(pid)));
  const { stdout: rules } = await run('iptables-save', []);
  // A group that the cluster's own folder doesn't name would be one at the top.
  const groups = readdirSync('/sys/fs/cgroup').flatMap((tree) =>
    [`nightshift-${id}`, 'kubepods'].map((name) => join('/sys/fs/cgroup', tree, name)).filter(existsSync),
  );
  const lines = (path: string): string[] => readFileSync(path, 'utf8').split('\n');
  const paths = ['/var/lib/kubelet', '/var/lib/cni', '/var/log/pods', '/var/log/containers'];
  return [
    ...living.map(([pid]) => `process ${pid} ${argumentsOf(pid).join(' ').slice(0, 80)}`),
    ...inNetworks.map((pid) => `process ${pid} in a network of the cluster's`),
    ...lines('/proc/self/mountinfo').filter((line) => line.includes(id)),
    ...lines('/proc/net/dev').filter((line) => line.includes(id) || line.includes('cni0')),
    ...rules.split('\n').filter((rule) => /KUBE|CNI-/.test(rule)),
    ...groups.map((path) => `control group ${path}`),
    ...[...paths, join(clusters, id)].filter(existsSync),
  ];
}

/** Where the part keeps its clusters. */
export const clusters = '/var/tmp/nightshift-clusters';

/** The cluster that a process has begun, if it has. Others may be starting some of their own. */
export function clusterOf(pid: number): string | undefined {
  if (!existsSync(clusters)) return undefined;
  return readdirSync(clusters).find((id) => {
    const text = read(join(clusters, id, 'cluster.json'));
    return text !== '' && (JSON.parse(text) as { owner: { pid: number } }).owner.pid === pid;
  });
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function argumentsOf(pid: number): string[] {
  return read(`/proc/${pid}/cmdline`).split('\0').filter(Boolean);
}

function startOf(pid: number): string {
  const fields = statOf(pid);
  return fields?.[0] === 'Z' ? '' : (fields?.[19] ?? '');
}

function statOf(pid: number): string[] | undefined {
  const text = read(`/proc/${pid}/stat`);
  return text === '' ? undefined : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Two processes are in one network where this is the same. */
function networkOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return '';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
