import type { Runbook } from '../../../../workflows/authoring.js';
import { type TankLook, runbook as tank } from '../runbook.js';

/** The gentle rung under another name. */
export const runbook: Runbook<TankLook> = {
  ...tank,
  ladder: tank.ladder.map((rung) => (rung.name === 'flush' ? { ...rung, name: 'rinse' } : rung)),
};
