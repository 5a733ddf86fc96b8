import type { DockerDetails } from '../../model/container.js';
import { containerIdIn, parseCgroup } from '../host/process.js';
import type { HostReader } from '../host/reader.js';
import type { DockerEngine } from './client.js';

/** What `docker info` says of the engine and its host. */
export interface EngineInfo {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly cgroupVersion: '1' | '2';
  readonly memTotalBytes: number;
  readonly kernel: string;
  /** The engine's clock less ours, milliseconds. */
  readonly clockAheadMs: number;
}

export async function readInfo(
  engine: DockerEngine,
  options: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<EngineInfo> {
  const answer: unknown = await engine.call(
    'read its info',
    (docker, abortSignal) => {
      // It takes options, which its types leave out.
      const info: (options: { abortSignal: AbortSignal }) => Promise<unknown> = docker.info.bind(docker);
      return info({ abortSignal });
    },
    options,
  );
  return parseInfo(answer, Date.now());
}

/** GET /info; `nowMs` is our time at which it came. */
export function parseInfo(answer: unknown, nowMs: number): EngineInfo {
  const member = (name: string): unknown =>
    typeof answer === 'object' && answer !== null ? Reflect.get(answer, name) : undefined;
  const text = (name: string): string => String(member(name) ?? '');
  const engineMs = Date.parse(text('SystemTime'));
  return {
    id: text('ID'),
    name: text('Name'),
    version: text('ServerVersion'),
    // Engines before 20.10 know only version 1 and don't say so.
    cgroupVersion: text('CgroupVersion') === '2' ? '2' : '1',
    memTotalBytes: Number(member('MemTotal') ?? 0),
    kernel: text('KernelVersion'),
    clockAheadMs: Number.isNaN(engineMs) ? 0 : engineMs - nowMs,
  };
}

export function engineDetails(info: EngineInfo): DockerDetails['engine'] {
  const { name, version, cgroupVersion, memTotalBytes } = info;
  return { name, version, cgroupVersion, memTotalBytes };
}

/** A running container, by what the engine says. */
export interface RunningContainer {
  readonly id: string;
  readonly name: string;
  readonly pid: number;
}

/**
 * Why what this process sees under /proc is not the engine's host, or undefined where it is.
 *
 * Host name, memory size and kernel must agree. `docker info` has no boot time; stronger than that, the main process
 * of a running container must be here, in a cgroup with that container's 64-digit id, which no other host has.
 * Behind Docker Desktop, another machine or a pid namespace it is not.
 */
export async function hostMismatch(
  host: HostReader,
  info: EngineInfo,
  running: readonly RunningContainer[],
): Promise<string | undefined> {
  const mend = 'run a worker on the engine’s own host for host evidence';
  if (info.name !== host.hostname)
    return `the engine runs on ${info.name}, this worker on ${host.hostname}: ${mend}`;
  const total = (await host.meminfo()).get('MemTotal') ?? 0;
  if (Math.abs(total - info.memTotalBytes) > info.memTotalBytes * 0.01)
    return `the engine’s host has ${info.memTotalBytes} bytes of memory, this one ${total}: ${mend}`;
  const kernel = await host.kernelRelease();
  if (kernel !== info.kernel) return `the engine’s kernel is ${info.kernel}, this one ${kernel}: ${mend}`;
  const candidates = running.filter(({ pid }) => pid > 0).slice(0, 3);
  for (const container of candidates) if (await isHere(host, container)) return undefined;
  const [first] = candidates;
  return first === undefined
    ? undefined
    : `process ${first.pid}, which the engine says is container ${first.name}, is not here: ${mend}`;
}

/** True where the container's main process is a process of this host, in the container's own cgroup. */
export async function isHere(host: HostReader, { id, pid }: RunningContainer): Promise<boolean> {
  if (pid <= 0) return false;
  const { memory, unified } = parseCgroup((await host.cgroupText(pid)) ?? '');
  return containerIdIn(memory ?? '') === id || containerIdIn(unified ?? '') === id;
}
