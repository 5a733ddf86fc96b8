import type { HostReading } from '../../model/container.js';
import type { HostReader } from '../host/reader.js';
import { reconcile } from '../host/reconcile.js';
import type { Notebook } from '../notebook.js';

/** What is read of the host's memory, before it is known whether it is the engine's host. */
export interface HostSources {
  readonly meminfo: ReadonlyMap<string, number>;
  readonly vmstat: ReadonlyMap<string, number>;
  readonly swaps: HostReading['swapDevices'];
  readonly pressure: { readonly somePercent: number; readonly fullPercent: number } | undefined;
  readonly bootTime: string;
  readonly swapRates: { readonly in: number; readonly out: number } | undefined;
}

/** Between the two readings of the swap counters. Milliseconds. */
const rateMs = 300;

/** Reads /proc; throws where it is not what Linux has. */
export async function readHostSources(host: HostReader): Promise<HostSources> {
  const began = performance.now();
  const [meminfo, vmstat, swaps, pressure, bootTime] = await Promise.all([
    host.meminfo(),
    host.vmstat(),
    host.swaps(),
    host.pressure(),
    host.bootTime(),
  ]);
  const swapRates = await readSwapRates(host, vmstat, meminfo, began);
  return { meminfo, vmstat, swaps, pressure, bootTime, swapRates };
}

/** Pages a second. Without swap there is nothing to wait for: it is 0. */
async function readSwapRates(
  host: HostReader,
  first: ReadonlyMap<string, number>,
  meminfo: ReadonlyMap<string, number>,
  began: number,
): Promise<HostSources['swapRates']> {
  if (!first.has('pswpin')) return undefined;
  if ((meminfo.get('SwapTotal') ?? 0) === 0) return { in: 0, out: 0 };
  await new Promise((resolve) => setTimeout(resolve, rateMs));
  const second = await host.vmstat();
  const seconds = (performance.now() - began) / 1000;
  const rate = (name: string): number =>
    Math.round(((second.get(name) ?? 0) - (first.get(name) ?? 0)) / seconds);
  return { in: rate('pswpin'), out: rate('pswpout') };
}

/** The host as the rules read it. `containersAnonBytes`: anonymous memory of all containers. */
export function toHostReading(name: string, sources: HostSources, containersAnonBytes: number): HostReading {
  const of = (figure: string): number => sources.meminfo.get(figure) ?? 0;
  const total = of('MemTotal');
  const available = of('MemAvailable');
  const { pressure, swapRates } = sources;
  return {
    name,
    memTotalBytes: total,
    memAvailableBytes: available,
    usedPercent: ((total - available) / total) * 100,
    swapTotalBytes: of('SwapTotal'),
    swapUsedBytes: of('SwapTotal') - of('SwapFree'),
    swapDevices: sources.swaps.slice(0, 8),
    ...(swapRates ? { swapInPerSecond: swapRates.in, swapOutPerSecond: swapRates.out } : {}),
    ...(pressure
      ? { pressureSomePercent: pressure.somePercent, pressureFullPercent: pressure.fullPercent }
      : {}),
    bootTime: sources.bootTime,
    reconciled: reconcile(sources.meminfo, containersAnonBytes),
    ...(sources.vmstat.has('oom_kill') ? { oomKills: sources.vmstat.get('oom_kill') } : {}),
  };
}

/** Notes what `free`, `vmstat -s` and `swapon -s` show. */
export function noteHost(notebook: Notebook, host: HostReading, { meminfo, vmstat }: HostSources): void {
  const free = '/proc/meminfo (free)';
  notebook.saw(free, 'host.memory.total', host.memTotalBytes, 'bytes');
  notebook.saw(free, 'host.memory.available', host.memAvailableBytes, 'bytes');
  notebook.saw(free, 'host.memory.usedPercent', round(host.usedPercent), 'percent');
  notebook.saw(free, 'host.memory.free', meminfo.get('MemFree'), 'bytes');
  notebook.saw(free, 'host.memory.pageCache', pageCache(meminfo), 'bytes');
  notebook.saw(free, 'host.memory.committed', meminfo.get('Committed_AS'), 'bytes');
  for (const [part, bytes] of Object.entries(host.reconciled))
    notebook.saw(free, `host.used.${part}`, bytes, 'bytes');
  const swaps = '/proc/swaps (swapon -s)';
  notebook.saw(swaps, 'host.swap.total', host.swapTotalBytes, 'bytes');
  notebook.saw(swaps, 'host.swap.used', host.swapUsedBytes, 'bytes');
  for (const device of host.swapDevices)
    notebook.saw(swaps, 'host.swap.device.used', device.usedBytes, 'bytes', device.name);
  noteVmstat(notebook, host, vmstat);
}

function noteVmstat(notebook: Notebook, host: HostReading, vmstat: ReadonlyMap<string, number>): void {
  const source = '/proc/vmstat (vmstat -s)';
  notebook.saw(source, 'host.swap.inPages', host.swapInPerSecond, 'perSecond');
  notebook.saw(source, 'host.swap.outPages', host.swapOutPerSecond, 'perSecond');
  notebook.saw(source, 'host.swap.inPagesSinceBoot', vmstat.get('pswpin'), 'count');
  notebook.saw(source, 'host.swap.outPagesSinceBoot', vmstat.get('pswpout'), 'count');
  notebook.saw(source, 'host.majorFaultsSinceBoot', vmstat.get('pgmajfault'), 'count');
  notebook.saw(source, 'host.oomKillsSinceBoot', host.oomKills, 'count');
  notebook.saw('/proc/pressure/memory', 'host.pressure.some', host.pressureSomePercent, 'percent');
  notebook.saw('/proc/pressure/memory', 'host.pressure.full', host.pressureFullPercent, 'percent');
}

/** Page cache without tmpfs: memory that the kernel gives back. */
function pageCache(meminfo: ReadonlyMap<string, number>): number {
  const of = (name: string): number => meminfo.get(name) ?? 0;
  return of('Cached') + of('Buffers') - of('Shmem');
}

const round = (value: number): number => Math.round(value * 100) / 100;
