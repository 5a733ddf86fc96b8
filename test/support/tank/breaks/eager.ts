import type { Runbook } from '../../../../workflows/authoring.js';
import { type TankLook, runbook as tank } from '../runbook.js';

/** A gentle rung that no longer fits a tank that is nearly full. */
export const runbook: Runbook<TankLook> = {
  ...tank,
  ladder: tank.ladder.map((rung) =>
    rung.name === 'flush' ? { ...rung, propose: () => ({ skip: 'it is too full to be flushed' }) } : rung,
  ),
};
