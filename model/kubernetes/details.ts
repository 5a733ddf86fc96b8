import type { FieldChange } from '../change.js';
import type { OomKill } from '../container.js';
import type { JsonObject } from '../json.js';
import type { Look } from '../look.js';
import type { WorkloadKind, WorkloadSettings } from './settings.js';

/** Bytes in use at a moment. */
export interface UseAt {
  readonly at: string;
  readonly bytes: number;
}

/** Who owns a field, so that a change of ours would be a fight: a GitOps controller, an autoscaler, Helm. */
export interface FieldOwner {
  /** `argocd`, `flux`, `helm`, `vpa`, `hpa`, `keda`, or the manager's own name. */
  readonly owner: string;
  /** `spec.replicas`, `containers.agent.resources`, `containers.agent.env.SESSION_TTL`. */
  readonly field: string;
  /** True: it sets the field again by itself. Helm and kubectl don't. */
  readonly reconciles: boolean;
  /** The mark by which it is known. */
  readonly by: string;
  /** Which object holds the field; absent: the workload itself. */
  readonly object?: { readonly kind: string; readonly name: string };
}

/** The container of one pod that the incident is about. */
export interface PodReading {
  readonly name: string;
  readonly uid: string;
  readonly key: string;
  readonly node?: string;
  readonly ip?: string;
  readonly phase: string;
  readonly ready: boolean;
  readonly deleting: boolean;
  readonly createdAt: string;
  /** Of the container's present life. */
  readonly startedAt?: string;
  readonly restarts: number;
  /** Why its last life ended: `OOMKilled`, `Error`, `Completed`. */
  readonly lastEnd?: { readonly reason: string; readonly exitCode: number; readonly at?: string };
  /** Why it does not run: `CrashLoopBackOff`, `ImagePullBackOff`. */
  readonly waiting?: string;
  readonly workingSetBytes?: number;
  /** Who told it, where it was not the metrics API: `Prometheus, 40 s ago`. */
  readonly workingSetFrom?: string;
  /** The working set and the page cache that the kernel would give back. */
  readonly usageBytes?: number;
  /** As actuated for this pod: an in-place resize differs from the template. */
  readonly limitBytes?: number;
  /** Set where the limit is the pod's as a whole, which its containers share: this one has none of its own. */
  readonly limitOf?: 'pod';
  readonly requestBytes?: number;
  readonly qosClass: string;
  /** `RestartContainer` or `NotRequired` for memory. */
  readonly resizePolicy: string;
  readonly templateHash?: string;
  /** Of the live process, where it could be had. */
  readonly process?: {
    readonly rssBytes: number;
    readonly vmsBytes?: number;
    readonly sharedBytes?: number;
    /** Established connections of the pod by the other end's port: `{"6379": 12}`. */
    readonly sockets?: Readonly<Record<string, number>>;
    readonly source: string;
  };
  /** What the kernel counts for the container, all of its processes together; where it could be had. */
  readonly kernel?: KernelReading;
  /** Connections of this pod, where they could be told apart. */
  readonly redisConnections?: number;
  readonly mongoConnections?: number;
  /** Figures of the app's own metrics that the runbook knows. */
  readonly app: Readonly<Record<string, number>>;
}

/** How the kernel divides the memory of a container. Bytes. */
export interface KernelReading {
  /** Of its processes themselves: no file stands behind it. */
  readonly anonBytes: number;
  /**
   * Pages of files that count as working set, and which the kernel takes back when it needs them. Shared memory and
   * tmpfs, which it can't take back, are left out, unless `withShared`.
   */
  readonly fileBytes: number;
  /** Shared memory and tmpfs could not be told from pages of files. */
  readonly withShared?: true;
  /** Processes of the container, where they were counted. */
  readonly processes?: number;
  readonly source: string;
}

/** Figures of the app's own metrics over time: one list of times, and what each metric was then. Sums over its labels. */
export interface AppHistory {
  readonly pod: string;
  /** Oldest first. */
  readonly at: readonly string[];
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}

export interface WorkloadReading {
  readonly kind: WorkloadKind;
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly generation: number;
  readonly observedGeneration: number;
  /** Of the pods' template: it changes with nothing else, as the generation does when an autoscaler scales. */
  readonly templateDigest?: string;
  readonly resourceVersion: string;
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly updatedReplicas: number;
  readonly paused: boolean;
  readonly strategy: string;
  readonly maxUnavailable?: string;
  readonly maxSurge?: string;
  readonly progressDeadlineSeconds?: number;
  /** Why a rollout is under way or stuck; absent: none is. */
  readonly rollout?: string;
  readonly selector: string;
  readonly container: string;
  readonly containers: readonly string[];
  readonly templateLimitBytes?: number;
  readonly templateRequestBytes?: number;
  /** Heap flags in command, arguments or environment. */
  readonly heapFlags: readonly string[];
  /** Allow-listed variables: their value, and where it is defined. */
  readonly env: readonly {
    readonly name: string;
    readonly value?: string;
    readonly from: 'template' | 'configMap' | 'secret' | 'unset';
    readonly configMap?: { readonly name: string; readonly key: string; readonly resourceVersion: string };
  }[];
  readonly owners: readonly FieldOwner[];
  readonly revision?: string;
}

