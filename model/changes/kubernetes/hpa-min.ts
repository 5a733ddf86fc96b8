import type { ChangeDraft, ChangeKind } from '../../change.js';
import { duration } from '../../format.js';
import type { Autoscaling, WorkloadLook } from '../../kubernetes/details.js';
import { shellCommand } from '../shell.js';
import { notKnown, quotaForbids, riseOfReplicas, sentence } from './bounds.js';
import { numberField, turned } from './field.js';
import { kubectlWhere, workloadRef } from './object.js';
import type { HpaMinParams } from './params.js';
import { progressSeconds } from './progress.js';

type Hpa = NonNullable<Autoscaling['hpa']>;

/** A larger least number of replicas, where an autoscaler owns the number. */
export function planHpaMin(look: WorkloadLook, hpa: Hpa, min: number): ChangeDraft<HpaMinParams> {
  const workload = workloadRef(look);
  const key = `${look.target.key}/hpa/${hpa.name}`;
  return {
    kind: 'hpa.minReplicas',
    object: { key, uid: hpa.uid, name: hpa.name },
    touches: [key],
    fields: [{ name: 'minReplicas', before: hpa.min, after: min }],
    params: {
      ref: { ...workload, kind: 'HorizontalPodAutoscaler', name: hpa.name },
      workload,
      staysSeconds: look.settings.capacitySeconds,
      progressSeconds: progressSeconds(look),
    },
    fresh: { resourceVersion: hpa.resourceVersion },
  };
}

export const hpaMinReplicas: ChangeKind<HpaMinParams, WorkloadLook> = {
  kind: 'hpa.minReplicas',
  title: "Set an autoscaler's least number of replicas",
  disruption(draft) {
    const { before, after } = numberField(draft, 'minReplicas');
    return after >= before
      ? { disruption: 'none', why: 'pods are added; those that run are left alone' }
      : { disruption: 'brief', why: 'the autoscaler may stop pods that are not needed' };
  },
  describe(draft) {
    const { ref, staysSeconds } = draft.params;
    const { before, after } = numberField(draft, 'minReplicas');
    const stays = after > before ? `, for ${duration(staysSeconds)}` : '';
    const patch = JSON.stringify({ spec: { minReplicas: after } });
    return {
      sentence: `Set minReplicas of the autoscaler ${ref.name} from ${before} to ${after}${stays}`,
      command: shellCommand([
        'kubectl',
        ...kubectlWhere(ref),
        'patch',
        'hpa',
        ref.name,
        '--type=merge',
        '-p',
        patch,
      ]),
    };
  },
  precondition(change, look) {
    const { hpa } = look.details.autoscaling;
    const { before, after } = numberField(change, 'minReplicas');
    if (hpa === undefined)
      return sentence(notKnown(look, 'hpa')) ?? `The autoscaler ${change.object.name} is not there any more.`;
    if (hpa.uid !== change.object.uid)
      return `The autoscaler ${hpa.name} is another one than was planned for.`;
    if (hpa.min !== before && hpa.min !== after)
      return `Its minReplicas is ${hpa.min} now, not ${before}: somebody else has set it.`;
    if (after > hpa.max) return `Its maxReplicas is ${hpa.max}: ${after} would be refused.`;
    const added = after - Math.max(before, look.details.workload.replicas);
    return hpa.min === after || added <= 0 ? null : sentence(quotaForbids(look, riseOfReplicas(look, added)));
  },
  undo(change) {
    const { kind, object, touches, params } = change;
    const { before, after } = numberField(change, 'minReplicas');
    if (after <= before) return { none: 'A smaller number is not raised again by itself.' };
    return { kind, object, touches, params, fields: turned(change), fresh: {} };
  },
  staysSeconds(draft) {
    const { before, after } = numberField(draft, 'minReplicas');
    return after > before ? draft.params.staysSeconds : undefined;
  },
  timeoutSeconds: ({ params }) => params.progressSeconds + 60,
};
