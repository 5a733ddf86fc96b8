import { notKnown, quotaForbids, riseOfReplicas } from '../../../../model/changes/kubernetes/bounds.js';
import { planHpaMin } from '../../../../model/changes/kubernetes/hpa-min.js';
import { planWorkloadScale } from '../../../../model/changes/kubernetes/workload-scale.js';
import type { Autoscaling, WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Proposal, Remedy } from '../../../../model/runbook.js';
import { causes } from '../names.js';
import { leading, notFor, ownedBy, reconciler } from './pieces.js';

type Hpa = NonNullable<Autoscaling['hpa']>;

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
    if (hpa !== undefined) return byAutoscaler(look, hpa);
    const unknown = notKnown(look, 'hpa');
    if (unknown !== null) return { skip: unknown };
    const owner = reconciler(look, /^spec\.replicas$/);
    if (owner !== undefined) return { skip: ownedBy(owner) };
    const wanted = wantedReplicas(look);
    if (wanted === undefined)
      return { skip: `it has ${workload.replicas} replicas, and ${maxReplicas} are allowed` };
    const noRoom = quotaForbids(look, riseOfReplicas(look, wanted - workload.replicas));
    return noRoom === null ? { changes: [planWorkloadScale(look, wanted)] } : { skip: noRoom };
  },
};

/** More replicas than it has, as many as may be; undefined where it has them. */
export function wantedReplicas({ details, settings }: WorkloadLook): number | undefined {
  const { replicas } = details.workload;
  const wanted = Math.min(settings.maxReplicas ?? 0, Math.max(sourceReplicas, replicas + 1));
  return wanted > replicas ? wanted : undefined;
}

/** A larger least number for an autoscaler; undefined where it has that. */
export function wantedMin({ settings }: WorkloadLook, { min, max, current }: Hpa): number | undefined {
  const wanted = Math.min(settings.maxReplicas ?? 0, max, Math.max(sourceMin, current + 1));
  return wanted > min ? wanted : undefined;
}

function byAutoscaler(look: WorkloadLook, hpa: Hpa): Proposal {
  const wanted = wantedMin(look, hpa);
  if (wanted === undefined)
    return { skip: `the autoscaler ${hpa.name} has a least number of ${hpa.min} already` };
  if (hpa.keda)
    return {
      skip: `KEDA owns the autoscaler ${hpa.name}: the report has the patch for minReplicaCount of its ScaledObject`,
    };
  const owner = hpa.owners?.find(({ reconciles }) => reconciles);
  if (owner !== undefined) return { skip: ownedBy(owner) };
  const added = Math.max(0, wanted - look.details.workload.replicas);
  const noRoom = quotaForbids(look, riseOfReplicas(look, added));
  return noRoom === null ? { changes: [planHpaMin(look, hpa, wanted)] } : { skip: noRoom };
}
