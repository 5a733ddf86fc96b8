import type { EnsureOptions } from '../temporal.mjs';

/** The Kubernetes version of our own clusters. */
export const VERSION: string;

export interface Found {
  /** kubectl's path, or where `how` is `env`, that of the person's kubeconfig. */
  path: string;
  /** All programs by name; absent where `how` is `env`. */
  paths?: Record<string, string>;
  version: string;
  how: string;
}

/** A person's own cluster (NIGHTSHIFT_KUBECONFIG): left as it is. */
export interface PersonsCluster {
  private: false;
  kubeconfig: string;
  kubectl: string;
  /** The variables by which a child process finds it. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

/** One of our own. */
export interface OwnCluster {
  private: true;
  id: string;
  /** Its folder, with the logs of its programs in `log/`. */
  dir: string;
  /** The administrator's. */
  kubeconfig: string;
  kubectl: string;
  env: Record<string, string>;
  /** Reached from this machine: the API server on 6443, the kubelet on 10250. */
  nodeIp: string;
  /** This machine, as pods reach it. */
  hostIp: string;
  /** The pods' addresses; there is a route to them. */
  podRange: string;
  nodeName: string;
  /** A JSON object a line (audit.k8s.io/v1): what anybody but the cluster's own parts asked of the API server. */
  auditLog: string;
  /** Puts an image in, from an archive as `docker save` writes it; for pods with `imagePullPolicy: Never`. */
  importImage(archive: string, options?: { signal?: AbortSignal }): Promise<void>;
  /** Ends one of the cluster's programs, such as `kube-apiserver`, and leaves it off; SIGTERM if not said otherwise. */
  stopProgram(name: string, signal?: NodeJS.Signals): Promise<void>;
  startProgram(name: string): Promise<void>;
  /** Starts a program beside the cluster's own, in the cluster's network: it reaches pods, and they reach it at `nodeIp`. */
  runProgram(program: {
    name: string;
    command: string;
    args: string[];
    env?: Record<string, string>;
  }): Promise<void>;
  /** Until `kubectl top` has figures. */
  waitForMetrics(options?: { signal?: AbortSignal; ms?: number }): Promise<void>;
  /** Returns when nothing is left of it; at once where others use it. */
  stop(): Promise<void>;
}

/** What is here already; fetches and starts nothing. */
export function find(): Promise<Found | null>;

/** Makes sure that a cluster can be had; starts nothing. Throws an error with `exitCode` 2 where it can't. */
export function ensure(options: EnsureOptions): Promise<Found>;

/** One of ours that runs already (NIGHTSHIFT_CLUSTER), the person's own (NIGHTSHIFT_KUBECONFIG), or a new one of ours. */
export function start(options: EnsureOptions): Promise<OwnCluster | PersonsCluster>;

/** A new one of ours, whatever else can be reached. */
export function startPrivate(options: EnsureOptions): Promise<OwnCluster>;

/** Removes what killed runs have left of their clusters. */
export function removeLeftovers(options: EnsureOptions): Promise<void>;
