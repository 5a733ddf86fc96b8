import type { WorkloadLook } from '../../kubernetes/details.js';
import type { Harm } from '../restart-harm.js';

/** Alert names that a rollout must be expected to cause, as the common rule sets call them. */
export const rolloutAlerts = [
  'AgentBrunoAPIDown',
  'AgentBrunoPodCrashLooping',
  // What starts is busy.
  'AgentBrunoHighCPUUsage',
  'KubePodNotReady',
  'KubePodCrashLooping',
  'KubeDeploymentReplicasMismatch',
  'KubeDeploymentRolloutStuck',
  'KubeStatefulSetReplicasMismatch',
  'TargetDown',
] as const;

/** What frees the memory after a change of the template, whatever the change itself is for. */
export const podsRestarted = 'the restart of its pods';

/** What replacing every pod, one after the other, does to the users now: by strategy and ready replicas. */
export function rolloutHarm({ details }: WorkloadLook): Harm {
  const { workload, pods } = details;
  const ready = pods.filter((pod) => pod.ready && !pod.deleting).length;
  if (workload.kind === 'Deployment' && workload.strategy === 'Recreate')
    return { disruption: 'outage', why: 'its strategy is Recreate: all pods stop before the new ones start' };
  if (ready === 0) return { disruption: 'brief', why: 'no pod is ready, so nothing is served now either' };
  if (workload.kind === 'Deployment' && keepsServing(workload.maxUnavailable, workload.replicas))
    return {
      disruption: 'brief',
      why: `pods are replaced one after the other, ${ready} ready now; connections to each are cut`,
    };
  if (ready > 1)
    return { disruption: 'brief', why: `${ready - 1} other ready pods serve while each is replaced` };
  return { disruption: 'outage', why: 'it has one ready pod, which stops before its successor starts' };
}

/** With a surge the successor is ready before a pod goes. Rounds down, as the Deployment controller does. */
function keepsServing(maxUnavailable = '25%', replicas: number): boolean {
  const most = maxUnavailable.endsWith('%')
    ? Math.floor((replicas * Number.parseFloat(maxUnavailable)) / 100)
    : Number(maxUnavailable);
  return most < replicas;
}

/** What taking one pod away does now. */
export function podHarm({ details }: WorkloadLook, key: string): Harm {
  const others = details.pods.filter((pod) => pod.key !== key && pod.ready && !pod.deleting).length;
  return others > 0
    ? {
        disruption: 'brief',
        why: `${others} other ready ${others === 1 ? 'pod serves' : 'pods serve'} meanwhile`,
      }
    : { disruption: 'outage', why: 'no other pod is ready meanwhile' };
}
