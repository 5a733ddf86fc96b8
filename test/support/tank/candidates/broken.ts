import type { Runbook } from '../../../../workflows/authoring.js';
import { type TankLook, runbook as tank } from '../runbook.js';

/** A candidate with a defect: nobody thought of tanks that have recovered. */
export const runbook: Runbook<TankLook> = {
  ...tank,
  diagnose(look, samples) {
    const { percent } = look.measure ?? { percent: 0 };
    if (percent < look.policy.thresholds.warningPercent) throw new Error('nobody thought of that');
    return tank.diagnose(look, samples);
  },
};
