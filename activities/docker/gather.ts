import type { ContainerSettings, Endpoint } from '../../model/container.js';
import { shortName, type Target } from '../../model/target.js';
import type { ReadContext } from '../adapter.js';
import { failureType, messageOf } from '../failure.js';
import type { KernelLogReading } from '../host/kernel-log.js';
import type { BriefProcess } from '../host/processes.js';
import type { HostReader } from '../host/reader.js';
import type { Notebook } from '../notebook.js';
import { parseAppMetrics } from '../service/app-metrics.js';
import type { CallOptions, DockerEngine } from './client.js';
import type { RawContainer } from './container.js';
import { inspectByName, listRunning, readContainer } from './container-sources.js';
import { type EngineInfo, hostMismatch, readInfo } from './engine-info.js';
import { allUntil, type ContainerEvent, readEvents } from './events.js';
import { type HostSources, readHostSources } from './host-sources.js';
import { readMemoryLines } from './logs.js';
import { type ProbeResult, probe } from './probe.js';

/** Time limit of one source. Milliseconds. */
export const sourceLimit = 5_000;
/** The state of the target itself is waited for longer: without it there is no look. */
const ownLimit = 15_000;

export interface Asked {
  readonly target: Target;
  readonly settings: ContainerSettings;
  readonly context: ReadContext;
  readonly engine: DockerEngine;
  readonly host: HostReader;
  readonly secret: (name: string) => string;
  readonly notebook: Notebook;
}

/** Everything that was read, as it came. What is absent is a gap in the notebook. */
export interface Gathered {
  readonly info?: EngineInfo;
  readonly own?: RawContainer;
  readonly running: readonly RawContainer[];
  readonly events: readonly ContainerEvent[];
  /** Absent where this is not the engine's host: `hostGap` says why. */
  readonly bound?: {
    readonly sources?: HostSources;
    readonly processes?: readonly BriefProcess[];
    readonly kernelLog?: KernelLogReading;
  };
  readonly hostGap?: string;
  readonly logLines: readonly string[];
  readonly health?: ProbeResult;
  readonly probe?: ProbeResult;
  readonly app: Readonly<Record<string, number>>;
}

/** Reads all sources at once. Throws only where there is nothing to look at: `TargetGone`, `Unreachable`. */
export async function gather(asked: Asked): Promise<Gathered> {
  const { engine, host, notebook, settings, context } = asked;
  const { signal } = context;
  const info = readEngine(asked);
  const own = readOwn(asked);
  const limit = { signal, timeoutMs: sourceLimit };
  const [
    engineInfo,
    target,
    running,
    events,
    logLines,
    sources,
    processes,
    kernelLog,
    health,
    functional,
    app,
  ] = await Promise.all([
    info,
    own,
    readRunning(engine, notebook, limit),
    info.then((known) => pastEvents(asked, known)),
    own.then((raw) => memoryLog(asked, raw)),
    notebook.read('/proc', 'host.memory', sourceLimit, () => readHostSources(host)),
    notebook.read('/proc (ps)', 'host.processes', sourceLimit, (one) => host.processes(one)),
    notebook.read('kernel log', 'host.kernelLog', sourceLimit, (one) => host.kernelLog.read(one)),
    probed(asked, settings.health),
    probed(asked, settings.probe),
    readAppMetrics(asked),
  ]);
  const hostGap = await bindingGap(host, engineInfo, [...(target ? [target] : []), ...running]);
  return {
    ...(engineInfo ? { info: engineInfo } : {}),
    ...(target ? { own: target } : {}),
    running,
    events,
    ...(hostGap === undefined ? { bound: defined({ sources, processes, kernelLog }) } : { hostGap }),
    logLines,
    ...defined({ health, probe: functional }),
    app,
  };
}

/** Needed by a host or process on it: there its failure is the look's. */
function readEngine({ target, engine, notebook, context }: Asked): Promise<EngineInfo | undefined> {
  const options = { signal: context.signal, timeoutMs: sourceLimit };
  return target.kind === 'container'
    ? notebook.read('docker info', 'engine.info', sourceLimit, () => readInfo(engine, options))
    : readInfo(engine, { ...options, timeoutMs: ownLimit });
}

