import type { FieldChange } from '../../../model/change.js';
import { quantity } from '../../../model/changes/kubernetes/memory-fields.js';
import type { WorkloadMemoryParams } from '../../../model/changes/kubernetes/params.js';
import { undoes } from '../../../model/changes/kubernetes/undoes.js';
import type { Applier } from '../../adapter.js';
import { failure } from '../../failure.js';
import { templateOf, type Workload } from '../workload.js';
import type { KubernetesApplierDependencies } from './dependencies.js';
import { changeTemplate } from './template-change.js';
import { memoryNow, memoryPatch, type Resources } from './template-patches.js';
import { withTools } from './tools.js';
import { workloadRefOf } from './workload-object.js';

/** Sets limit and request of one container in the template, and follows the rollout to its end. */
export function memoryApplier(dependencies: KubernetesApplierDependencies): Applier<WorkloadMemoryParams> {
  return (change, context) =>
    withTools(dependencies, context, (tools) => {
      const { ref, container, progressSeconds } = change.params;
      const resources = (workload: Workload) => resourcesOf(workload, container);
      return changeTemplate(tools, {
        ref: workloadRefOf(ref),
        uid: change.object.uid,
        progressSeconds,
        done: memoryWords(change.fields),
        takesBack: undoes(change) !== undefined,
        isDone: (workload) => isSet(resources(workload), change.fields),
        refuseDrift: (workload) =>
          refuseMemoryDrift(resources(workload), change.fields, `container ${container}`),
        patch: () => ({ merge: memoryPatch(container, change.fields) }),
      });
    });
}

function resourcesOf(workload: Workload, container: string): Resources {
  const found = templateOf(workload).spec?.containers.find(({ name }) => name === container);
  if (found) return found.resources ?? {};
  throw failure('PreconditionChanged', `The template has no container ${container} any more.`);
}

/** All figures are as wanted. */
export function isSet(resources: Resources | undefined, fields: readonly FieldChange[]): boolean {
  return fields.every(({ name, after }) => memoryNow(resources, name) === after);
}

/** Throws where a figure is neither as planned nor as wanted: somebody else has set it. */
export function refuseMemoryDrift(
  resources: Resources | undefined,
  fields: readonly FieldChange[],
  where: string,
): void {
  for (const { name, before, after } of fields) {
    const now = memoryNow(resources, name);
    if (now === undefined) throw failure('Unsupported', `${name} is no figure of memory.`);
    if (now === before || now === after) continue;
    throw failure(
      'PreconditionChanged',
      `${name} of ${where} is ${shown(now)} now, not ${shown(before)}: somebody else has set it.`,
    );
  }
}

export function memoryWords(fields: readonly FieldChange[]): string {
  return fields.map(({ name, before, after }) => `${name} ${shown(before)} → ${shown(after)}`).join(', ');
}

function shown(value: unknown): string {
  return value === null ? 'none' : quantity(value);
}
