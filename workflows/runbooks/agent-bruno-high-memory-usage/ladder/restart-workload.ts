import { planWorkloadRestart } from '../../../../model/changes/kubernetes/workload-restart.js';
import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Remedy } from '../../../../model/runbook.js';
import { causes } from '../names.js';
import { notTakenUp, rulesAgainst } from './env-rules.js';
import { askedIfUnclear, fullPods, noRollout, notFor, unclearAndCalm } from './pieces.js';

/** Frees what the processes hold, whatever it is: but what is honest use is back at once. */
export const restartWorkload: Remedy<WorkloadLook> = {
  name: 'restart-workload',
  title: 'Restart the pods, one after the other',
  usually: 'brief',
  propose(look, diagnosis) {
    const unfit = notFor(diagnosis, [causes.leak, causes.pools, causes.contexts, causes.unclear]);
    // It would take up a setting against the cause that was made after the pods had started.
    const takesUp =
      unfit !== null && rulesAgainst(look, diagnosis).some((rule) => notTakenUp(look, rule) !== undefined);
    if (unfit !== null && !takesUp) return { skip: unfit };
    const calm = unclearAndCalm(look, diagnosis) ?? noRollout(look);
    if (calm !== null) return { skip: calm };
    if (fullPods(look).length === 0)
      return {
        skip: 'no running pod is above the warning threshold: those that were killed start by themselves',
      };
    const draft = planWorkloadRestart(look);
    // What was written there may have been another setting: nobody but a person can tell.
    return { changes: [takesUp ? { ...draft, alwaysAsk: true } : askedIfUnclear(draft, diagnosis)] };
  },
};
