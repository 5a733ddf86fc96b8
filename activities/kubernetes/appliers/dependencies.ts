import type { Cluster } from '../client.js';

/** What the appliers need of the world. */
export interface KubernetesApplierDependencies {
  /** The cluster of a scope (`kubernetes/prod`). Throws `Misconfigured` for one that isn't configured. */
  cluster(scope: string): Cluster;
  /** Milliseconds. Rejects with the signal's reason when it aborts. */
  sleep?(ms: number, signal: AbortSignal): Promise<void>;
}
