import type { ChangeDraft } from '../../../../model/change.js';
import type { PodGcParams } from '../../../../model/changes/kubernetes/params.js';
import { planPodGc, podGc } from '../../../../model/changes/kubernetes/pod-calls.js';
import type { Diagnosis } from '../../../../model/diagnosis.js';
import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Remedy } from '../../../../model/runbook.js';
import { causes } from '../names.js';
import { askedIfUnclear, fullPods, notFor } from './pieces.js';

/** In the live process: `gc.collect()` in a new one, as the source has it, frees nothing in the one that leaks. */
export const collectGarbage: Remedy<WorkloadLook> = {
  name: 'collect-garbage',
  title: 'Collect garbage in the live process',
  usually: 'none',
  propose(look, diagnosis) {
    const { gc } = look.settings;
    if (gc === undefined)
      return {
        skip: 'unsupported: the app has no endpoint for it (gc:), and a new process would free nothing',
      };
    const unfit = notFor(diagnosis, [causes.leak, causes.unclear]);
    if (unfit !== null) return { skip: unfit };
    const pods = fullPods(look);
    return pods.length === 0
      ? { skip: 'no running pod is above the warning threshold' }
      : { changes: pods.map((pod) => asked(planPodGc(look, pod, gc), look, diagnosis)) };
  },
};

/** A short pause harms nobody; for a long one, and a cause that can't be told, a person is asked. */
function asked(draft: ChangeDraft<PodGcParams>, look: WorkloadLook, diagnosis: Diagnosis): ChangeDraft {
  return podGc.disruption(draft, look).disruption === 'none' ? draft : askedIfUnclear(draft, diagnosis);
}
