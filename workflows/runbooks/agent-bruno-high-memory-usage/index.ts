/** AgentBrunoHighMemoryUsage: a workload on Kubernetes whose pods near their memory limit. */
import { kubernetesKinds } from '../../../model/changes/kubernetes/index.js';
import type { WorkloadLook } from '../../../model/kubernetes/details.js';
import type { Runbook } from '../../../model/runbook.js';
import { diagnose } from './diagnosis.js';
import { escalation } from './escalation.js';
import { ladder } from './ladder/index.js';
import { page } from './page.js';
import { recommend } from './prevention.js';
import { verify } from './verification.js';

export const agentBrunoHighMemoryUsage: Runbook<WorkloadLook> = {
  name: 'AgentBrunoHighMemoryUsage',
  title: 'High memory usage of a workload on Kubernetes',
  version: 2,
  targetKinds: ['workload'],
  page,
  changeKinds: Object.values(kubernetesKinds),
  ladder,
  diagnose,
  verify,
  recommend,
  escalation,
};
