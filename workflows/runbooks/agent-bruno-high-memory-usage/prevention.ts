import type { WorkloadLook } from '../../../model/kubernetes/details.js';
import type { Recommendation, Seen } from '../../../model/runbook.js';
import { againstCause } from './prevention/against-cause.js';
import { limitAdvice } from './prevention/limits.js';
import { monitoringAdvice } from './prevention/monitoring.js';
import { ownedFields } from './prevention/owned-fields.js';
import { scalingAdvice } from './prevention/scaling.js';
import { settingAdvice } from './prevention/settings.js';
import { storeAdvice } from './prevention/stores.js';

/** The source's prevention measures, with the figures of this incident; what fits the cause comes first. */
export function recommend(seen: Seen<WorkloadLook>): readonly Recommendation[] {
  return [
    ...againstCause(seen),
    ...settingAdvice(seen),
    ...limitAdvice(seen),
    ...storeAdvice(seen),
    ...scalingAdvice(seen),
    ...monitoringAdvice(seen),
    ...ownedFields(seen),
  ];
}
