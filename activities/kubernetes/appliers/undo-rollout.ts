import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import type { Change } from '../../../model/change.js';
import type { UndoRolloutParams } from '../../../model/changes/kubernetes/params.js';
import { undoes } from '../../../model/changes/kubernetes/undoes.js';
import { digest } from '../../../model/digest.js';
import type { JsonObject } from '../../../model/json.js';
import type { Applier } from '../../adapter.js';
import { failure } from '../../failure.js';
import { templateOf, type Workload } from '../workload.js';
import type { KubernetesApplierDependencies } from './dependencies.js';
import { controllerRevisionsOf, replicaSetsOf, revisionOf } from './pods-of.js';
import { changeTemplate, refuseMoved } from './template-change.js';
import { isRestartedBy } from './template-patches.js';
import { type Tools, withTools } from './tools.js';
import { readObject, type WorkloadRef, workloadRefOf } from './workload-object.js';

/** Back to the template of an earlier revision, as `kubectl rollout undo --to-revision` does it; followed to its end. */
export function undoRolloutApplier(dependencies: KubernetesApplierDependencies): Applier<UndoRolloutParams> {
  return (change, context) =>
    withTools(dependencies, context, async (tools) => {
      const { toRevision, progressSeconds } = change.params;
      const ref = workloadRefOf(change.params.ref);
      const template = await wantedTemplate(tools, change, ref);
      return changeTemplate(tools, {
        ref,
        uid: change.object.uid,
        progressSeconds,
        done: `back at the template of revision ${toRevision}`,
        takesBack: undoes(change) !== undefined,
        isDone: (workload) => same(templateOf(workload), template),
        refuseDrift: (workload) => refuseDrift(change, workload),
        // As a whole: a merge would leave what only the newer template has.
        patch: () => ({
          operations: [{ op: 'replace', path: '/spec/template', value: asJson(template) }],
        }),
      });
    });
}

/**
 * The wanted template. It is noted before it is sent: once it is rolled out, its revision has another number, and is
 * found no more.
 */
async function wantedTemplate(
  tools: Tools,
  change: Change<UndoRolloutParams>,
  ref: WorkloadRef,
): Promise<V1PodTemplateSpec> {
  const workload = await readObject(tools, ref, change.object.uid);
  const { toRevision } = change.params;
  const noted = tools.journal.notes.to;
  const found = await revision(tools, ref, workload, typeof noted === 'string' ? noted : toRevision);
  if (found) {
    tools.journal.note({ to: found.name });
    return found.template;
  }
  throw failure(
    'PreconditionChanged',
    `Revision ${toRevision} of ${ref.kind} ${ref.name} is not there any more: its history was cut.`,
  );
}

interface Revision {
  readonly name: string;
  readonly template: V1PodTemplateSpec;
}

/** By its number, or by the name of the object that holds it. */
async function revision(
  tools: Tools,
  ref: WorkloadRef,
  workload: Workload,
  wanted: string,
): Promise<Revision | undefined> {
  if (ref.kind === 'Deployment') {
    const all = await replicaSetsOf(tools, ref, workload);
    const found = all.find((one) => one.metadata?.name === wanted || revisionOf(one) === wanted);
    return (
      found?.spec?.template && {
        name: found.metadata?.name ?? '',
        template: withoutHash(found.spec.template),
      }
    );
  }
  const all = await controllerRevisionsOf(tools, ref, workload);
  const found = all.find((one) => one.metadata?.name === wanted || String(one.revision) === wanted);
  const { spec } = (found?.data ?? {}) as { readonly spec?: { readonly template?: V1PodTemplateSpec } };
  return spec?.template && { name: found?.metadata?.name ?? '', template: withoutDirective(spec.template) };
}

/** The label that the controller adds to a ReplicaSet's template. */
export function withoutHash(template: V1PodTemplateSpec): V1PodTemplateSpec {
  const { 'pod-template-hash': _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

/** A ControllerRevision holds its template as a patch that says of itself that it replaces. */
function withoutDirective(template: V1PodTemplateSpec): V1PodTemplateSpec {
  return Object.fromEntries(Object.entries(template).filter(([key]) => key !== '$patch'));
}

function same(a: V1PodTemplateSpec, b: V1PodTemplateSpec): boolean {
  return digest(asJson(a)) === digest(asJson(b));
}

/** As it goes over the wire; what is null is as good as absent. */
function asJson(template: V1PodTemplateSpec): JsonObject {
  return JSON.parse(
    JSON.stringify(template, (_key, value: unknown) => (value === null ? undefined : value)),
  ) as JsonObject;
}

/** An undo of our own failed rollout goes by its mark; a planned one by the template that was decided on. */
function refuseDrift(change: Change<UndoRolloutParams>, workload: Workload): void {
  const wrong = undoes(change);
  if (wrong === undefined) refuseMoved(change, workload);
  else if (!isRestartedBy(workload, wrong))
    throw failure(
      'PreconditionChanged',
      `${change.object.name} was changed since its rollout went wrong: somebody else is at work there.`,
    );
}
