import { connectDocker, type DockerEngine } from '../activities/docker/client.js';
import { failure } from '../activities/failure.js';
import { type Cluster, connectCluster } from '../activities/kubernetes/client.js';
import type { CurrentConfig } from './registry.js';

/** The configured Docker engines and Kubernetes clusters, connected when first used. */
export interface Engines {
  /** By scope (`docker/local`). Throws `Misconfigured` where no engine has that name. */
  docker(scope: string): DockerEngine;
  /** By scope (`kubernetes/prod`). Throws `Misconfigured` where no cluster has that name, or it can't be used. */
  cluster(scope: string): Cluster;
  close(): void;
}

export function connectEngines(config: CurrentConfig): Engines {
  const open = new Map<string, DockerEngine>();
  const clusters = new Map<string, Cluster>();
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
    cluster(scope) {
      const known = clusters.get(scope);
      if (known) return known;
      const settings = config().clusters.find(({ name }) => `kubernetes/${name}` === scope);
      if (!settings)
        throw failure(
          'Misconfigured',
          `no cluster is configured for ${scope}: add it under clusters in nightshift.yaml`,
        );
      const cluster = connectCluster(settings);
      clusters.set(scope, cluster);
      return cluster;
    },
    close() {
      for (const one of [...open.values(), ...clusters.values()]) one.close();
      open.clear();
      clusters.clear();
    },
  };
}
