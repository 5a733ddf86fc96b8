import type { CacheSettings, Endpoint } from '../container.js';

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet';

/** An HTTP call to one pod of the app: through the API server's pod proxy, or by the pod's own address. */
export interface PodEndpoint extends Omit<Endpoint, 'url'> {
  readonly port: number;
  /** Begins with `/`. */
  readonly path: string;
  /** `address` only where the worker can reach pods: inside the cluster. */
  readonly via: 'proxy' | 'address';
}

/** Where the app keeps its sessions. */
export interface SessionSettings {
  /** `redis://host:6379/0`; never with a password in it. */
  readonly url: string;
  readonly passwordSecret?: string;
  readonly username?: string;
  /** Keys that are sessions: `bruno:session:*`. */
  readonly match: string;
  /** `inProcess`: the pods hold what the sessions hold, so fewer sessions are less memory. `unknown`: history decides. */
  readonly heldBy: 'inProcess' | 'unknown';
  /** What lives are shortened to, seconds; never under 900. */
  readonly shortenToSeconds: number;
}

export interface MongoSettings {
  /** `mongodb://host:27017`; never with a password in it. */
  readonly url: string;
  readonly username?: string;
  readonly passwordSecret?: string;
  /** As the app's driver calls itself; absent: connections are told apart by the pods' addresses. */
  readonly appName?: string;
}

/** An environment variable that may be changed, and to what. */
export interface EnvRule {
  readonly name: string;
  readonly to: string;
  /** Which cause it is a remedy for. */
  readonly against: 'sessions' | 'pools' | 'contexts';
  /** What the app then does otherwise, in words. */
  readonly harm: string;
}

/** What `nightshift.yaml` says of a workload on a cluster. */
export interface WorkloadSettings {
  readonly cluster: string;
  readonly namespace: string;
  readonly kind: WorkloadKind;
  readonly name: string;
  /** The container that is meant; absent: the only one, or else the one whose name is the workload's. */
  readonly container?: string;
  readonly prometheus?: { readonly url: string; readonly bearerSecret?: string };
  readonly sessions?: SessionSettings;
  readonly mongo?: MongoSettings;
  readonly metrics?: PodEndpoint;
  readonly gc?: PodEndpoint;
  readonly caches: readonly (Omit<CacheSettings, 'endpoint'> & { readonly endpoint: PodEndpoint })[];
  /** The functional probe: `POST /chat`. */
  readonly probe?: PodEndpoint;
  readonly env: readonly EnvRule[];
  /** Highest limit that may be set, bytes; absent: the limit is never raised. */
  readonly maxMemoryBytes?: number;
  /** Most replicas that may be asked for; absent: the number is never raised. */
  readonly maxReplicas?: number;
  /** Added capacity ends after so many seconds unless kept. */
  readonly capacitySeconds: number;
  /** True: what the process itself says (smaps, collections) may be read by `exec`: the `inspect` role. */
  readonly inspect: boolean;
}
