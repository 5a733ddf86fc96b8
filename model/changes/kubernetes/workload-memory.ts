import { type ChangeDraft, type ChangeKind, wentWrong } from '../../change.js';
import { bytes } from '../../format.js';
import type { WorkloadLook } from '../../kubernetes/details.js';
import { shellCommand } from '../shell.js';
import {
  limitRangeForbids,
  type MemoryFigures,
  quotaForbids,
  riseOfRollout,
  sentence,
  vpaForbids,
} from './bounds.js';
import { turned } from './field.js';
import { podsRestarted, rolloutAlerts, rolloutHarm } from './harm.js';
import { limitField, limitsInWords, memoryFields, quantity, vpaIdle } from './memory-fields.js';
import { rolloutNodesForbid } from './node-room.js';
import { kubectlName, kubectlWhere, templateRefusal, workloadObject, workloadRef } from './object.js';
import type { WorkloadMemoryParams } from './params.js';
import { progressSeconds } from './progress.js';

/** Another limit and request in the template: every pod is replaced. */
export function planWorkloadMemory(
  look: WorkloadLook,
  wanted: MemoryFigures,
): ChangeDraft<WorkloadMemoryParams> {
  const object = workloadObject(look);
  const { container, templateLimitBytes, templateRequestBytes } = look.details.workload;
  return {
    kind: 'workload.memory',
    object,
    touches: [object.key],
    fields: memoryFields({ limitBytes: templateLimitBytes, requestBytes: templateRequestBytes }, wanted),
    params: { ref: workloadRef(look), container, progressSeconds: progressSeconds(look) },
    fresh: { resourceVersion: look.details.workload.resourceVersion },
  };
}

export const workloadMemory: ChangeKind<WorkloadMemoryParams, WorkloadLook> = {
  kind: 'workload.memory',
  title: 'Set memory limit and request in the template',
  disruption: (_draft, look) => rolloutHarm(look),
  describe(draft) {
    const { ref, container } = draft.params;
    const { from, to } = limitsInWords(draft);
    return {
      sentence: `Set the memory limit of ${kubectlName(ref)} from ${from} to ${to}; its pods are replaced`,
      command: shellCommand([
        'kubectl',
        ...kubectlWhere(ref),
        'set',
        'resources',
        kubectlName(ref),
        '-c',
        container,
        ...flags(draft),
      ]),
    };
  },
  precondition(change, look) {
    const refusal = templateRefusal(change, look);
    if (refusal !== null) return refusal;
    const { templateLimitBytes: now, name } = look.details.workload;
    const { before, after } = limitField(change);
    if ((now ?? null) === after) return null;
    return (now ?? null) === before
      ? sentence(rolloutForbidden(look, change))
      : `The limit of ${name} is ${now === undefined ? 'not set' : bytes(now)} now: somebody else has set it.`;
  },
  undo(change, effect) {
    // A rollout that went wrong goes back; one that went well is what was asked for, and stays.
    if (effect !== undefined && wentWrong(effect) === undefined)
      return { none: 'The new limit stays: it is what was asked for.' };
    const { kind, object, touches, params } = change;
    return { kind, object, touches, params, fields: turned(change), fresh: { undoes: change.id } };
  },
  creditedTo: podsRestarted,
  expectedAlerts: rolloutAlerts,
  timeoutSeconds: ({ params }) => params.progressSeconds + 60,
};

/** Why pods of the new template may not have so much, or null. What is taken back is less: it has its room. */
function rolloutForbidden(look: WorkloadLook, change: Pick<ChangeDraft, 'fields' | 'kind'>): string | null {
  const { before, after } = limitField(change);
  if (after === null || (before !== null && after <= before)) return null;
  const { templateRequestBytes } = look.details.workload;
  const request = change.fields.find(({ name }) => name === 'requests.memory')?.after;
  const requestBytes = typeof request === 'number' ? request : (templateRequestBytes ?? after);
  const wanted = { limitBytes: after, requestBytes };
  return (
    vpaForbids(look, vpaIdle.newPods) ??
    limitRangeForbids(look, wanted) ??
    quotaForbids(look, riseOfRollout(look, wanted)) ??
    rolloutNodesForbid(look, wanted)
  );
}

function flags(draft: Pick<ChangeDraft, 'fields'>): readonly string[] {
  const options: Readonly<Record<string, string>> = {
    'limits.memory': '--limits',
    'requests.memory': '--requests',
  };
  return draft.fields.flatMap(({ name, after }) =>
    // kubectl takes a figure out where it is 0.
    options[name] === undefined ? [] : [`${options[name]}=memory=${after === null ? '0' : quantity(after)}`],
  );
}
