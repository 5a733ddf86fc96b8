import type { ContainerReading, DockerDetails, ProcessReading } from '../../model/container.js';
import { shortName } from '../../model/target.js';
import type { Reading } from '../adapter.js';
import { failure } from '../failure.js';
import type { BriefProcess } from '../host/processes.js';
import { type RawContainer, toReading } from './container.js';
import { withMemory } from './container-sources.js';
import { engineDetails } from './engine-info.js';
import { fitReading } from './fit.js';
import { type Asked, type Gathered, gather, sourceLimit } from './gather.js';
import { goingOnIn, goingOnOnHost } from './going-on.js';
import { healthOf } from './health.js';
import { toHostReading } from './host-sources.js';
import type { KillCounter } from './kill-counter.js';
import { countKills, endsOf } from './kills.js';
import { type Measured, measureContainer, measureHost, measureProcess } from './measure.js';
import { noteEverything } from './note.js';
import { reconcileKills } from './oom.js';
import { findProcess, largest, topProcesses } from './process-sources.js';
import { protectedBecause } from './roles.js';
import { endpointHealth, killsOfProcess } from './sample.js';

export interface Remembered {
  readonly counter: KillCounter;
  readonly protectedNames: readonly string[];
  /** Id of the container that this worker runs in, where it does. */
  readonly ownContainerId: string | undefined;
}

type DockerReading = Reading<DockerDetails>;

/** One whole reading of a container, a host or a process on it. */
export async function readTarget(asked: Asked, remembered: Remembered): Promise<DockerReading> {
  const gathered = await withMemories(asked, await gather(asked));
  const { own, running } = gathered;
  const container = own && reading(asked, remembered, own);
  const all = running.map((raw) => reading(asked, remembered, raw)).sort(byWorkingSet);
  const processes = await readProcesses(asked, gathered);
  const details: DockerDetails = {
    ...(container ? { container } : {}),
    containers: all,
    ...hostPart(gathered),
    ...processes,
    oomKills: oomKills(asked, gathered).slice(-50),
    logLines: gathered.logLines,
    ...probePart(gathered),
    app: gathered.app,
    engine: gathered.info
      ? engineDetails(gathered.info)
      : { name: '', version: '', cgroupVersion: '1', memTotalBytes: 0 },
  };
  noteEverything(asked.notebook, details, gathered, own);
  const { evidence } = asked.notebook;
  const at = asked.context.now().toISOString();
  return fitReading({ ...judged(asked, remembered, gathered, details), evidence, details }, at);
}

async function withMemories(asked: Asked, gathered: Gathered): Promise<Gathered> {
  const host = gathered.bound && asked.host;
  const options = { signal: asked.context.signal, timeoutMs: sourceLimit };
  const add = (raw: RawContainer): Promise<RawContainer> => withMemory(asked.engine, raw, host, options);
  const [own, running] = await Promise.all([
    gathered.own && add(gathered.own),
    Promise.all(gathered.running.map(add)),
  ]);
  return { ...gathered, ...(own ? { own } : {}), running };
}

function reading(asked: Asked, remembered: Remembered, raw: RawContainer): ContainerReading {
  const { ownContainerId, protectedNames } = remembered;
  return toReading(raw, {
    scope: asked.target.scope,
    serviceLabel: asked.settings.service?.label?.split('=')[0],
    protectedBecause: (one) => protectedBecause(one, protectedNames, ownContainerId, one.id),
  });
}

const byWorkingSet = (a: ContainerReading, b: ContainerReading): number =>
  (b.workingSetBytes ?? 0) - (a.workingSetBytes ?? 0);

function hostPart({ bound, hostGap, info, running }: Gathered): Pick<DockerDetails, 'host' | 'hostGap'> {
  if (!bound?.sources) return { hostGap: hostGap ?? 'this host’s /proc could not be read' };
  const anon = running.reduce(
    (sum, { cgroup, stats }) => sum + (cgroup?.anonBytes ?? stats?.anonBytes ?? 0),
    0,
  );
  return { host: toHostReading(info?.name ?? '', bound.sources, anon) };
}

type ProcessPart = Pick<DockerDetails, 'processes' | 'gcProcess' | 'gcProcessGap' | 'hostProcess'>;

async function readProcesses(asked: Asked, gathered: Gathered): Promise<ProcessPart> {
  const briefs = gathered.bound?.processes;
  const match = asked.settings.gc?.process;
  const remote = 'processes can only be told apart by a worker on the engine’s own host';
  if (!briefs) {
    const processes = await remoteProcesses(asked, gathered);
    return { processes, ...(match ? { gcProcessGap: gathered.hostGap ?? remote } : {}) };
  }
  const mine = await ownProcesses(asked, gathered, briefs);
  const gc = match && (await findProcess(asked.host, gcCandidates(asked, gathered, briefs), match));
  const hostProcess = asked.target.kind === 'hostProcess' ? await ownHostProcess(asked, briefs) : undefined;
  return {
    processes: mine,
    ...(gc && ('process' in gc ? { gcProcess: gc.process } : { gcProcessGap: gc.gap })),
    ...(hostProcess ? { hostProcess } : {}),
  };
}

function ownProcesses(
  asked: Asked,
  { own }: Gathered,
  briefs: readonly BriefProcess[],
): Promise<ProcessReading[]> {
  const mine = own ? briefs.filter(({ containerId }) => containerId === own.inspect.Id) : briefs;
  return largest(asked.host, mine);
}

