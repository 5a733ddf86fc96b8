import {
  type MemoryFigures,
  type MemoryRise,
  quotaForbids,
  vpaForbids,
} from '../../../../model/changes/kubernetes/bounds.js';
import { vpaIdle } from '../../../../model/changes/kubernetes/memory-fields.js';
import { planPodResize } from '../../../../model/changes/kubernetes/pod-resize.js';
import type { PodReading, WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Remedy } from '../../../../model/runbook.js';
import { causes } from '../names.js';
import { isSkip, rightSizeOf } from './figures-for-limits.js';
import { fullPods, isGitOps, notFor, ownedBy, reconciler } from './pieces.js';

/** More room for the pods that run, without a restart. It ends with each pod: the template is another rung. */
export const resizePods: Remedy<WorkloadLook> = {
  name: 'resize-pods',
  title: 'Raise the memory limit of running pods in place',
  usually: 'none',
  propose(look, diagnosis) {
    if (!look.details.cluster.canResize) return { skip: 'this cluster can not resize pods in place' };
    const unfit = notFor(diagnosis, [causes.limit, causes.traffic]);
    if (unfit !== null) return { skip: unfit };
    const owner = reconciler(look, /resources/);
    if (owner !== undefined && !isGitOps(owner)) return { skip: ownedBy(owner) };
    const owned = vpaForbids(look, vpaIdle.runningPods);
    if (owned !== null) return { skip: owned };
    const figures = rightSizeOf(look, diagnosis);
    if (isSkip(figures)) return figures;
    const pods = fullPods(look).filter(({ resizePolicy }) => resizePolicy !== 'RestartContainer');
    if (pods.length === 0)
      return { skip: 'no full pod can be resized without a restart (its resize policy says so)' };
    const smaller = pods.filter(({ limitBytes }) => (limitBytes ?? 0) < figures.limitBytes);
    if (smaller.length === 0) return { skip: 'the pods that run have that limit already' };
    const noRoom = quotaForbids(look, riseOf(smaller, figures));
    if (noRoom !== null) return { skip: noRoom };
    return { changes: smaller.map((pod) => planPodResize(look, pod, figures)) };
  },
};

function riseOf(pods: readonly PodReading[], { limitBytes, requestBytes }: MemoryFigures): MemoryRise {
  const asked = (pod: PodReading): number => pod.requestBytes ?? pod.limitBytes ?? 0;
  return {
    limits: pods.reduce((sum, pod) => sum + limitBytes - (pod.limitBytes ?? 0), 0),
    requests: pods.reduce((sum, pod) => sum + requestBytes - asked(pod), 0),
  };
}
