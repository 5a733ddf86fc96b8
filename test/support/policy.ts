import { defaultPolicy } from '../../config/defaults.js';
import type { Policy } from '../../model/policy.js';

/** What holds where nothing is said, for a target that may do everything by itself. */
export const autoPolicy: Policy = {
  ...defaultPolicy,
  autonomy: { ...defaultPolicy.autonomy, target: 'auto' },
};
