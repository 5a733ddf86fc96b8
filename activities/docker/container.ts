import type Docker from 'dockerode';
import type { ContainerReading } from '../../model/container.js';
import { redact } from '../../model/redact.js';
import type { CgroupMemory } from '../host/cgroup.js';
import { heapFlags } from './heap-flags.js';
import { dependsOn, orchestratorOf } from './roles.js';
import type { StatsMemory } from './stats.js';

/** What GET /containers/<id>/json answers, with two members that dockerode's types leave out. */
export type Inspect = Docker.ContainerInspectInfo & {
  readonly Config: { readonly StopSignal?: string; readonly StopTimeout?: number };
};

/** Everything that was read of one container. */
export interface RawContainer {
  readonly inspect: Inspect;
  readonly stats?: StatsMemory;
  readonly cgroup?: CgroupMemory;
  readonly execs: number;
  readonly gap?: string;
}

export interface ReadingContext {
  /** `docker/local`. */
  readonly scope: string;
  readonly protectedBecause: (container: ContainerReading) => string | undefined;
  /** A label that must be kept, besides compose's and Nightshift's own. */
  readonly serviceLabel?: string;
}

/** One container as the rules read it. */
export function toReading(raw: RawContainer, context: ReadingContext): ContainerReading {
  const { inspect } = raw;
  const name = inspect.Name.replace(/^\//, '');
  const reading: ContainerReading = {
    id: inspect.Id,
    name,
    key: `${context.scope}/${name}`,
    image: inspect.Config.Image,
    ...stateOf(inspect),
    ...memoryOf(raw),
    ...ownershipOf(inspect, context.serviceLabel),
    ...stoppingOf(inspect),
    command: commandOf(inspect),
    heapFlags: heapFlags([inspect.Path, ...inspect.Args], inspect.Config.Env ?? []),
    execs: raw.execs,
    ...(raw.gap === undefined ? {} : { gap: raw.gap }),
  };
  const because = context.protectedBecause(reading);
  return because === undefined ? reading : { ...reading, protected: because };
}

function stateOf({ State: state, RestartCount: restartCount }: Inspect) {
  return {
    status: state.Status,
    startedAt: state.StartedAt,
    oomKilled: state.OOMKilled,
    exitCode: state.ExitCode,
    restartCount,
    health: healthOf(state.Health?.Status),
    paused: state.Paused,
    restarting: state.Restarting,
  };
}

function healthOf(status: string | undefined): ContainerReading['health'] {
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : 'none';
}

/** The engine's stats first; the cgroup's own files, read on the engine's host, where they fail and for the rest. */
function memoryOf({ inspect, stats, cgroup }: RawContainer) {
  const { Memory = 0, MemoryReservation = 0, MemorySwap = 0 } = inspect.HostConfig;
  const counted = stats ?? (cgroup ? fromCgroup(cgroup) : undefined);
  return {
    ...(counted
      ? {
          workingSetBytes: counted.workingSetBytes,
          usageBytes: counted.usageBytes,
          cacheBytes: counted.cacheBytes,
        }
      : {}),
    ...defined({
      swapBytes: cgroup?.swapBytes,
      oomKills: cgroup?.oomKills,
      peakBytes: cgroup?.peakBytes,
      limitBytes: Memory || cgroup?.limitBytes,
      reservationBytes: MemoryReservation || undefined,
      memorySwapBytes: MemorySwap || undefined,
    }),
  };
}

function fromCgroup(cgroup: CgroupMemory): StatsMemory {
  const { usageBytes, inactiveFileBytes, cacheBytes, anonBytes } = cgroup;
  return { usageBytes, workingSetBytes: Math.max(0, usageBytes - inactiveFileBytes), cacheBytes, anonBytes };
}

/** The members that have a value. */
function defined<T extends Record<string, number | undefined>>(members: T): Partial<Record<keyof T, number>> {
  const kept: Partial<Record<keyof T, number>> = {};
  for (const name of Object.keys(members) as (keyof T)[]) {
    const value = members[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

function ownershipOf({ Config, HostConfig, Mounts }: Inspect, serviceLabel: string | undefined) {
  const labels = Config.Labels ?? {};
  const orchestrator = orchestratorOf(labels);
  const project = labels['com.docker.compose.project'];
  const service = labels['com.docker.compose.service'];
  const mounted = (Mounts ?? []).filter(({ Type }) => Type === 'tmpfs').map((mount) => mount.Destination);
  return {
    restartPolicy: HostConfig.RestartPolicy?.Name || 'no',
    autoRemove: HostConfig.AutoRemove ?? false,
    ...(orchestrator ? { orchestrator } : {}),
    ...(project ? { composeProject: project } : {}),
    ...(service ? { composeService: service } : {}),
    dependsOn: dependsOn(labels),
    labels: keptLabels(labels, serviceLabel),
    tmpfsMounts: [...new Set([...Object.keys(HostConfig.Tmpfs ?? {}), ...mounted])],
  };
}

/** Labels can hold anything at any length: only those are kept that a rule reads. */
function keptLabels(labels: Readonly<Record<string, string>>, serviceLabel: string | undefined) {
  const isKept = (name: string): boolean =>
    name === serviceLabel ||
    name.startsWith('nightshift.') ||
    /^com\.docker\.compose\.(?:project|service|oneoff|container-number)$/.test(name);
  const kept = Object.entries(labels).filter(([name]) => isKept(name));
  return Object.fromEntries(kept.slice(0, 12).map(([name, value]) => [name, redact(value).slice(0, 120)]));
}

function stoppingOf({ Config }: Inspect) {
  return { stopSignal: Config.StopSignal || 'SIGTERM', stopTimeoutSeconds: Config.StopTimeout ?? 10 };
}

function commandOf({ Path, Args }: Inspect): string[] {
  // Redacted as a whole: a secret often stands in the argument after its name. U+2028 is white space to the rules, and
  // in no command line.
  const whole = redact([Path, ...Args].join('\u2028')).split('\u2028');
  return whole.slice(0, 16).map((part) => part.slice(0, 120));
}
