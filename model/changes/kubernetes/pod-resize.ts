import { type ChangeDraft, type ChangeKind, wentWrong } from '../../change.js';
import { bytes } from '../../format.js';
import type { PodReading, WorkloadLook } from '../../kubernetes/details.js';
import { shellCommand } from '../shell.js';
import { limitRangeForbids, type MemoryFigures, quotaForbids, sentence, vpaForbids } from './bounds.js';
import { turned } from './field.js';
import { limitField, limitsInWords, memoryFields, quantity, vpaIdle } from './memory-fields.js';
import { podNodeForbids } from './node-room.js';
import { findPod, kubectlWhere, podObject, podRef, podRefusal } from './object.js';
import type { PodResizeParams } from './params.js';
import { undoes } from './undoes.js';

/** Another limit and request of one running pod, in place. */
export function planPodResize(
  look: WorkloadLook,
  pod: PodReading,
  wanted: MemoryFigures,
): ChangeDraft<PodResizeParams> {
  const object = podObject(pod);
  return {
    kind: 'pod.resize',
    object,
    touches: [object.key],
    fields: memoryFields(pod, wanted),
    params: { ref: podRef(look, pod), container: look.details.workload.container },
    fresh: {},
  };
}

/** Why a raise that its node would not do is not taken back any more. */
export function landedWords(pod: string): string {
  return `The node of pod ${pod} has raised its limit meanwhile: it stays until the pod is replaced, since a lower one could kill it.`;
}

export const podResize: ChangeKind<PodResizeParams, WorkloadLook> = {
  kind: 'pod.resize',
  title: 'Set memory limit and request of a running pod, in place',
  endsByItself: true,
  disruption(draft, look) {
    if (undoes(draft) !== undefined)
      return { disruption: 'none', why: 'its node has never raised it, so nothing that runs gets less' };
    const pod = findPod(look, draft.object.key);
    if (pod?.resizePolicy === 'RestartContainer')
      return { disruption: 'outage', why: 'its resize policy says that the container is restarted for it' };
    const { before, after } = limitField(draft);
    return before !== null && after !== null && after < before
      ? { disruption: 'outage', why: 'what does not fit under a lower limit may be killed' }
      : { disruption: 'none', why: 'a limit is raised while the container runs' };
  },
  describe(draft) {
    const { ref, container } = draft.params;
    const memory = (name: string) => draft.fields.find((field) => field.name === name)?.after;
    const resources = {
      limits: { memory: quantity(memory('limits.memory')) },
      ...(memory('requests.memory') !== undefined && {
        requests: { memory: quantity(memory('requests.memory')) },
      }),
    };
    const patch = JSON.stringify({ spec: { containers: [{ name: container, resources }] } });
    const { from, to } = limitsInWords(draft);
    return {
      sentence:
        undoes(draft) === undefined
          ? `Raise the memory limit of pod ${ref.name} in place from ${from} to ${to}, until it is replaced`
          : `Set the memory limit in the spec of pod ${ref.name} back from ${from} to ${to}`,
      command: shellCommand([
        'kubectl',
        ...kubectlWhere(ref),
        'patch',
        'pod',
        ref.name,
        '--subresource',
        'resize',
        '-p',
        patch,
      ]),
    };
  },
  precondition(change, look) {
    const refusal = podRefusal(change, look);
    if (refusal !== null) return refusal;
    if (!look.details.cluster.canResize) return 'This cluster can not resize pods in place.';
    const pod = findPod(look, change.object.key);
    const { before, after } = limitField(change);
    const now = pod?.limitBytes;
    if (undoes(change) !== undefined && now === before) return landedWords(change.object.name);
    if ((now ?? null) !== before && (now ?? null) !== after)
      return `Its limit is ${now === undefined ? 'not set' : bytes(now)} now: somebody else has set it.`;
    return now === after ? null : sentence(resizeForbidden(look, pod, change));
  },
  undo(change, effect) {
    if (effect === undefined || wentWrong(effect) === undefined)
      return { none: 'It ends with the pod. A lower limit could kill it, so it is not lowered by itself.' };
    // What the node has not done stays wanted in the pod's spec: it may come at any time, and stops another figure.
    const { kind, object, touches, params } = change;
    return { kind, object, touches, params, fields: turned(change), fresh: { undoes: change.id } };
  },
  timeoutSeconds: () => 90,
};

/** Why a pod that runs may not have so much, or null. */
function resizeForbidden(
  look: WorkloadLook,
  pod: PodReading | undefined,
  change: Pick<ChangeDraft, 'fields' | 'kind'>,
): string | null {
  const { before, after } = limitField(change);
  const limits = (after ?? 0) - (before ?? 0);
  // Less than it has needs nobody's leave.
  if (limits <= 0) return null;
  const more = { limits, requests: requestRise(change) };
  return (
    vpaForbids(look, vpaIdle.runningPods) ??
    limitRangeForbids(look, { limitBytes: after ?? 0, requestBytes: 0 }) ??
    quotaForbids(look, more) ??
    podNodeForbids(look, pod, more)
  );
}

function requestRise({ fields }: Pick<ChangeDraft, 'fields'>): number {
  const field = fields.find(({ name }) => name === 'requests.memory');
  return typeof field?.after === 'number' && typeof field.before === 'number'
    ? field.after - field.before
    : 0;
}
