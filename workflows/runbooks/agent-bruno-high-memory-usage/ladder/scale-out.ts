import { planHpaMin } from '../../../../model/changes/kubernetes/hpa-min.js';
import { planWorkloadScale } from '../../../../model/changes/kubernetes/workload-scale.js';
import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Proposal, Remedy } from '../../../../model/runbook.js';
import { causes } from '../names.js';
import { leading, notFor, ownedBy, reconciler } from './pieces.js';

/** The source's own figures: 3 replicas, or a least number of 2. */
const sourceReplicas = 3;
const sourceMin = 2;

/**
 * More pods for more load. It does not empty a full pod, so it is no remedy for a leak; and where connections are
 * what fills it, more pods open more of them.
 */
export const scaleOut: Remedy<WorkloadLook> = {
  name: 'scale-out',
  title: 'Scale out',
  usually: 'none',
  propose(look, diagnosis) {
    const { workload, autoscaling } = look.details;
    if (workload.kind === 'DaemonSet') return { skip: 'a DaemonSet has one pod a node' };
    if (leading(diagnosis) === causes.pools)
      return { skip: 'more pods would open more connections, and would not empty the full ones' };
    const unfit = notFor(diagnosis, [causes.traffic, causes.sessions]);
    if (unfit !== null) return { skip: `${unfit}; more pods would not empty the full ones` };
    if (workload.paused) return { skip: 'it is paused: somebody stopped it on purpose' };
    const { maxReplicas } = look.settings;
    if (maxReplicas === undefined)
      return { skip: 'the configuration allows no more replicas (maxReplicas: in nightshift.yaml)' };
    const { hpa } = autoscaling;
    if (hpa !== undefined) return byAutoscaler(look, hpa, maxReplicas);
    const owner = reconciler(look, /^spec\.replicas$/);
    if (owner !== undefined) return { skip: ownedBy(owner) };
    const wanted = Math.min(maxReplicas, Math.max(sourceReplicas, workload.replicas + 1));
    return wanted > workload.replicas
      ? { changes: [planWorkloadScale(look, wanted)] }
      : { skip: `it has ${workload.replicas} replicas, and ${maxReplicas} are allowed` };
  },
};

function byAutoscaler(
  look: WorkloadLook,
  hpa: NonNullable<WorkloadLook['details']['autoscaling']['hpa']>,
  maxReplicas: number,
): Proposal {
  if (hpa.keda)
    return { skip: `KEDA owns the autoscaler ${hpa.name}: set minReplicaCount of its ScaledObject` };
  const owner = reconciler(look, /minReplicas/);
  if (owner !== undefined) return { skip: ownedBy(owner) };
  const wanted = Math.min(maxReplicas, hpa.max, Math.max(sourceMin, hpa.current + 1));
  return wanted > hpa.min
    ? { changes: [planHpaMin(look, hpa, wanted)] }
    : { skip: `the autoscaler ${hpa.name} has a least number of ${hpa.min} already` };
}
