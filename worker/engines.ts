import { connectDocker, type DockerEngine } from '../activities/docker/client.js';
import { failure } from '../activities/failure.js';
import type { CurrentConfig } from './registry.js';

/** The configured Docker engines, connected when first used. */
export interface Engines {
  /** By scope (`docker/local`). Throws `Misconfigured` where no engine has that name. */
  docker(scope: string): DockerEngine;
  close(): void;
}

export function connectEngines(config: CurrentConfig): Engines {
  const open = new Map<string, DockerEngine>();
  return {
    docker(scope) {
      const known = open.get(scope);
      if (known) return known;
      const settings = config().engines.find(({ name }) => `docker/${name}` === scope);
      if (!settings)
        throw failure(
          'Misconfigured',
          `no engine is configured for ${scope}: add it under engines in nightshift.yaml`,
        );
      const engine = connectDocker(settings);
      open.set(scope, engine);
      return engine;
    },
    close() {
      for (const engine of open.values()) engine.close();
      open.clear();
    },
  };
}
