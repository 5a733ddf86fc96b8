import { planWorkloadRestart } from '../../../../model/changes/kubernetes/workload-restart.js';
import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Remedy } from '../../../../model/runbook.js';
import { causes } from '../names.js';
import { notFor } from './pieces.js';

/** Frees what the processes hold, whatever it is: but what is honest use is back at once. */
export const restartWorkload: Remedy<WorkloadLook> = {
  name: 'restart-workload',
  title: 'Restart the pods, one after the other',
  usually: 'brief',
  propose(look, diagnosis) {
    const unfit = notFor(diagnosis, [causes.leak, causes.pools, causes.contexts, causes.unclear]);
    if (unfit !== null) return { skip: unfit };
    const { rollout } = look.details.workload;
    return rollout === undefined
      ? { changes: [planWorkloadRestart(look)] }
      : { skip: `a rollout is under way: ${rollout}` };
  },
};
