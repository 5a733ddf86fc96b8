/**
 * What the appliers of the Kubernetes kinds need to know besides the fields. `fresh` of each holds what was read at
 * planning for compare-and-swap (`resourceVersion`, start times) and the time that the workflow chose, and is no part
 * of what a person approves.
 */
import type { WorkloadKind } from '../../kubernetes/settings.js';
import type { PlannedTemplate } from './planned-template.js';

/** Where the object is. */
export type ObjectRef = {
  readonly cluster: string;
  readonly namespace: string;
  readonly kind: WorkloadKind | 'Pod' | 'ConfigMap' | 'HorizontalPodAutoscaler';
  readonly name: string;
};

/**
 * `workload.restart`: a rolling restart, followed to its end. The template gets the annotations
 * `nightshift.dev/restarted-by` (the change's id) and `kubectl.kubernetes.io/restartedAt` (`fresh.at`), so that a
 * second attempt finds its own.
 */
export type WorkloadRestartParams = PlannedTemplate & {
  readonly ref: ObjectRef;
  readonly container: string;
  readonly progressSeconds: number;
};

/** `workload.scale`: field `replicas`, absolute. */
export type WorkloadScaleParams = {
  readonly ref: ObjectRef;
  /** How long the added capacity stays unless it is kept, seconds. */
  readonly staysSeconds: number;
  readonly progressSeconds: number;
};

/** `hpa.minReplicas`: field `minReplicas`. */
export type HpaMinParams = {
  readonly ref: ObjectRef;
  readonly workload: ObjectRef;
  readonly staysSeconds: number;
  readonly progressSeconds: number;
};

/** `workload.memory`: fields `limits.memory` and `requests.memory` of one container of the template, bytes. */
export type WorkloadMemoryParams = {
  readonly ref: ObjectRef;
  readonly container: string;
  readonly progressSeconds: number;
};

/** `pod.resize`: the same fields of one running pod, in place. No automatic undo: a smaller limit may kill. */
export type PodResizeParams = { readonly ref: ObjectRef; readonly container: string };

/**
 * `workload.setEnv`: fields `env.NAME`, where they are defined: all in the template, or all in one ConfigMap and then a
 * restart. The first field is of `variable`, the others of `more`, in that order: one variable alone is said as it was
 * before there could be several, so that what was approved then still is.
 */
export type SetEnvParams = {
  readonly ref: ObjectRef;
  readonly workload: ObjectRef;
  readonly container: string;
  readonly variable: string;
  /** Set where a ConfigMap holds it. */
  readonly configMapKey?: string;
  readonly more?: readonly { readonly variable: string; readonly configMapKey?: string }[];
  readonly progressSeconds: number;
};

/** `pod.evict`: by uid, so that disruption budgets hold. */
export type PodEvictParams = { readonly ref: ObjectRef; readonly graceSeconds: number };

/** `workload.undoRollout`: back to the template of an earlier revision. Fields: what differs. Always asked for. */
export type UndoRolloutParams = PlannedTemplate & {
  readonly ref: ObjectRef;
  readonly toRevision: string;
  readonly progressSeconds: number;
  /** So many fields differ besides those that the change names. */
  readonly more?: number;
};

/** A call to one pod of the app. */
export type PodCall = {
  readonly port: number;
  readonly path: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly via: 'proxy' | 'address';
  readonly timeoutSeconds: number;
  readonly body?: string;
  readonly bearerSecret?: string;
  readonly expect?: { readonly status?: number; readonly bodyContains?: string };
};

/** `pod.gc` and `pod.clearCache`: through the app's endpoint, with the change's id as idempotency key. */
export type PodGcParams = { readonly ref: ObjectRef; readonly container: string; readonly call: PodCall };
export type PodClearCacheParams = {
  readonly ref: ObjectRef;
  readonly cache: string;
  readonly harm: string;
  readonly disruption: 'none' | 'brief' | 'outage' | 'dataLoss';
  readonly call: PodCall;
};

/**
 * `sessions.shortenTtl`: keys that match, whose life is longer, get `toSeconds`; what they had is kept in Redis, in the
 * hash `nightshift:ttl:<change id>`, which expires with the undo's deadline. Always `dataLoss`, always asked for.
 */
export type ShortenTtlParams = {
  readonly url: string;
  readonly username?: string;
  readonly passwordSecret?: string;
  readonly match: string;
  readonly toSeconds: number;
  /** Only sessions idle for at least so long. */
  readonly idleSeconds: number;
  /** What the hash may take at most, bytes. */
  readonly hashBytesAtMost: number;
  /** How long an undo stays possible, seconds. */
  readonly undoSeconds: number;
};

/** Every kind with its parameters; kinds and appliers are both checked against it. */
export type KubernetesParams = {
  readonly 'pod.clearCache': PodClearCacheParams;
  readonly 'pod.gc': PodGcParams;
  readonly 'sessions.shortenTtl': ShortenTtlParams;
  readonly 'workload.setEnv': SetEnvParams;
  readonly 'pod.resize': PodResizeParams;
  readonly 'workload.memory': WorkloadMemoryParams;
  readonly 'hpa.minReplicas': HpaMinParams;
  readonly 'workload.scale': WorkloadScaleParams;
  readonly 'pod.evict': PodEvictParams;
  readonly 'workload.restart': WorkloadRestartParams;
  readonly 'workload.undoRollout': UndoRolloutParams;
};
