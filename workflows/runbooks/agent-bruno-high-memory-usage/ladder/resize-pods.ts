import { planPodResize } from '../../../../model/changes/kubernetes/memory.js';
import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Remedy } from '../../../../model/runbook.js';
import { causes } from '../names.js';
import { isSkip, rightSizeOf } from './figures-for-limits.js';
import { fullPods, notFor } from './pieces.js';

/** More room for the pods that run, without a restart. It ends with each pod: the template is another rung. */
export const resizePods: Remedy<WorkloadLook> = {
  name: 'resize-pods',
  title: 'Raise the memory limit of running pods in place',
  usually: 'none',
  propose(look, diagnosis) {
    if (!look.details.cluster.canResize) return { skip: 'this cluster can not resize pods in place' };
    const unfit = notFor(diagnosis, [causes.limit, causes.traffic]);
    if (unfit !== null) return { skip: unfit };
    const figures = rightSizeOf(look, diagnosis);
    if (isSkip(figures)) return figures;
    const pods = fullPods(look).filter(({ resizePolicy }) => resizePolicy !== 'RestartContainer');
    if (pods.length === 0)
      return { skip: 'no full pod can be resized without a restart (its resize policy says so)' };
    const smaller = pods.filter(({ limitBytes }) => (limitBytes ?? 0) < figures.limitBytes);
    return smaller.length === 0
      ? { skip: 'the pods that run have that limit already' }
      : { changes: smaller.map((pod) => planPodResize(look, pod, figures)) };
  },
};
