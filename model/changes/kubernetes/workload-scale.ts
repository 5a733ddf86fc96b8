import type { ChangeDraft, ChangeKind } from '../../change.js';
import { duration } from '../../format.js';
import type { WorkloadLook } from '../../kubernetes/details.js';
import { shellCommand } from '../shell.js';
import { notKnown, quotaForbids, riseOfReplicas, sentence } from './bounds.js';
import { numberField } from './field.js';
import { kubectlName, kubectlWhere, workloadObject, workloadRef, workloadRefusal } from './object.js';
import type { WorkloadScaleParams } from './params.js';
import { progressSeconds } from './progress.js';

/** Another number of replicas, absolute, where nothing else owns the number. */
export function planWorkloadScale(look: WorkloadLook, replicas: number): ChangeDraft<WorkloadScaleParams> {
  const object = workloadObject(look);
  return {
    kind: 'workload.scale',
    object,
    touches: [object.key],
    fields: [{ name: 'replicas', before: look.details.workload.replicas, after: replicas }],
    params: {
      ref: workloadRef(look),
      staysSeconds: look.settings.capacitySeconds,
      progressSeconds: progressSeconds(look),
    },
    fresh: {},
  };
}

export const workloadScale: ChangeKind<WorkloadScaleParams, WorkloadLook> = {
  kind: 'workload.scale',
  title: 'Set the number of replicas',
  disruption(draft) {
    const { before, after } = numberField(draft, 'replicas');
    return after >= before
      ? { disruption: 'none', why: 'pods are added; those that run are left alone' }
      : { disruption: 'brief', why: `${before - after} pods stop; connections to them are cut` };
  },
  describe(draft) {
    const { ref, staysSeconds } = draft.params;
    const { before, after } = numberField(draft, 'replicas');
    const stays = after > before ? `, for ${duration(staysSeconds)}` : '';
    return {
      sentence: `Scale ${kubectlName(ref)} from ${before} to ${after} replicas${stays}`,
      command: shellCommand([
        'kubectl',
        ...kubectlWhere(ref),
        'scale',
        kubectlName(ref),
        `--replicas=${after}`,
      ]),
    };
  },
  precondition(change, look) {
    const refusal = workloadRefusal(change, look);
    if (refusal !== null) return refusal;
    const { before, after } = numberField(change, 'replicas');
    const now = look.details.workload.replicas;
    const { hpa } = look.details.autoscaling;
    if (hpa !== undefined) return `The autoscaler ${hpa.name} owns the number of replicas.`;
    if (now !== before && now !== after)
      return `It has ${now} replicas now, not ${before}: somebody else has scaled it.`;
    // What is taken back is what we added, by the number that still stands there: nothing else has to be known.
    if (after <= before) return null;
    const room = now === after ? null : quotaForbids(look, riseOfReplicas(look, after - before));
    return sentence(notKnown(look, 'hpa') ?? room);
  },
  undo(change) {
    const { kind, object, touches, params } = change;
    const { before, after } = numberField(change, 'replicas');
    if (after <= before) return { none: 'A smaller number is not raised again by itself.' };
    return {
      kind,
      object,
      touches,
      params,
      fields: [{ name: 'replicas', before: after, after: before }],
      fresh: {},
    };
  },
  staysSeconds(draft) {
    const { before, after } = numberField(draft, 'replicas');
    return after > before ? draft.params.staysSeconds : undefined;
  },
  timeoutSeconds: ({ params }) => params.progressSeconds + 60,
};
