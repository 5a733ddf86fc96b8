import type { ContainerReading, DockerDetails } from '../../model/container.js';
import type { Notebook } from '../notebook.js';
import type { RawContainer } from './container.js';
import type { Gathered } from './gather.js';
import { noteHost } from './host-sources.js';

/** Flat evidence of a look, for people and reports: all that MEM-001's diagnosis names, by its command. */
export function noteEverything(
  notebook: Notebook,
  details: DockerDetails,
  gathered: Gathered,
  ownRaw: RawContainer | undefined,
): void {
  if (details.host && gathered.bound?.sources) noteHost(notebook, details.host, gathered.bound.sources);
  else notebook.gap('/proc', 'host.memory', details.hostGap ?? 'it could not be read');
  if (details.container) noteContainer(notebook, details.container, ownRaw);
  noteOthers(notebook, details);
  noteProcesses(notebook, details);
  noteKills(notebook, details, gathered);
  noteApp(notebook, details);
}

function noteContainer(notebook: Notebook, one: ContainerReading, raw: RawContainer | undefined): void {
  const stats = statsSource(raw);
  notebook.saw(stats, 'container.workingSet', one.workingSetBytes, 'bytes');
  notebook.saw(stats, 'container.usage', one.usageBytes, 'bytes');
  notebook.saw(stats, 'container.pageCache', one.cacheBytes, 'bytes');
  const inspect = 'docker inspect';
  notebook.saw(inspect, 'container.limit', one.limitBytes ?? 'none', one.limitBytes ? 'bytes' : undefined);
  notebook.saw(inspect, 'container.reservation', one.reservationBytes, 'bytes');
  notebook.saw(inspect, 'container.memorySwap', one.memorySwapBytes, 'bytes');
  notebook.saw(inspect, 'container.status', one.status);
  notebook.saw(inspect, 'container.health', one.health);
  notebook.saw(inspect, 'container.restartCount', one.restartCount, 'count');
  notebook.saw(inspect, 'container.restartPolicy', one.restartPolicy);
  notebook.saw(inspect, 'container.exitCode', one.exitCode);
  notebook.saw(inspect, 'container.oomKilled', one.oomKilled);
  if (one.heapFlags.length > 0) notebook.saw(inspect, 'container.heapFlags', one.heapFlags);
  noteCgroup(notebook, raw);
}

/** The same figure by either way: `docker stats` computes it from these files. */
function statsSource(raw: RawContainer | undefined): string {
  return raw?.cgroup ? `cgroup v${raw.cgroup.version} (docker stats)` : 'docker stats';
}

function noteCgroup(notebook: Notebook, raw: RawContainer | undefined): void {
  const { cgroup } = raw ?? {};
  if (!cgroup) return;
  const source = `cgroup v${cgroup.version}`;
  notebook.saw(source, 'container.swap', cgroup.swapBytes, 'bytes');
  notebook.saw(source, 'container.peak', cgroup.peakBytes, 'bytes');
  notebook.saw(source, 'container.anonymous', cgroup.anonBytes, 'bytes');
  notebook.saw(source, 'container.tmpfs', cgroup.shmemBytes, 'bytes');
  notebook.saw(source, 'container.oomKillsThisLife', cgroup.oomKills, 'count');
  notebook.saw(source, 'container.limitHits', cgroup.limitHits, 'count');
  notebook.saw(source, 'container.pressure.some', cgroup.pressure?.somePercent, 'percent');
}

/** `docker stats`, sorted: the ten largest. */
function noteOthers(notebook: Notebook, { containers, container }: DockerDetails): void {
  notebook.saw('docker ps', 'containers.running', containers.length, 'count');
  for (const one of containers.filter(({ id }) => id !== container?.id).slice(0, 10)) {
    notebook.saw('docker stats', 'container.workingSet', one.workingSetBytes, 'bytes', one.name);
    if (one.gap) notebook.gap('docker stats', 'container.workingSet', one.gap, one.name);
  }
}

/** `ps aux --sort=-%mem | head`. */
function noteProcesses(notebook: Notebook, { processes, gcProcess, hostProcess }: DockerDetails): void {
  for (const one of processes.slice(0, 10)) {
    const subject = `${one.pid} ${one.executable}`;
    notebook.saw('/proc (ps)', 'process.rss', one.rssBytes, 'bytes', subject);
    if (one.swapBytes > 0) notebook.saw('/proc (ps)', 'process.swap', one.swapBytes, 'bytes', subject);
  }
  notebook.saw('/proc', 'gcProcess.rss', gcProcess?.rssBytes, 'bytes');
  notebook.saw('/proc', 'hostProcess.rss', hostProcess?.rssBytes, 'bytes');
}

function noteKills(notebook: Notebook, { oomKills }: DockerDetails, { bound }: Gathered): void {
  const witnesses = [...new Set(oomKills.flatMap((kill) => kill.witnesses))];
  const source = witnesses.join(', ') || 'kernel log, cgroups, docker events';
  notebook.saw(source, 'oomKills.known', oomKills.length, 'count');
  notebook.saw(source, 'oomKills.recent', oomKills.filter(({ recent }) => recent).length, 'count');
  const log = bound?.kernelLog;
  for (const line of log?.lines.slice(-6) ?? []) {
    const at = new Date(line.atMs).toISOString();
    notebook.saw(`${log?.source} (dmesg)`, 'host.kernelLog', `${at} ${line.text.slice(0, 240)}`);
  }
}

function noteApp(notebook: Notebook, { app, probe }: DockerDetails): void {
  notebook.saw('probe', 'probe.latency', probe?.latencyMs, 'milliseconds');
  notebook.saw('probe', 'probe.answer', probe?.note);
  for (const [name, value] of Object.entries(app).slice(0, 30)) {
    notebook.saw('GET metrics', `app.${name}`, value, name.endsWith('_bytes') ? 'bytes' : undefined);
  }
}
