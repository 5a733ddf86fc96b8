import type { Runbook } from '../../../../workflows/authoring.js';
import { type TankLook, runbook as tank } from '../runbook.js';

/** A defect: it fails where the ladder is read. */
export const runbook: Runbook<TankLook> = {
  ...tank,
  get ladder(): Runbook<TankLook>['ladder'] {
    throw new TypeError('the ladder was sawn off');
  },
};
