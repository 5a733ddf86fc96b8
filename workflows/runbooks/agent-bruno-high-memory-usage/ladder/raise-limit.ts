import { quotaForbids, riseOfRollout, vpaForbids } from '../../../../model/changes/kubernetes/bounds.js';
import { vpaIdle } from '../../../../model/changes/kubernetes/memory-fields.js';
import { rolloutNodesForbid } from '../../../../model/changes/kubernetes/node-room.js';
import { planWorkloadMemory } from '../../../../model/changes/kubernetes/workload-memory.js';
import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Remedy } from '../../../../model/runbook.js';
import { causes } from '../names.js';
import { isSkip, rightSizeOf } from './figures-for-limits.js';
import { noRollout, notFor, ownedBy, reconciler } from './pieces.js';

/** In the template, so that it stays: every pod is replaced. */
export const raiseLimit: Remedy<WorkloadLook> = {
  name: 'raise-limit',
  title: 'Raise memory limit and request in the template',
  usually: 'brief',
  propose(look, diagnosis) {
    const unfit = notFor(diagnosis, [causes.limit]);
    if (unfit !== null) return { skip: unfit };
    const owner = reconciler(look, /resources/);
    if (owner !== undefined) return { skip: ownedBy(owner) };
    const unready = vpaForbids(look, vpaIdle.newPods) ?? noRollout(look);
    if (unready !== null) return { skip: unready };
    const figures = rightSizeOf(look, diagnosis);
    if (isSkip(figures)) return figures;
    const noRoom = quotaForbids(look, riseOfRollout(look, figures)) ?? rolloutNodesForbid(look, figures);
    return noRoom === null ? { changes: [planWorkloadMemory(look, figures)] } : { skip: noRoom };
  },
};
