import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Remedy } from '../../../../model/runbook.js';
import { clearCaches } from './clear-caches.js';
import { collectGarbage } from './collect-garbage.js';
import { evictPod } from './evict-pod.js';
import { raiseLimit } from './raise-limit.js';
import { resizePods } from './resize-pods.js';
import { restartWorkload } from './restart-workload.js';
import { scaleOut } from './scale-out.js';
import { setEnvironment } from './set-env.js';
import { shortenSessions } from './shorten-sessions.js';
import { undoRelease } from './undo-release.js';

/** Gentlest first. */
export const ladder: readonly Remedy<WorkloadLook>[] = [
  clearCaches,
  collectGarbage,
  resizePods,
  scaleOut,
  evictPod,
  // Before the restart: it replaces the pods just the same, and what filled them does not come back.
  setEnvironment,
  restartWorkload,
  raiseLimit,
  undoRelease,
  shortenSessions,
];