export interface Autoscaling {
  readonly hpa?: {
    readonly name: string;
    readonly uid: string;
    readonly min: number;
    readonly max: number;
    readonly current: number;
    readonly desired: number;
    readonly metrics: readonly string[];
    readonly resourceVersion: string;
    readonly generation: number;
    readonly keda: boolean;
    /** The ScaledObject that KEDA made it from. */
    readonly scaledObject?: string;
    /** Who else sets `minReplicas`; absent in looks recorded before it was read. */
    readonly owners?: readonly FieldOwner[];
    /** Why it can't scale, or is held at a bound. */
    readonly note?: string;
  };
  /** Update mode of a VPA that targets it, and what it says of single containers, as it stands there. */
  readonly vpa?: {
    readonly name: string;
    readonly mode: string;
    readonly policies?: readonly JsonObject[];
  };
  /** Pods that may be disrupted now, by the budgets that select them. */
  readonly budget?: {
    readonly name: string;
    readonly disruptionsAllowed: number;
    readonly minAvailable?: string;
  };
}

export interface NodeReading {
  readonly name: string;
  readonly allocatableBytes: number;
  readonly usedBytes?: number;
  readonly requestedBytes?: number;
  readonly memoryPressure: boolean;
}

/** Sessions in Redis, from a SCAN with its limits: what was not read is not claimed. */
export interface SessionReading {
  readonly keys: number;
  /** False: the scan ended at its limit, so there are at least this many. */
  readonly complete: boolean;
  readonly sampled: number;
  /** Of the sample, scaled to all. */
  readonly bytes?: number;
  /** Length of a key, the mean of the sample. */
  readonly keyBytes?: number;
  readonly withoutTtl: number;
  /** Of the sample, seconds: least, quartiles, most. */
  readonly ttlSeconds?: readonly number[];
  readonly idleSeconds?: readonly number[];
  /** Share of the sample that was idle for longer than `shortenToSeconds`. */
  readonly idleShare?: number;
  readonly maxmemoryPolicy?: string;
  readonly maxmemoryBytes?: number;
  readonly usedMemoryBytes?: number;
  readonly connectedClients?: number;
  readonly maxClients?: number;
  /** Since the server began. */
  readonly rejectedConnections?: number;
  /** All keys of the database, the sessions among them. */
  readonly databaseKeys?: number;
  readonly readOnly: boolean;
}

export interface MongoReading {
  readonly current: number;
  readonly available?: number;
  readonly openCursors?: number;
}

/** Something that changed lately. */
export interface LatelyChanged {
  readonly at: string;
  /** `revision 7: image agent-bruno:1.4 → 1.5`. */
  readonly what: string;
  readonly kind: 'rollout' | 'config';
  readonly revision?: string;
  /** Of a rollout: the revision before it that is still there to go back to, and what differs from it. */
  readonly previous?: string;
  readonly differs?: readonly FieldChange[];
  /** So many fields more differ, for which there was no room here. */
  readonly more?: number;
}

/** What forbids changes, where it is there. */
export type Bound = 'hpa' | 'vpa' | 'budget' | 'quota' | 'limitRange' | 'heapFlags';

/** What a look at a workload reads. */
export interface WorkloadDetails {
  readonly workload: WorkloadReading;
  /** The fullest first. */
  readonly pods: readonly PodReading[];
  /** Working set over time of each of the fullest pods, from Prometheus; oldest first, at most 120 points each. */
  readonly history: readonly { readonly pod: string; readonly points: readonly UseAt[] }[];
  /** Sessions over time, where Prometheus has them. */
  readonly sessionHistory: readonly { readonly at: string; readonly count: number }[];
  /**
   * What the fullest pod's app told of itself over time, from Prometheus; without metrics where it has none. Absent: it
   * was not asked, or did not answer.
   */
  readonly appHistory?: AppHistory;
  /** Working set over time of pods that are gone by now, those that went last. At most 3, of 20 points each. */
  readonly goneHistory?: WorkloadDetails['history'];
  readonly autoscaling: Autoscaling;
  readonly nodes: readonly NodeReading[];
  readonly oomKills: readonly OomKill[];
  /** Evictions and kills for want of memory of the node: not of this limit. */
  readonly nodeKills: readonly string[];
  readonly sessions?: SessionReading;
  readonly mongo?: MongoReading;
  /** Newest last, redacted, of this life and the last one. At most 40. */
  readonly logLines: readonly string[];
  readonly lately: readonly LatelyChanged[];
  /** Room left in the namespace: quota and the LimitRange's bounds. Bytes. */
  readonly quota?: { readonly limitsLeft?: number; readonly requestsLeft?: number };
  readonly limitRange?: { readonly max?: number; readonly maxRatio?: number };
  /** What could not be read of that which forbids changes, and why: a missing fact is a refusal. */
  readonly unread?: Readonly<Partial<Record<Bound, string>>>;
  readonly probe?: {
    readonly ok: boolean;
    readonly status?: number;
    readonly latencyMs: number;
    readonly note: string;
  };
  /** Version of the API server, and whether it can resize in place. */
  readonly cluster: { readonly version: string; readonly canResize: boolean };
  /** Rights that this service account lacks, and what could not be read for want of them. */
  readonly missingRights: readonly string[];
}

export type WorkloadLook = Look<WorkloadDetails, WorkloadSettings>;
