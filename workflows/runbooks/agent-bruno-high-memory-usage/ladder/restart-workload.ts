import { planWorkloadRestart } from '../../../../model/changes/kubernetes/workload-restart.js';
import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Remedy } from '../../../../model/runbook.js';
import { causes } from '../names.js';
import { askedIfUnclear, fullPods, noRollout, notFor, unclearAndCalm } from './pieces.js';

/** Frees what the processes hold, whatever it is: but what is honest use is back at once. */
export const restartWorkload: Remedy<WorkloadLook> = {
  name: 'restart-workload',
  title: 'Restart the pods, one after the other',
  usually: 'brief',
  propose(look, diagnosis) {
    const unfit = notFor(diagnosis, [causes.leak, causes.pools, causes.contexts, causes.unclear]);
    if (unfit !== null) return { skip: unfit };
    const calm = unclearAndCalm(look, diagnosis) ?? noRollout(look);
    if (calm !== null) return { skip: calm };
    if (fullPods(look).length === 0)
      return {
        skip: 'no running pod is above the warning threshold: those that were killed start by themselves',
      };
    return { changes: [askedIfUnclear(planWorkloadRestart(look), diagnosis)] };
  },
};
