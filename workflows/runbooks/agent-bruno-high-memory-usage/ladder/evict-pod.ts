import { notKnown } from '../../../../model/changes/kubernetes/bounds.js';
import { planPodEvict } from '../../../../model/changes/kubernetes/pod-evict.js';
import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Remedy } from '../../../../model/runbook.js';
import { causes } from '../names.js';
import { askedIfUnclear, fullPods, notFor, unclearAndCalm } from './pieces.js';

/** What a pod gets to stop where it does not say: the API server's own default, seconds. */
const usualGrace = 30;

/** One bloated pod among healthy ones: only it goes. */
export const evictPod: Remedy<WorkloadLook> = {
  name: 'evict-pod',
  title: 'Evict the one bloated pod',
  usually: 'brief',
  propose(look, diagnosis) {
    const unfit = notFor(diagnosis, [causes.leak, causes.pools, causes.contexts, causes.unclear]);
    if (unfit !== null) return { skip: unfit };
    const calm = unclearAndCalm(look, diagnosis);
    if (calm !== null) return { skip: calm };
    const full = fullPods(look);
    const [pod] = full;
    if (pod === undefined) return { skip: 'no running pod is above the warning threshold' };
    const others = look.details.pods.filter(
      (other) => other.key !== pod.key && other.ready && !other.deleting,
    );
    if (others.length === 0) return { skip: 'it has no other ready pod: a rolling restart is gentler' };
    if (full.length > 1)
      return { skip: `${full.length} pods are full: they are replaced one after the other` };
    const { budget } = look.details.autoscaling;
    if (budget !== undefined && budget.disruptionsAllowed < 1)
      return { skip: `the disruption budget ${budget.name} allows no disruption now` };
    const unknown = notKnown(look, 'budget');
    if (unknown !== null) return { skip: unknown };
    return { changes: [askedIfUnclear(planPodEvict(look, pod, usualGrace), diagnosis)] };
  },
};
