import type { Runbook } from '../../../../workflows/authoring.js';
import { type TankLook, runbook as tank } from '../runbook.js';

const order = ['throttle', 'flush', 'restart'];

/** The two gentle rungs the other way round. Temporal sees no difference: both are the same activities. */
export const runbook: Runbook<TankLook> = {
  ...tank,
  ladder: tank.ladder.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name)),
};