/** Processes of the app's container; of a host without a configured container, those in no container. */
function gcCandidates({ settings }: Asked, { own, running }: Gathered, briefs: readonly BriefProcess[]) {
  if (!own && settings.container === undefined) return briefs.filter((one) => one.containerId === undefined);
  const app = own ?? running.find(({ inspect }) => inspect.Name === `/${settings.container}`);
  return briefs.filter((one) => app !== undefined && one.containerId === app.inspect.Id);
}

async function remoteProcesses(asked: Asked, { own }: Gathered): Promise<ProcessReading[]> {
  if (!own?.inspect.State.Running) return [];
  const container = { id: own.inspect.Id, name: own.inspect.Name.replace(/^\//, '') };
  const found = await asked.notebook.read('docker top', 'container.processes', sourceLimit, (signal) =>
    topProcesses(asked.engine, container, { signal, timeoutMs: sourceLimit }),
  );
  return found ?? [];
}

async function ownHostProcess(asked: Asked, briefs: readonly BriefProcess[]): Promise<ProcessReading> {
  const name = shortName(asked.target.key).replace(/^process:/, '');
  const settings = asked.settings.hostProcesses.find((one) => one.name === name);
  if (!settings) {
    throw failure('Misconfigured', `No hostProcesses entry named ${name} for ${asked.target.key}: add it.`);
  }
  const outside = briefs.filter(({ containerId }) => containerId === undefined);
  const found = await findProcess(asked.host, outside, settings.process);
  if ('process' in found) return found.process;
  throw failure(found.count === 0 ? 'TargetGone' : 'Misconfigured', `Host process ${name}: ${found.gap}.`);
}

function oomKills({ context }: Asked, { own, running, events, bound }: Gathered) {
  const containers = [
    ...running.filter(({ inspect }) => inspect.Id !== own?.inspect.Id),
    ...(own ? [own] : []),
  ];
  const kills = reconcileKills({
    logged: bound?.kernelLog?.kills ?? [],
    events,
    containers: containers.map(endsOf),
    sinceMs: Date.parse(context.since),
  });
  // Of others the evidence tells (kernel log): here only what happened to the target.
  return own ? kills.filter(({ containerId }) => containerId === own.inspect.Id) : kills;
}

/** Both the health endpoint and the functional probe have to be well; the first fault is told. */
function probePart({ health, probe }: Gathered): Pick<DockerDetails, 'probe'> {
  const both = [health, probe].filter((one) => one !== undefined);
  const told = both.find(({ ok }) => !ok) ?? probe ?? health;
  if (!told) return {};
  const { ok, status, note } = told;
  const latencyMs = Math.max(...both.map((one) => one.latencyMs));
  return { probe: { ok, ...(status === undefined ? {} : { status }), latencyMs, note } };
}

type Judged = Omit<DockerReading, 'evidence' | 'details'>;

function judged(asked: Asked, remembered: Remembered, gathered: Gathered, details: DockerDetails): Judged {
  const around = {
    containers: details.containers,
    events: gathered.events,
    app: gathered.app,
    dataServices: asked.settings.dataServices,
    engineNowMs: Date.now() + (gathered.info?.clockAheadMs ?? 0),
  };
  const { own } = gathered;
  if (own && details.container) {
    const { container } = details;
    const total = details.host?.memTotalBytes ?? details.engine.memTotalBytes;
    const identity = { uid: container.id, name: container.name, startedAt: container.startedAt };
    return {
      identity,
      ...measureContainer(container, total),
      ...healthOf(own.inspect, gathered.health),
      ...killsOf(remembered, own, gathered),
      goingOn: goingOnIn(container, around),
    };
  }
  return asked.target.kind === 'host'
    ? { ...judgedHost(gathered, details), goingOn: goingOnOnHost(around) }
    : { ...judgedProcess(asked, gathered, details), goingOn: [] };
}

function killsOf(
  { counter }: Remembered,
  own: RawContainer,
  { bound, events }: Gathered,
): { kills?: number } {
  const kills = countKills(counter, own.inspect, {
    cgroupKills: own.cgroup?.oomKills,
    logged: bound?.kernelLog?.kills,
    events,
  });
  return kills === undefined ? {} : { kills };
}

function judgedHost(
  { info, bound, health }: Gathered,
  { host, hostGap }: DockerDetails,
): Omit<Judged, 'goingOn'> {
  const kills = host?.oomKills ?? bound?.kernelLog?.kills.length;
  const measured: Measured = bound?.sources
    ? measureHost(bound.sources.meminfo)
    : { blind: hostGap ?? 'this host’s memory could not be read' };
  return {
    identity: { uid: info?.id ?? '', name: info?.name ?? '', ...(host ? { startedAt: host.bootTime } : {}) },
    ...measured,
    ...endpointHealth(health),
    ...(kills === undefined ? {} : { kills }),
  };
}

function judgedProcess(asked: Asked, gathered: Gathered, details: DockerDetails): Omit<Judged, 'goingOn'> {
  const name = shortName(asked.target.key).replace(/^process:/, '');
  const { hostProcess: process, host } = details;
  if (!process || !host) {
    const blind = details.hostGap ?? 'this host’s processes could not be read';
    return { identity: { uid: '', name }, blind, healthy: false, healthNote: blind };
  }
  const identity = { uid: `${process.pid}@${process.startTicks}`, name };
  const logged = gathered.bound?.kernelLog?.kills;
  const kills = logged && killsOfProcess(logged, process.executable);
  return {
    identity,
    ...measureProcess(process.rssBytes, host.memTotalBytes),
    ...endpointHealth(gathered.health),
    ...(kills === undefined ? {} : { kills }),
  };
}
