import type { WorkloadRestartParams } from '../../../model/changes/kubernetes/params.js';
import type { Applier } from '../../adapter.js';
import type { KubernetesApplierDependencies } from './dependencies.js';
import { changeTemplate, refuseMoved, type TemplateChange } from './template-change.js';
import { isRestartedBy, restartPatch } from './template-patches.js';
import { withTools } from './tools.js';
import { workloadRefOf } from './workload-object.js';

/**
 * A rolling restart, followed to its end. The template is marked with the change's id, so a later attempt finds its
 * own and only follows; another template than the one that it was planned for stops it.
 */
export function restartApplier(dependencies: KubernetesApplierDependencies): Applier<WorkloadRestartParams> {
  return (change, context) =>
    withTools(dependencies, context, (tools) => {
      const at = typeof change.fresh.at === 'string' ? change.fresh.at : context.now().toISOString();
      const wanted: TemplateChange = {
        ref: workloadRefOf(change.params.ref),
        uid: change.object.uid,
        progressSeconds: change.params.progressSeconds,
        done: 'restarted',
        unmistakable: true,
        isDone: (workload) => isRestartedBy(workload, change.id),
        refuseDrift: (workload) => refuseMoved(change, workload),
        patch: () => ({ merge: restartPatch(change.id, at) }),
      };
      return changeTemplate(tools, wanted);
    });
}
