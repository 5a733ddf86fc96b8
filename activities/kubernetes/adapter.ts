import type { WorkloadDetails } from '../../model/kubernetes/details.js';
import type { WorkloadSettings } from '../../model/kubernetes/settings.js';
import type { TargetAdapter } from '../adapter.js';
import { Notebook } from '../notebook.js';
import type { Outside } from './asked.js';
import type { Cluster } from './client.js';

import { readTarget } from './read.js';
import { sampleTarget } from './sample.js';

export interface KubernetesAdapterOptions {
  /** The cluster of a scope (`kubernetes/prod`). Throws `Misconfigured` where there is none. */
  readonly cluster: (scope: string) => Cluster;
  /** Redis and MongoDB, where sessions and connections are counted. */
  readonly outside: (secret: (name: string) => string) => Outside;
  readonly secret: (name: string) => string;
}

/** Reads Deployments, StatefulSets and DaemonSets with their pods. */
export function createKubernetesAdapter(
  options: KubernetesAdapterOptions,
): TargetAdapter<WorkloadDetails, WorkloadSettings> {
  const { cluster, secret } = options;
  const outside = options.outside(secret);
  return {
    targetKinds: ['workload'],
    read: (target, settings, context) =>
      readTarget({
        targetKey: target.key,
        settings,
        context,
        cluster: cluster(target.scope),
        outside,
        notebook: new Notebook(context.now, context.signal),
        secret,
      }),
    sample: (target, settings, context) =>
      sampleTarget(cluster(target.scope), target, settings, context, secret),
  };
}
