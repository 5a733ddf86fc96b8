import type { Runbook } from '../../../../workflows/authoring.js';
import { type TankLook, runbook as tank } from '../runbook.js';

/** A candidate that never comes to an end. */
export const runbook: Runbook<TankLook> = {
  ...tank,
  diagnose(look, samples) {
    while (look.tookMs >= 0) samples.at(0);
    return tank.diagnose(look, samples);
  },
};
