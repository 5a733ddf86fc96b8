import type { WorkloadLook } from '../../kubernetes/details.js';

/** The API server's own default for a Deployment. */
const usualSeconds = 600;

/** How long one pod may take to become ready before its rollout counts as failed, seconds. */
export function progressSeconds({ details }: WorkloadLook): number {
  return details.workload.progressDeadlineSeconds ?? usualSeconds;
}
