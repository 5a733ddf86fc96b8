import { type ChangeDraft, type ChangeKind, wentWrong } from '../../change.js';
import type { WorkloadLook } from '../../kubernetes/details.js';
import { shellCommand } from '../shell.js';
import { rolloutAlerts, rolloutHarm } from './harm.js';
import { kubectlName, kubectlWhere, templateRefusal, workloadObject, workloadRef } from './object.js';
import type { WorkloadRestartParams } from './params.js';
import { forTemplate, templateMoved } from './planned-template.js';
import { progressSeconds } from './progress.js';
import { backTo } from './undo-rollout.js';

/**
 * A rolling restart. `fresh.at` is the time of the look: the annotation's value, so that every attempt writes the
 * same and only the first one is a rollout.
 */
export function planWorkloadRestart(look: WorkloadLook): ChangeDraft<WorkloadRestartParams> {
  const object = workloadObject(look);
  const { generation, container } = look.details.workload;
  return forTemplate(look, {
    kind: 'workload.restart',
    object,
    touches: [object.key],
    fields: [],
    generation,
    params: { ref: workloadRef(look), container, progressSeconds: progressSeconds(look) },
    fresh: { at: look.at },
  });
}

export const workloadRestart: ChangeKind<WorkloadRestartParams, WorkloadLook> = {
  kind: 'workload.restart',
  title: 'Restart the pods of a workload, one after the other',
  disruption: (_draft, look) => rolloutHarm(look),
  describe: ({ params: { ref } }) => ({
    sentence: `Restart the pods of ${kubectlName(ref)}, one after the other`,
    command: shellCommand(['kubectl', ...kubectlWhere(ref), 'rollout', 'restart', kubectlName(ref)]),
  }),
  precondition(change, look) {
    return templateRefusal(change, look) ?? templateMoved(change, look.details.workload);
  },
  undo(change, effect) {
    // Nothing brings back what the processes knew; but pods that can't start are taken back to the template before.
    const to = effect?.details.previousRevision;
    if (effect === undefined || wentWrong(effect) === undefined || typeof to !== 'string')
      return { none: 'A restart can not be undone.' };
    const { object, touches, params } = change;
    return backTo(
      { object, touches, ref: params.ref, progressSeconds: params.progressSeconds },
      to,
      change.id,
    );
  },
  expectedAlerts: rolloutAlerts,
  timeoutSeconds: ({ params }) => params.progressSeconds + 60,
};
