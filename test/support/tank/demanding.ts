import type { Runbook } from '../../../workflows/authoring.js';
import { type TankLook, runbook as tank } from './runbook.js';

/** From here on this runbook restarts; the other one does so from critical on. Percent of the limit. */
export const demandedPercent = 96.55;

/** The tank's runbook with a restart rung that demands more: below that it is left out. */
export const runbook: Runbook<TankLook> = {
  ...tank,
  ladder: tank.ladder.map((remedy) =>
    remedy.name === 'restart'
      ? {
          ...remedy,
          propose(look, diagnosis) {
            return (look.measure?.percent ?? 0) < demandedPercent
              ? { skip: `below ${demandedPercent} % a restart is not worth it` }
              : remedy.propose(look, diagnosis);
          },
        }
      : remedy,
  ),
};
