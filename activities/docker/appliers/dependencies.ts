import type { spawn } from 'node:child_process';
import type { DockerEngine } from '../client.js';

/** What the appliers need of the world. All but `docker` have a default. */
export interface ApplierDependencies {
  /** The engine of a scope (`docker/local`). Throws `Misconfigured` for one that isn't configured. */
  docker(scope: string): DockerEngine;
  /** Default: Node's own. */
  readonly fetch?: typeof fetch;
  readonly spawn?: typeof spawn;
  /** Where the host's processes are read. Default `/proc`; a worker in a container is given the host's by a mount. */
  readonly proc?: string;
  /** Milliseconds. Rejects with the signal's reason when it aborts. */
  sleep?(ms: number, signal: AbortSignal): Promise<void>;
}