async function readOwn({ target, settings, engine, context }: Asked): Promise<RawContainer | undefined> {
  const name = target.kind === 'container' ? (settings.container ?? shortName(target.key)) : undefined;
  if (name === undefined) return undefined;
  const inspect = await inspectByName(engine, name, { signal: context.signal, timeoutMs: ownLimit });
  const options = { signal: context.signal, timeoutMs: sourceLimit };
  return readContainer(engine, inspect.Id, options, inspect);
}

async function readRunning(
  engine: DockerEngine,
  notebook: Notebook,
  options: CallOptions,
): Promise<RawContainer[]> {
  const list = await notebook.read('docker ps', 'containers', sourceLimit, () =>
    listRunning(engine, options),
  );
  const read = await Promise.all(
    (list ?? []).map(({ Id, Names }) =>
      readContainer(engine, Id, options).catch((error: unknown) => {
        options.signal?.throwIfAborted();
        // One that ended since it was listed is no gap.
        if (failureType(error) === 'TargetGone') return undefined;
        const name = Names[0]?.replace(/^\//, '') ?? Id.slice(0, 12);
        notebook.gap('docker inspect', 'container.state', messageOf(error), name);
        return undefined;
      }),
    ),
  );
  return read.filter((one) => one !== undefined);
}

/** All that the engine still remembers (its last 256 events): counts of them can be compared between readings. */
async function pastEvents(asked: Asked, info: EngineInfo | undefined): Promise<ContainerEvent[]> {
  const { engine, notebook } = asked;
  const range = allUntil(info?.clockAheadMs ?? 0);
  const events = await notebook.read('docker events', 'containers.events', sourceLimit, (signal) =>
    readEvents(engine, range, { signal, timeoutMs: sourceLimit }),
  );
  return events ?? [];
}

async function memoryLog(asked: Asked, raw: RawContainer | undefined): Promise<readonly string[]> {
  if (!raw) return [];
  const { Id: id, Name, Config } = raw.inspect;
  const container = { id, name: Name.replace(/^\//, ''), tty: Config.Tty };
  const since = Date.parse(asked.context.since) / 1000;
  const lines = await asked.notebook.read('docker logs', 'container.log', sourceLimit, (signal) =>
    readMemoryLines(asked.engine, container, since, { signal, timeoutMs: sourceLimit }),
  );
  return lines ?? [];
}

async function probed(asked: Asked, endpoint: Endpoint | undefined): Promise<ProbeResult | undefined> {
  return endpoint && probe(endpoint, asked.context.signal, asked.secret);
}

async function readAppMetrics(asked: Asked): Promise<Record<string, number>> {
  const endpoint = asked.settings.metrics;
  if (!endpoint) return {};
  const answer = await probe(endpoint, asked.context.signal, asked.secret);
  if (answer.ok) return parseAppMetrics(answer.body);
  asked.notebook.gap(`GET ${new URL(endpoint.url).pathname}`, 'app.metrics', answer.note);
  return {};
}

async function bindingGap(
  host: HostReader,
  info: EngineInfo | undefined,
  running: readonly RawContainer[],
): Promise<string | undefined> {
  if (!info) return 'the engine’s info could not be read, so it is not known which host it runs on';
  const containers = running.map(({ inspect }) => ({
    id: inspect.Id,
    name: inspect.Name.replace(/^\//, ''),
    pid: inspect.State.Pid,
  }));
  try {
    return await hostMismatch(host, info, containers);
  } catch (error) {
    return `this host’s /proc can’t be read: ${messageOf(error)}`;
  }
}

/** The members that are there. */
function defined<T extends object>(members: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
  const kept: { [Name in keyof T]?: NonNullable<T[Name]> } = {};
  for (const name of Object.keys(members) as (keyof T)[]) {
    const value = members[name];
    if (value !== undefined && value !== null) kept[name] = value;
  }
  return kept;
}
