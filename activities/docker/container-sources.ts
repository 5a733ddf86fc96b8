import type Docker from 'dockerode';
import { failure, messageOf } from '../failure.js';
import type { HostReader } from '../host/reader.js';
import type { CallOptions, DockerEngine } from './client.js';
import type { Inspect, RawContainer } from './container.js';
import { memoryFromStats, type StatsMemory } from './stats.js';

/** Reads a container's state. Throws `TargetGone` where no container has exactly this name. */
export async function inspectByName(
  engine: DockerEngine,
  name: string,
  options: CallOptions,
): Promise<Inspect> {
  const inspect = await inspectContainer(engine, name, options);
  // The engine also takes the beginning of an id for a name.
  if (inspect.Name !== `/${name}`) {
    throw failure('TargetGone', `There is no container ${name} on engine ${engine.address.name}.`);
  }
  return inspect;
}

export function inspectContainer(
  engine: DockerEngine,
  idOrName: string,
  options: CallOptions,
): Promise<Inspect> {
  return engine.call(
    `inspect container ${idOrName}`,
    (docker, abortSignal) => docker.getContainer(idOrName).inspect({ abortSignal }),
    options,
  );
}

/** One reading of a container's memory, without waiting for a second one. Undefined where it does not run. */
async function readStats(
  engine: DockerEngine,
  id: string,
  options: CallOptions,
): Promise<StatsMemory | undefined> {
  const answer: unknown = await engine.call(
    `read stats of container ${id.slice(0, 12)}`,
    (docker, abortSignal) => {
      const once = { stream: false as const, 'one-shot': true, abortSignal };
      return docker.getContainer(id).stats(once);
    },
    options,
  );
  return memoryFromStats(answer);
}

/** All running containers (paused and restarting ones are among them), as the engine lists them. */
export function listRunning(engine: DockerEngine, options: CallOptions): Promise<Docker.ContainerInfo[]> {
  return engine.call(
    'list containers',
    (docker, abortSignal) => docker.listContainers({ abortSignal }),
    options,
  );
}

/** State and exec sessions of one container. */
export async function readContainer(
  engine: DockerEngine,
  idOrName: string,
  options: CallOptions,
  inspected?: Inspect,
): Promise<RawContainer> {
  const inspect = inspected ?? (await inspectContainer(engine, idOrName, options));
  try {
    return { inspect, execs: await countExecs(engine, inspect, options) };
  } catch (error) {
    options.signal?.throwIfAborted();
    return { inspect, execs: 0, gap: messageOf(error) };
  }
}

/**
 * Adds the container's memory: from the kernel's own files where `host` is the engine's host, which takes no time and
 * tells more; else from the engine's stats, which take a second (the engine samples once a second).
 */
export async function withMemory(
  engine: DockerEngine,
  raw: RawContainer,
  host: HostReader | undefined,
  options: CallOptions,
): Promise<RawContainer> {
  const { Running, Restarting, Pid } = raw.inspect.State;
  if (!Running || Restarting) return raw;
  const cgroup = host && Pid > 0 ? await host.cgroupMemory(Pid) : undefined;
  if (cgroup) return { ...raw, cgroup };
  try {
    const stats = await readStats(engine, raw.inspect.Id, options);
    return stats ? { ...raw, stats } : raw;
  } catch (error) {
    options.signal?.throwIfAborted();
    return { ...raw, gap: [raw.gap, messageOf(error)].filter(Boolean).join(' ') };
  }
}

/** Exec sessions that run, without the engine's own health checks. */
async function countExecs(engine: DockerEngine, inspect: Inspect, options: CallOptions): Promise<number> {
  const ids = (inspect.ExecIDs ?? []).slice(0, 50);
  const health = healthCommand(inspect);
  const open = await Promise.all(ids.map((id) => isOpenExec(engine, id, health, options)));
  return open.filter(Boolean).length;
}

async function isOpenExec(
  engine: DockerEngine,
  id: string,
  health: string | undefined,
  options: CallOptions,
): Promise<boolean> {
  const exec = await engine
    .call(
      `inspect exec session ${id.slice(0, 12)}`,
      (docker, abortSignal) => docker.getExec(id).inspect({ abortSignal }),
      options,
    )
    // It ended between the two calls.
    .catch((error: unknown) => {
      if (error instanceof Error && 'type' in error && error.type === 'TargetGone') return undefined;
      throw error;
    });
  if (!exec?.Running) return false;
  const { entrypoint, arguments: args } = exec.ProcessConfig;
  return [entrypoint, ...(args ?? [])].join(' ') !== health;
}

function healthCommand({ Config }: Inspect): string | undefined {
  const [form, ...words] = Config.Healthcheck?.Test ?? [];
  if (form === 'CMD') return words.join(' ');
  return form === 'CMD-SHELL' ? ['/bin/sh', '-c', ...words].join(' ') : undefined;
}
