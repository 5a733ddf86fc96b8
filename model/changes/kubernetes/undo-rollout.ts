import type { ChangeDraft, ChangeKind, FieldChange } from '../../change.js';
import type { WorkloadLook } from '../../kubernetes/details.js';
import { shellCommand } from '../shell.js';
import { rolloutAlerts, rolloutHarm } from './harm.js';
import { kubectlName, kubectlWhere, workloadObject, workloadRef, workloadRefusal } from './object.js';
import type { UndoRolloutParams } from './params.js';
import { forTemplate, templateMoved } from './planned-template.js';
import { progressSeconds } from './progress.js';

/**
 * Back to an earlier revision's template. `differs` is the diff that people decide on, as the change makes it; `more`:
 * so many fields besides, for which there was no room in it.
 */
export function planUndoRollout(
  look: WorkloadLook,
  toRevision: string,
  differs: readonly FieldChange[],
  more = 0,
): ChangeDraft<UndoRolloutParams> {
  const object = workloadObject(look);
  return forTemplate(look, {
    kind: 'workload.undoRollout',
    object,
    touches: [object.key],
    fields: differs,
    generation: look.details.workload.generation,
    params: {
      ref: workloadRef(look),
      toRevision,
      progressSeconds: progressSeconds(look),
      ...(more > 0 && { more }),
    },
    fresh: { resourceVersion: look.details.workload.resourceVersion },
  });
}

/** Takes back a rollout of ours that went wrong. `undoes`: the change whose mark the template must still carry. */
export function backTo(
  from: Pick<ChangeDraft, 'object' | 'touches'> & Omit<UndoRolloutParams, 'toRevision'>,
  toRevision: string,
  undoes: string,
): ChangeDraft<UndoRolloutParams> {
  const { object, touches, ref, progressSeconds: seconds } = from;
  return {
    kind: 'workload.undoRollout',
    object,
    touches,
    fields: [],
    params: { ref, toRevision, progressSeconds: seconds },
    fresh: { undoes },
  };
}

export const undoRollout: ChangeKind<UndoRolloutParams, WorkloadLook> = {
  kind: 'workload.undoRollout',
  title: 'Go back to an earlier release',
  alwaysAsk: true,
  disruption: (_draft, look) => rolloutHarm(look),
  describe: ({ params: { ref, toRevision, more }, fields }) => ({
    sentence: `Take ${kubectlName(ref)} back to revision ${toRevision}${differing(fields, more)}`,
    command: shellCommand([
      'kubectl',
      ...kubectlWhere(ref),
      'rollout',
      'undo',
      kubectlName(ref),
      `--to-revision=${toRevision}`,
    ]),
  }),
  precondition(change, look) {
    // A rollout that is under way may be the very thing that is to be undone.
    return workloadRefusal(change, look) ?? templateMoved(change, look.details.workload);
  },
  undo: () => ({ none: 'The newer release is rolled out again by those who made it.' }),
  expectedAlerts: rolloutAlerts,
  timeoutSeconds: ({ params }) => params.progressSeconds + 60,
};

/** The whole template is replaced: what there was no room for is said to be there. */
function differing(fields: readonly FieldChange[], more = 0): string {
  const names = [...fields.map(({ name }) => name), ...(more > 0 ? [`and ${more} more fields`] : [])];
  return names.length === 0 ? '' : ` (${names.join(', ')})`;
}
