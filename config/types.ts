import type { ContainerSettings } from '../model/container.js';
import type { JsonObject } from '../model/json.js';
import type { WorkloadSettings } from '../model/kubernetes/settings.js';
import type { Policy } from '../model/policy.js';
import type { Runbook } from '../model/runbook.js';

/** How Temporal is reached. Paths are absolute. */
export interface TemporalSettings {
  /** `host:port`. */
  readonly address: string;
  readonly namespace: string;
  /** Absent: no TLS. All members are optional: an empty object is TLS with the system's authorities. */
  readonly tls?: {
    readonly caFile?: string;
    readonly certFile?: string;
    readonly keyFile?: string;
    readonly serverName?: string;
  };
  /** The API key itself: never in a configuration as it is read, filled in by `temporalSettings` from its secret. */
  readonly apiKey?: string;
}

/** How a Docker engine is reached. Paths are absolute. */
export interface EngineSettings {
  /** As targets' keys name it: `local` in `docker/local/agent`. */
  readonly name: string;
  /** `unix:///var/run/docker.sock`, `tcp://host:2376`, `ssh://user@host:22`. */
  readonly url: string;
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly ssh?: { readonly keyFile?: string; readonly knownHostsFile?: string };
}

/** How a Kubernetes cluster is reached. Without a kubeconfig: by the service account of the pod that this runs in. */
export interface ClusterSettings {
  /** As targets' keys name it: `prod` in `kubernetes/prod/bruno/deployment/agent-bruno`. */
  readonly name: string;
  /** Absolute path. */
  readonly kubeconfig?: string;
  /** Absent: the kubeconfig's current one. */
  readonly context?: string;
}

/** Where a secret is. It is read when it is used, so a changed one needs no restart. */
export type SecretRef = { readonly file: string } | { readonly env: string };

/** One target, with all that holds for it resolved. */
export interface TargetSettings {
  readonly key: string;
  readonly kind: string;
  readonly scope: string;
  readonly policy: Policy;
  /**
   * `ContainerSettings` for a container, a host or a host process, `WorkloadSettings` for a workload; else what
   * `settings:` holds.
   */
  readonly settings: ContainerSettings | WorkloadSettings | JsonObject;
}

/** Which alerts start which runbook on which target. The first route that matches is taken. */
export interface AlertRoute {
  /** Label → its value, or a pattern between slashes that must match all of it. A missing label is empty. */
  readonly match: Readonly<Record<string, string>>;
  readonly runbook: string;
  /** A target's key; `{{labels.name}}` is replaced by that label's value, `{{annotations.name}}` likewise. */
  readonly target: string;
}

/** How a person or a program proves who it is. */
export type HttpAuth =
  | { readonly bearerSecret: string }
  | { readonly username: string; readonly passwordSecret: string };

export interface WebhookSettings {
  readonly url: string;
  /** Name of the secret that signs the body (HMAC-SHA256). */
  readonly signingSecret: string;
  readonly timeoutSeconds: number;
}

export interface AlertmanagerSettings {
  readonly url: string;
  readonly auth?: HttpAuth;
  /** How often its active alerts are compared with what is being worked. */
  readonly everySeconds: number;
}

export interface ApiSettings {
  readonly host: string;
  readonly port: number;
  /** File of hashed tokens, a line each. */
  readonly tokensFile: string;
}

export interface WatchSettings {
  readonly target: string;
  readonly runbook: string;
  readonly thresholdPercent: number;
  readonly everySeconds: number;
  /** Where its alert is posted too; absent: it only opens an incident. */
  readonly postTo?: string;
  readonly bearerSecret?: string;
}

/** Where closed incidents are kept, how often they are fetched, and how long they stay. */
export interface ArchiveSettings {
  /** Absolute path. */
  readonly folder: string;
  readonly everySeconds: number;
  /** Seconds since an incident's end; absent: for ever. */
  readonly keepSeconds?: number;
  /** Bytes of the whole archive; absent: any size. */
  readonly maxBytes?: number;
}

/** `nightshift.yaml`, read, checked and resolved. */
export interface Config {
  /** Absolute path of the file. */
  readonly file: string;
  readonly temporal: Omit<TemporalSettings, 'apiKey'> & {
    /** Name of the secret that holds the API key. */
    readonly apiKeySecret?: string;
  };
  readonly engines: readonly EngineSettings[];
  readonly clusters: readonly ClusterSettings[];
  readonly secrets: Readonly<Record<string, SecretRef>>;
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** For what is not configured: it may only be observed. */
  readonly fallback: Policy;
  readonly targets: readonly TargetSettings[];
  readonly routes: readonly AlertRoute[];
  readonly watches: readonly WatchSettings[];
  readonly escalation?: { readonly webhook: WebhookSettings };
  readonly alertmanager?: AlertmanagerSettings;
  /** Absent: closed incidents are kept as long as Temporal keeps them. */
  readonly archive?: ArchiveSettings;
  readonly api: ApiSettings;
  /** What is allowed and probably not meant. */
  readonly warnings: readonly Problem[];
}

/** One thing that is wrong, where it is, and how it is put right. */
export interface Problem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** `targets[0].policy.soak.every`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
  readonly mend: string;
}

/** What reading needs to know of a runbook: a `Runbook` is one. */
export type KnownRunbook = Pick<Runbook, 'name' | 'targetKinds'> & {
  /** Names of its remedies and kinds of change; absent: not checked. */
  readonly ladder?: readonly { readonly name: string }[];
  readonly changeKinds?: readonly { readonly kind: string }[];
};
