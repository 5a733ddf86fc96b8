import type { Runbook } from '../../../../workflows/authoring.js';
import { type TankLook, runbook as tank } from '../runbook.js';

/** A diagnosis that never finds it critical. */
export const runbook: Runbook<TankLook> = {
  ...tank,
  diagnose(look, samples) {
    const { level, ...rest } = tank.diagnose(look, samples);
    return { ...rest, level: level === 'critical' ? 'warning' : level };
  },
};
