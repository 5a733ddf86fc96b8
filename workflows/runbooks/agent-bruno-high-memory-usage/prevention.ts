import type { WorkloadLook } from '../../../model/kubernetes/details.js';
import type { Recommendation, Seen } from '../../../model/runbook.js';
import { againstCause } from './prevention/against-cause.js';
import { limitAdvice } from './prevention/limits.js';
import { ownedFields } from './prevention/owned-fields.js';
import { scalingAdvice } from './prevention/scaling.js';
import { sessionAdvice } from './prevention/sessions.js';

/** The source's prevention measures, with the figures of this incident; what fits the cause comes first. */
export function recommend(seen: Seen<WorkloadLook>): readonly Recommendation[] {
  return [
    ...againstCause(seen),
    ...limitAdvice(seen),
    ...sessionAdvice(seen),
    ...scalingAdvice(seen),
    ...ownedFields(seen),
  ];
}
