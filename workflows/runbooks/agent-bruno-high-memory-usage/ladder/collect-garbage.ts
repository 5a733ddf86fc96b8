import { planPodGc } from '../../../../model/changes/kubernetes/pod-calls.js';
import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Remedy } from '../../../../model/runbook.js';
import { fullPods } from './pieces.js';

/** In the live process: `gc.collect()` in a new one, as the source has it, frees nothing in the one that leaks. */
export const collectGarbage: Remedy<WorkloadLook> = {
  name: 'collect-garbage',
  title: 'Collect garbage in the live process',
  usually: 'none',
  propose(look) {
    const { gc } = look.settings;
    if (gc === undefined)
      return {
        skip: 'unsupported: the app has no endpoint for it (gc:), and a new process would free nothing',
      };
    const pods = fullPods(look);
    return pods.length === 0
      ? { skip: 'no running pod is above the warning threshold' }
      : { changes: pods.map((pod) => planPodGc(look, pod, gc)) };
  },
};
