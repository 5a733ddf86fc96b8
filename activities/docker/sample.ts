import type { ContainerSettings } from '../../model/container.js';
import type { Sample } from '../../model/evidence.js';
import { shortName, type Target } from '../../model/target.js';
import type { ReadContext } from '../adapter.js';
import { failure, messageOf } from '../failure.js';
import type { LoggedKill } from '../host/oom-log.js';
import type { HostReader } from '../host/reader.js';
import type { Binding, Bindings } from './binding.js';
import type { DockerEngine } from './client.js';
import { type Inspect, toReading } from './container.js';
import { inspectByName, withMemory } from './container-sources.js';
import { allUntil, readEvents } from './events.js';
import { type Health, healthOf } from './health.js';
import type { KillCounter } from './kill-counter.js';
import { countKills } from './kills.js';
import { type Measured, measureContainer, measureHost, measureProcess } from './measure.js';
import { type ProbeResult, probe } from './probe.js';
import { findProcess } from './process-sources.js';

export interface SampleAsked {
  readonly target: Target;
  readonly settings: ContainerSettings;
  readonly context: ReadContext;
  readonly engine: DockerEngine;
  readonly host: HostReader;
  readonly bindings: Bindings;
  readonly counter: KillCounter;
  readonly secret: (name: string) => string;
}

/** Time limit of each call, milliseconds: a sample that comes late is worth little. */
const callLimit = 5_000;
/** A health endpoint is not waited for longer. Seconds. */
const healthLimit = 3;

/** One light reading. What fails is the sample's gap; only the activity's own cancellation is thrown. */
export async function sampleTarget(asked: SampleAsked): Promise<Sample> {
  const at = asked.context.now().toISOString();
  try {
    return { at, ...(await read(asked)) };
  } catch (error) {
    asked.context.signal.throwIfAborted();
    return { at, gap: messageOf(error) };
  }
}

type Read = Omit<Sample, 'at'>;

function read(asked: SampleAsked): Promise<Read> {
  if (asked.target.kind === 'container') return readContainerSample(asked);
  return asked.target.kind === 'host' ? readHostSample(asked) : readProcessSample(asked);
}

async function readContainerSample(asked: SampleAsked): Promise<Read> {
  const { target, settings, engine, context, counter } = asked;
  const options = { signal: context.signal, timeoutMs: callLimit };
  const name = settings.container ?? shortName(target.key);
  const [inspect, health] = await Promise.all([inspectByName(engine, name, options), readHealth(asked)]);
  const binding = await passing(asked.bindings.of(engine, options), context.signal);
  const isLocal = binding !== undefined && binding.gap === undefined;
  const [raw, witnesses] = await Promise.all([
    withMemory(engine, { inspect, execs: 0 }, isLocal ? asked.host : undefined, options),
    readWitnesses(asked, inspect, isLocal, binding?.info.clockAheadMs ?? 0),
  ]);
  const reading = toReading(raw, { scope: target.scope, protectedBecause: () => undefined });
  const kills = countKills(counter, inspect, { ...witnesses, cgroupKills: raw.cgroup?.oomKills });
  return {
    ...figures(measureContainer(reading, binding?.info.memTotalBytes ?? 0)),
    ...healthOf(inspect, health),
    ...(kills === undefined ? {} : { kills }),
    id: inspect.Id,
    startedAt: inspect.State.StartedAt,
  };
}

/** What a sample asks about kills: the same witnesses as a look, so that the counts can be compared. */
async function readWitnesses(asked: SampleAsked, inspect: Inspect, isLocal: boolean, aheadMs: number) {
  const { engine, host, context } = asked;
  const { signal } = context;
  const range = { ...allUntil(aheadMs), container: inspect.Id };
  const [log, events] = await Promise.all([
    isLocal ? passing(host.kernelLog.read(signal), signal) : undefined,
    passing(readEvents(engine, range, { signal, timeoutMs: callLimit }), signal),
  ]);
  return { ...(log ? { logged: log.kills } : {}), ...(events ? { events } : {}) };
}

async function readHostSample(asked: SampleAsked): Promise<Read> {
  const { host } = asked;
  const info = await boundInfo(asked);
  const [meminfo, vmstat, health] = await Promise.all([host.meminfo(), host.vmstat(), readHealth(asked)]);
  const kills = vmstat.get('oom_kill');
  return {
    ...figures(measureHost(meminfo)),
    ...endpointHealth(health),
    ...(kills === undefined ? {} : { kills }),
    id: info.id,
  };
}

async function readProcessSample(asked: SampleAsked): Promise<Read> {
  const { host, settings, target, context } = asked;
  await boundInfo(asked);
  const name = shortName(target.key).replace(/^process:/, '');
  const wanted = settings.hostProcesses.find((one) => one.name === name);
  if (!wanted)
    throw failure('Misconfigured', `No hostProcesses entry named ${name} for ${target.key}: add it.`);
  const [briefs, meminfo, log, health] = await Promise.all([
    host.processes(context.signal),
    host.meminfo(),
    passing(host.kernelLog.read(context.signal), context.signal),
    readHealth(asked),
  ]);
  const outside = briefs.filter(({ containerId }) => containerId === undefined);
  const found = await findProcess(host, outside, wanted.process);
  const kills = log && killsOfProcess(log.kills, wanted.process.executable);
  const counted = kills === undefined ? {} : { kills };
  if (!('process' in found)) return { gap: found.gap, healthy: false, healthNote: found.gap, ...counted };
  const { rssBytes, pid, startTicks } = found.process;
  return {
    ...figures(measureProcess(rssBytes, meminfo.get('MemTotal') ?? 0)),
    ...endpointHealth(health),
    ...counted,
    id: `${pid}@${startTicks}`,
  };
}

/** Kills of a program outside the containers. The kernel cuts names to 15 characters. */
export function killsOfProcess(kills: readonly LoggedKill[], executable: string): number {
  const name = (executable.split('/').pop() ?? '').slice(0, 15);
  return kills.filter((kill) => kill.containerId === undefined && kill.process === name).length;
}

async function boundInfo({ bindings, engine, context }: SampleAsked): Promise<Binding['info']> {
  const { info, gap } = await bindings.of(engine, { signal: context.signal, timeoutMs: callLimit });
  if (gap !== undefined) throw failure('Unsupported', `This host is not the engine’s: ${gap}`);
  return info;
}

async function readHealth({ settings, context, secret }: SampleAsked): Promise<ProbeResult | undefined> {
  const endpoint = settings.health;
  if (!endpoint) return undefined;
  const timeoutSeconds = Math.min(endpoint.timeoutSeconds, healthLimit);
  return probe({ ...endpoint, timeoutSeconds }, context.signal, secret);
}

function figures(measured: Measured): Read {
  if ('blind' in measured) return { gap: measured.blind };
  return { used: measured.measure.used, limit: measured.measure.limit };
}

/** Health of something that has no state of its own besides answering. */
export function endpointHealth(health: ProbeResult | undefined): Health {
  if (!health || health.ok) return { healthy: true };
  return { healthy: false, healthNote: `its health endpoint: ${health.note}` };
}

/** A source without which the sample is still worth something. */
async function passing<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await work;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
