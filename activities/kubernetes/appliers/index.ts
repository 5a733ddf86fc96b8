import type { kubernetesKinds } from '../../../model/changes/kubernetes/index.js';
import type { AppliersFor } from '../../adapter.js';
import { shortenTtlApplier } from '../../redis/shorten.js';
import type { KubernetesApplierDependencies } from './dependencies.js';
import { evictApplier } from './evict.js';
import { memoryApplier } from './memory.js';
import { podClearCacheApplier, podGcApplier } from './pod-calls.js';
import { resizeApplier } from './resize.js';
import { restartApplier } from './restart.js';
import { hpaMinApplier, scaleApplier } from './scale.js';
import { setEnvApplier } from './set-env.js';
import { undoRolloutApplier } from './undo-rollout.js';

export type { KubernetesApplierDependencies } from './dependencies.js';

/** One applier for each kind of change on Kubernetes. A kind without one does not compile. */
export function createKubernetesAppliers(
  dependencies: KubernetesApplierDependencies,
): AppliersFor<typeof kubernetesKinds> {
  return {
    'pod.clearCache': podClearCacheApplier(dependencies),
    'pod.gc': podGcApplier(dependencies),
    'sessions.shortenTtl': shortenTtlApplier,
    'workload.setEnv': setEnvApplier(dependencies),
    'pod.resize': resizeApplier(dependencies),
    'workload.memory': memoryApplier(dependencies),
    'hpa.minReplicas': hpaMinApplier(dependencies),
    'workload.scale': scaleApplier(dependencies),
    'pod.evict': evictApplier(dependencies),
    'workload.restart': restartApplier(dependencies),
    'workload.undoRollout': undoRolloutApplier(dependencies),
  };
}
