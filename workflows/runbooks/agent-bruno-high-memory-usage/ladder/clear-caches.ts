import { planPodClearCache } from '../../../../model/changes/kubernetes/pod-calls.js';
import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Remedy } from '../../../../model/runbook.js';
import { causes } from '../names.js';
import { fullPods, leading } from './pieces.js';

/** Caches of the app, pod by pod, those first that harm nothing. */
export const clearCaches: Remedy<WorkloadLook> = {
  name: 'clear-caches',
  title: 'Clear caches of the application',
  usually: 'none',
  propose(look, diagnosis) {
    if (leading(diagnosis) === causes.pageCache)
      return { skip: 'the kernel takes page cache back by itself when it is needed' };
    const caches = look.settings.caches.filter(({ disruption }) => disruption === 'none');
    if (caches.length === 0)
      return { skip: 'no cache that may be cleared without harm is configured (caches:)' };
    const pods = fullPods(look);
    if (pods.length === 0) return { skip: 'no running pod is above the warning threshold' };
    return { changes: pods.flatMap((pod) => caches.map((cache) => planPodClearCache(look, pod, cache))) };
  },
};
