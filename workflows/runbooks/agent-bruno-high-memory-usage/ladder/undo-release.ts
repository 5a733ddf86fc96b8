import { turned } from '../../../../model/changes/kubernetes/field.js';
import { planUndoRollout } from '../../../../model/changes/kubernetes/undo-rollout.js';
import { dateTime } from '../../../../model/format.js';
import { coversField } from '../../../../model/kubernetes/covers-field.js';
import type { FieldOwner, WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Remedy } from '../../../../model/runbook.js';
import { causes } from '../names.js';
import { growthBegan, type Release, settingsWritten } from '../release.js';
import { noTemplate, notFor, ownedBy } from './pieces.js';

/** What a release may have begun. */
export const causesOfReleases = [
  causes.leak,
  causes.contexts,
  causes.pools,
  causes.limit,
  causes.unclear,
] as const;

/** Only the release with which the growth, or the kills, began; what was before it did not grow. Always asked for. */
export const undoRelease: Remedy<WorkloadLook> = {
  name: 'undo-release',
  title: 'Go back to the release before the growth began',
  usually: 'brief',
  propose(look, diagnosis) {
    const unfit = notFor(diagnosis, causesOfReleases);
    if (unfit !== null) return { skip: unfit };
    const release = growthBegan(look);
    if (release === undefined)
      return { skip: ['no release began together with the growth', ...inWords(look)].join('; but ') };
    // Its own rollout may be under way still, stuck because its pods are killed: that is no reason to keep it.
    const unready = noTemplate(look);
    if (unready !== null) return { skip: unready };
    if (!release.latest)
      return { skip: `others were rolled out after ${release.what}: going back would undo them, too` };
    const owner = ownerOfRelease(look, release);
    if (owner !== undefined) return { skip: ownedBy(owner) };
    const fields = turned({ fields: release.differs });
    return { changes: [planUndoRollout(look, release.previous, fields, release.more)] };
  },
};

/** Settings that no release is, for people to look at. */
function inWords(look: WorkloadLook): readonly string[] {
  const written = settingsWritten(look).map(({ what, at }) => `${what} at ${dateTime(at)}`);
  return written.length === 0 ? [] : [`shortly before it began ${written.join(', ')}`];
}

/** Who sets again by itself what going back would set: the whole template is replaced. */
export function ownerOfRelease({ details }: WorkloadLook, { differs }: Release): FieldOwner | undefined {
  return details.workload.owners.find(
    ({ reconciles, field }) =>
      reconciles && (field === 'template' || differs.some(({ name }) => coversField(field, name))),
  );
}
