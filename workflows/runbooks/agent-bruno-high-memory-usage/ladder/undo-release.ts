import { turned } from '../../../../model/changes/kubernetes/field.js';
import { planUndoRollout } from '../../../../model/changes/kubernetes/undo-rollout.js';
import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Remedy } from '../../../../model/runbook.js';
import { causes } from '../names.js';
import { growthBegan } from '../release.js';
import { noTemplate, notFor, ownedBy, reconciler } from './pieces.js';

/** Only the release with which the growth, or the kills, began; what was before it did not grow. Always asked for. */
export const undoRelease: Remedy<WorkloadLook> = {
  name: 'undo-release',
  title: 'Go back to the release before the growth began',
  usually: 'brief',
  propose(look, diagnosis) {
    const unfit = notFor(diagnosis, [
      causes.leak,
      causes.contexts,
      causes.pools,
      causes.limit,
      causes.unclear,
    ]);
    if (unfit !== null) return { skip: unfit };
    const release = growthBegan(look);
    if (release === undefined) return { skip: 'no release began together with the growth' };
    // Its own rollout may be under way still, stuck because its pods are killed: that is no reason to keep it.
    const unready = noTemplate(look);
    if (unready !== null) return { skip: unready };
    if (!release.latest)
      return { skip: `others were rolled out after ${release.what}: going back would undo them, too` };
    const owner = reconciler(look, /image|template/);
    if (owner !== undefined) return { skip: ownedBy(owner) };
    return { changes: [planUndoRollout(look, release.previous, turned({ fields: release.differs }))] };
  },
};
