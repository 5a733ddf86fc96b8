import type { Disruption } from './change.js';
import type { Look } from './look.js';

/** An HTTP call to the app's own endpoint. Header values with secrets are named, never held. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly body?: string;
  /** Name of the secret (in the worker's configuration) sent as a bearer token. */
  readonly bearerSecret?: string;
  readonly timeoutSeconds: number;
  /** What the answer must be; default any 2xx. */
  readonly expect?: { readonly status?: number; readonly bodyContains?: string };
}

export interface CacheSettings {
  readonly name: string;
  readonly endpoint: Endpoint;
  /** What clearing it costs: a cold cache is `none` or `brief`, sessions are `dataLoss`. */
  readonly disruption: Disruption;
  /** The harm, in words. */
  readonly harm: string;
}

export type GcSettings =
  | { readonly via: 'endpoint'; readonly endpoint: Endpoint; readonly process: ProcessMatch }
  | { readonly via: 'jcmd'; readonly process: ProcessMatch; readonly jcmd: string }
  | {
      readonly via: 'node-inspector';
      readonly process: ProcessMatch;
      readonly host: string;
      readonly port: number;
    };

/** The one process that is meant; checked by executable, and by its start time between look and action. */
export interface ProcessMatch {
  readonly runtime: 'node' | 'jvm' | 'python' | 'other';
  /** Path or base name of the executable. */
  readonly executable: string;
  /** Text that must be in its command line, where one executable runs more than once. */
  readonly argsContain?: string;
}

export interface HostProcessSettings {
  readonly name: string;
  readonly process: ProcessMatch;
  /** Run as it is, without a shell. */
  readonly restartArgv: readonly string[];
  readonly timeoutSeconds: number;
}

/** What `nightshift.yaml` says of a container (or of a host and the containers on it). */
export interface ContainerSettings {
  readonly container?: string;
  readonly caches: readonly CacheSettings[];
  readonly gc?: GcSettings;
  readonly degrade?: { readonly on: Endpoint; readonly off: Endpoint; readonly features: string };
  readonly drain?: Endpoint;
  readonly health?: Endpoint;
  readonly probe?: Endpoint;
  readonly metrics?: Endpoint;
  readonly restartPolicy: 'recommend' | 'set';
  /** Highest limit that may be set, bytes; absent: the limit is never raised. */
  readonly maxMemoryBytes?: number;
  readonly service?: {
    readonly label?: string;
    readonly composeProject?: string;
    readonly order?: readonly string[];
  };
  readonly hostProcesses: readonly HostProcessSettings[];
  /** Names of containers on the host that hold data or state: never chosen by rank. */
  readonly dataServices: readonly string[];
}

/** One process as `ps` would show it. */
export interface ProcessReading {
  readonly pid: number;
  /** Start time in clock ticks since boot, from /proc/<pid>/stat: with the pid, its identity. */
  readonly startTicks: number;
  readonly executable: string;
  readonly args: string;
  readonly rssBytes: number;
  readonly swapBytes: number;
  /** Resident tmpfs and shared memory. */
  readonly sharedBytes: number;
  readonly user?: string;
  /** Set where a container's cgroup holds it. */
  readonly containerId?: string;
}

