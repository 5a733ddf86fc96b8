import type { V1Scale, V2HorizontalPodAutoscaler } from '@kubernetes/client-node';
import type { Effect } from '../../../model/change.js';
import { numberField } from '../../../model/changes/kubernetes/field.js';
import type { HpaMinParams, WorkloadScaleParams } from '../../../model/changes/kubernetes/params.js';
import type { Applier } from '../../adapter.js';
import { effect } from '../../docker/appliers/effects.js';
import { failure } from '../../failure.js';
import { pathOf, paths } from '../paths.js';
import type { KubernetesApplierDependencies } from './dependencies.js';
import { followReplicas, notePodsBefore } from './replicas.js';
import { type Tools, withTools } from './tools.js';
import { orUnseen, unseenWords } from './unseen.js';
import { readObject, readPlanned, versionOf, type WorkloadRef, workloadRefOf } from './workload-object.js';
import { compareAndSet } from './write.js';

interface Numbers {
  readonly before: number;
  readonly after: number;
}

/** Sets the number of replicas by the scale subresource, absolute, and waits for the pods. */
export function scaleApplier(dependencies: KubernetesApplierDependencies): Applier<WorkloadScaleParams> {
  return (change, context) =>
    withTools(dependencies, context, async (tools) => {
      const ref = workloadRefOf(change.params.ref);
      const { uid } = change.object;
      const numbers = numberField(change, 'replicas');
      await notePodsBefore(tools, ref, await readObject(tools, ref, uid));
      const path = `${paths.workload(ref.namespace, ref.kind, ref.name)}/scale`;
      const { written } = await compareAndSet<V1Scale>(tools, {
        read: async () => sameScale(await tools.cluster.get<V1Scale>(path, context), ref, uid),
        judge: (now) => {
          const { after } = numbers;
          if (judged(`${ref.name} has`, 'replicas', now.spec?.replicas ?? 0, numbers) === 'done')
            return 'done';
          const body = { metadata: versionOf(now), spec: { replicas: after } };
          return { path, body, type: 'application/merge-patch+json' };
        },
      });
      const { progressSeconds } = change.params;
      return told(tools, { what: 'replicas', ref, numbers, written, progressSeconds });
    });
}

function sameScale(scale: V1Scale, { kind, name }: WorkloadRef, uid: string): V1Scale {
  if (scale.metadata?.uid === uid) return scale;
  throw failure('PreconditionChanged', `${kind} ${name} was deleted and made anew since this was planned.`);
}

/** Sets an autoscaler's least number of replicas, and waits until it has brought the workload there. */
export function hpaMinApplier(dependencies: KubernetesApplierDependencies): Applier<HpaMinParams> {
  return (change, context) =>
    withTools(dependencies, context, async (tools) => {
      const { ref, workload, progressSeconds } = change.params;
      const of = workloadRefOf(workload);
      const numbers = numberField(change, 'minReplicas');
      await notePodsBefore(tools, of, await readObject(tools, of));
      const { written } = await compareAndSet<V2HorizontalPodAutoscaler>(tools, {
        read: () => readPlanned<V2HorizontalPodAutoscaler>(tools, ref, change.object.uid),
        judge: (now) => {
          const min = now.spec?.minReplicas ?? 1;
          if (judged(`The autoscaler ${ref.name} has`, 'minReplicas', min, numbers) === 'done') return 'done';
          const body = { metadata: versionOf(now), spec: { minReplicas: numbers.after } };
          return { path: pathOf(ref), body, type: 'application/merge-patch+json' };
        },
      });
      return told(tools, { what: 'minReplicas', ref: of, numbers, written, progressSeconds });
    });
}

function judged(who: string, what: string, now: number, { before, after }: Numbers): 'done' | 'set' {
  if (now === after) return 'done';
  if (now === before) return 'set';
  throw failure(
    'PreconditionChanged',
    `${who} ${now} as its ${what} now, not ${before}: somebody else has set it.`,
  );
}

interface Told {
  readonly what: string;
  readonly ref: WorkloadRef;
  readonly numbers: Numbers;
  readonly written: boolean;
  readonly progressSeconds: number;
}

async function told(tools: Tools, { what, ref, numbers, written, progressSeconds }: Told): Promise<Effect> {
  const { before, after } = numbers;
  const words = `${what} ${before} → ${after}`;
  if (!written && !tools.sentBefore)
    return effect(tools.context, 'alreadyDone', `it was so before: ${words}`);
  // A smaller least number takes away what is not needed, in the autoscaler's own time.
  if (after < before && what === 'minReplicas') return effect(tools.context, 'applied', words);
  const wanted = after >= before ? { atLeast: after } : { atMost: after };
  const end = await orUnseen(() => followReplicas(tools, ref, wanted, progressSeconds));
  if (end.end === 'unseen')
    return effect(tools.context, 'applied', `${words}; ${unseenWords(end)}`, { unseen: true });
  return end.end === 'done'
    ? effect(tools.context, 'applied', `${words}; ${end.words}`)
    : effect(tools.context, 'applied', `${words}, but the pods do not become ready: ${end.said}`, {
        failed: true,
        why: end.why,
        said: end.said,
      });
}
