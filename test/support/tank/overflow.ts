import type { Runbook } from '../../../workflows/authoring.js';
import { type TankLook, runbook as tank } from './runbook.js';

/**
 * A second runbook for the same tanks, for alerts of another runbook in an open incident. It names the alerts that
 * fire besides its own in its diagnosis, and has points for whoever takes over.
 */
export const runbook: Runbook<TankLook> = {
  ...tank,
  name: 'TANK-2',
  title: 'Tank overflow',
  diagnose(look, samples, alerts = []) {
    const diagnosis = tank.diagnose(look, samples);
    const others = alerts.filter((name) => name === 'TankLoud');
    return others.length === 0
      ? diagnosis
      : { ...diagnosis, levelWhy: `${diagnosis.levelWhy}; ${others.join(', ')}` };
  },
  escalation: ({ latest, applied }) => [
    `Look at its inlet: it was at ${latest.measure?.percent.toFixed(0) ?? '?'} %`,
    `Tried: ${applied.join(', ') || 'nothing'}`,
  ],
};
