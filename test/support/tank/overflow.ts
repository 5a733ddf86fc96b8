import type { Diagnosis, Runbook } from '../../../workflows/authoring.js';
import { type TankLook, runbook as tank } from './runbook.js';

/** While this alert fires, it takes some readings to know how the tank fills: until then nothing is done. */
const misty = 'TankMisty';
const readings = 6;
const known = { bytesPerSecond: 1, overSeconds: 60, samples: readings, secondsToLimit: 40 };
const unknown = { seconds: 1, why: 'how it fills is not known yet' };

/**
 * A second runbook for the same tanks, for alerts of another runbook in an open incident. It names the alerts that
 * fire besides its own in its diagnosis, and has points for whoever takes over.
 */
export const runbook: Runbook<TankLook> = {
  ...tank,
  name: 'TANK-2',
  title: 'Tank overflow',
  ladder: tank.ladder.map((rung) => ({
    ...rung,
    propose: (look, diagnosis) =>
      diagnosis.again === undefined ? rung.propose(look, diagnosis) : { skip: diagnosis.again.why },
  })),
  diagnose(look, samples, alerts = []) {
    const diagnosis = tank.diagnose(look, samples);
    if (alerts.includes(misty)) return inTheMist(diagnosis, samples.length);
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

function inTheMist(diagnosis: Diagnosis, samples: number): Diagnosis {
  if (diagnosis.level === 'normal') return diagnosis;
  return samples < readings ? { ...diagnosis, again: unknown } : { ...diagnosis, growth: known };
}
