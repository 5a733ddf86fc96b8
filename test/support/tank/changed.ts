import type { Runbook } from '../../../workflows/authoring.js';
import { type TankLook, runbook as tank } from './runbook.js';

/** The tank's runbook without its gentle remedies, under the same name: incidents under way would not survive it. */
export const runbook: Runbook<TankLook> = {
  ...tank,
  ladder: tank.ladder.filter(({ name }) => name === 'restart'),
};
