/** The kinds of change on Kubernetes. Each has its applier in activities/ under the same name. */
import { hpaMinReplicas } from './hpa-min.js';
import type { KubernetesParams } from './params.js';
import { podClearCache, podGc } from './pod-calls.js';
import { podEvict } from './pod-evict.js';
import { podResize } from './pod-resize.js';
import { setEnv } from './set-env.js';
import { shortenTtl } from './shorten-ttl.js';
import { undoRollout } from './undo-rollout.js';
import { workloadMemory } from './workload-memory.js';
import { workloadRestart } from './workload-restart.js';
import { workloadScale } from './workload-scale.js';

export type * from './params.js';

export const kubernetesKinds = {
  'pod.clearCache': podClearCache,
  'pod.gc': podGc,
  'sessions.shortenTtl': shortenTtl,
  'workload.setEnv': setEnv,
  'pod.resize': podResize,
  'workload.memory': workloadMemory,
  'hpa.minReplicas': hpaMinReplicas,
  'workload.scale': workloadScale,
  'pod.evict': podEvict,
  'workload.restart': workloadRestart,
  'workload.undoRollout': undoRollout,
} as const satisfies Record<keyof KubernetesParams, unknown>;