/** One container, as all of them are read. */
export interface ContainerReading {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly image: string;
  readonly status: string;
  readonly startedAt: string;
  readonly workingSetBytes?: number;
  readonly usageBytes?: number;
  readonly cacheBytes?: number;
  /** Resident swap of the cgroup. */
  readonly swapBytes?: number;
  /** Absent: no limit of its own. */
  readonly limitBytes?: number;
  readonly reservationBytes?: number;
  /** Memory plus swap; absent: none set; -1: unlimited. */
  readonly memorySwapBytes?: number;
  /** From the cgroup, since it was made. */
  readonly oomKills?: number;
  /** Highest use seen by the cgroup. */
  readonly peakBytes?: number;
  readonly oomKilled: boolean;
  readonly exitCode: number;
  readonly restartCount: number;
  readonly restartPolicy: string;
  readonly autoRemove: boolean;
  /** Set where an orchestrator owns it: `swarm`, `kubernetes`. */
  readonly orchestrator?: string;
  readonly composeProject?: string;
  readonly composeService?: string;
  readonly dependsOn: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  readonly paused: boolean;
  readonly restarting: boolean;
  readonly stopSignal: string;
  readonly stopTimeoutSeconds: number;
  /** Command and arguments, for heap flags. */
  readonly command: readonly string[];
  /** Heap flags found in command, arguments or environment: `-Xmx512m`, `--max-old-space-size=400`. */
  readonly heapFlags: readonly string[];
  /** Matches the configured protected names, or is Nightshift, its Temporal, its monitoring. */
  readonly protected?: string;
  /** Where a tmpfs is mounted (`/tmp`): what is in it is lost by a restart. Absent: not read. */
  readonly tmpfsMounts?: readonly string[];
  /** Open `docker exec` sessions. */
  readonly execs: number;
  readonly gap?: string;
}

/** One OOM kill, however many witnesses it has. */
export interface OomKill {
  readonly at?: string;
  readonly containerId?: string;
  readonly containerName?: string;
  readonly pid?: number;
  readonly process?: string;
  /** `kernel log`, `cgroup counter`, `docker event`, `exit code 137`, `restart count`. */
  readonly witnesses: readonly string[];
  /** True where it fell within the window that the look asks about. */
  readonly recent: boolean;
}

export interface HostReading {
  readonly name: string;
  readonly memTotalBytes: number;
  readonly memAvailableBytes: number;
  /** (total − available) / total × 100. */
  readonly usedPercent: number;
  readonly swapTotalBytes: number;
  readonly swapUsedBytes: number;
  readonly swapDevices: readonly {
    readonly name: string;
    readonly sizeBytes: number;
    readonly usedBytes: number;
  }[];
  /** Pages per second since the previous reading in this look. */
  readonly swapInPerSecond?: number;
  readonly swapOutPerSecond?: number;
  /** PSI `some avg10`, percent; absent where the kernel has none. */
  readonly pressureSomePercent?: number;
  readonly pressureFullPercent?: number;
  readonly bootTime: string;
  /** Used memory, reconciled. Bytes. */
  readonly reconciled: {
    readonly containers: number;
    readonly processes: number;
    readonly tmpfs: number;
    readonly slab: number;
    readonly hugePages: number;
    readonly kernel: number;
    readonly unexplained: number;
  };
  readonly oomKills?: number;
}

/** What a look at a Docker host, or at a container or a process on it, reads. */
export interface DockerDetails {
  /** The container looked after, where the target is one (or the one that was chosen on the host). */
  readonly container?: ContainerReading;
  /** All running containers, the largest working set first. */
  readonly containers: readonly ContainerReading[];
  /** Absent where host evidence could not be bound to the engine: `hostGap` says why. */
  readonly host?: HostReading;
  readonly hostGap?: string;
  /** The container's processes (or the host's largest), the largest first. At most 30. */
  readonly processes: readonly ProcessReading[];
  /** Process chosen by `settings.gc.process`, if exactly one matches; else why not. */
  readonly gcProcess?: ProcessReading;
  readonly gcProcessGap?: string;
  readonly oomKills: readonly OomKill[];
  /** Log lines about memory, redacted, the newest last. At most 40. */
  readonly logLines: readonly string[];
  /** Of the health endpoint, or of the app's probe. */
  readonly probe?: {
    readonly ok: boolean;
    readonly status?: number;
    readonly latencyMs: number;
    readonly note: string;
  };
  /** Figures of the app's own metrics endpoint that MEM-001 knows. */
  readonly app: Readonly<Record<string, number>>;
  /** Key of the target's own process, where the target is one. */
  readonly hostProcess?: ProcessReading;
  readonly engine: {
    readonly name: string;
    readonly version: string;
    readonly cgroupVersion: '1' | '2';
    readonly memTotalBytes: number;
  };
}

export type DockerLook = Look<DockerDetails, ContainerSettings>;
