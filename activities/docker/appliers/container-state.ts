import { failure, failureType } from '../../failure.js';
import type { DockerEngine } from '../client.js';

/** A container as an applier needs to know it, directly before and after it acts. */
export interface ContainerState {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly running: boolean;
  readonly paused: boolean;
  /** Between two tries of its own restart policy. The engine calls it running then, too. */
  readonly restarting: boolean;
  /** Engine time, compared for equality only. */
  readonly startedAt: string;
  readonly exitCode: number;
  readonly restartCount: number;
  readonly autoRemove: boolean;
  /** `SIGTERM` where it has none of its own. */
  readonly stopSignal: string;
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  readonly memoryBytes: number;
  readonly memorySwapBytes: number;
  readonly restartPolicy: string;
}

/** The container that was planned for. */
export interface PlannedContainer {
  readonly id: string;
  readonly name: string;
}

/**
 * Reads the container by its id. Throws `TargetGone` where there is none, and `PreconditionChanged` where another
 * one has taken its name, or where it has lost it (compose renames a container before it replaces it).
 */
export async function readContainer(
  engine: DockerEngine,
  planned: PlannedContainer,
  signal: AbortSignal,
): Promise<ContainerState> {
  const state = await inspect(engine, planned.id, planned.name, signal);
  if (state === undefined) throw await goneOrReplaced(engine, planned, signal);
  if (state.name !== planned.name) {
    throw failure(
      'PreconditionChanged',
      `Container ${planned.name} is called ${state.name} now: it is being replaced, or somebody renamed it.`,
    );
  }
  return state;
}

async function goneOrReplaced(engine: DockerEngine, planned: PlannedContainer, signal: AbortSignal) {
  const other = await inspect(engine, planned.name, planned.name, signal);
  return other === undefined
    ? failure('TargetGone', `Container ${planned.name} (${short(planned.id)}) is gone.`)
    : failure(
        'PreconditionChanged',
        `Container ${planned.name} was replaced: it is ${short(other.id)} now, not ${short(planned.id)}.`,
      );
}

async function inspect(
  engine: DockerEngine,
  idOrName: string,
  name: string,
  signal: AbortSignal,
): Promise<ContainerState | undefined> {
  try {
    return await engine.call(
      `inspect container ${name}`,
      async (docker, abortSignal) => stateOf(await docker.getContainer(idOrName).inspect({ abortSignal })),
      { signal },
    );
  } catch (error) {
    if (failureType(error) === 'TargetGone') return undefined;
    throw error;
  }
}

/** The parts of the engine's answer that are read. Older engines leave some out. */
interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly RestartCount?: number;
  readonly State: {
    readonly Status: string;
    readonly Running: boolean;
    readonly Paused: boolean;
    readonly Restarting: boolean;
    readonly StartedAt: string;
    readonly ExitCode: number;
    readonly Health?: { readonly Status?: string };
  };
  readonly Config: object;
  readonly HostConfig: {
    readonly AutoRemove?: boolean;
    readonly Memory?: number;
    readonly MemorySwap?: number;
    readonly RestartPolicy?: { readonly Name?: string; readonly MaximumRetryCount?: number };
  };
}

function stateOf({ Id, Name, RestartCount, State, Config, HostConfig }: Inspected): ContainerState {
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    status: State.Status,
    running: State.Running && !State.Restarting,
    paused: State.Paused,
    restarting: State.Restarting,
    startedAt: State.StartedAt,
    exitCode: State.ExitCode,
    restartCount: RestartCount ?? 0,
    autoRemove: HostConfig.AutoRemove ?? false,
    stopSignal: stopSignalOf(Config),
    health: healthOf(State.Health?.Status),
    memoryBytes: HostConfig.Memory ?? 0,
    memorySwapBytes: HostConfig.MemorySwap ?? 0,
    restartPolicy: policyOf(HostConfig.RestartPolicy),
  };
}

/** The types of dockerode leave it out. */
function stopSignalOf(config: object): string {
  const signal: unknown = Reflect.get(config, 'StopSignal');
  return typeof signal === 'string' && signal !== '' ? signal : 'SIGTERM';
}

function healthOf(status: string | undefined): ContainerState['health'] {
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : 'none';
}

/** As `docker update --restart` takes it: `on-failure:3`. */
function policyOf(policy: Inspected['HostConfig']['RestartPolicy']): string {
  const name = policy?.Name || 'no';
  const most = policy?.MaximumRetryCount ?? 0;
  return name === 'on-failure' && most > 0 ? `${name}:${most}` : name;
}

const short = (id: string): string => id.slice(0, 12);
