import type { Diagnosis } from '../../../model/diagnosis.js';
import type { Argument } from '../../../model/memory/weigh.js';
import type { Figures } from './figures.js';

/** The source's related alerts, as PrometheusRule and this runbook call them. */
export const related = {
  oomKilled: 'AgentBrunoOOMKilled',
  crashLooping: 'AgentBrunoPodCrashLooping',
  down: 'AgentBrunoAPIDown',
  highCpu: 'AgentBrunoHighCPUUsage',
} as const;

type Level = Pick<Diagnosis, 'level' | 'levelWhy'>;

/**
 * Related alerts that fire on the same target make a warning critical: it is down, or is being killed, already. They
 * never make a trouble of memory where memory is in order: then their cause is another one.
 */
export function withRelated({ level, levelWhy }: Level, { alerts, measure, look }: Figures): Level {
  const urgent = alerts.filter((name) => name !== related.highCpu && isRelated(name));
  if (urgent.length === 0) return { level, levelWhy };
  const fires = `${urgent.join(', ')} ${urgent.length === 1 ? 'fires' : 'fire'}`;
  if (measure.percent < look.policy.thresholds.warningPercent)
    return { level, levelWhy: `${levelWhy}; ${fires} all the same` };
  return { level: 'critical', levelWhy: `${levelWhy}; ${fires}, too` };
}

function isRelated(name: string): boolean {
  return Object.values<string>(related).includes(name);
}

/** A busy processor speaks for work under way: load, or a collector that looks for memory in vain. */
export function busyArgument({ alerts }: Figures, weight: number): Argument {
  return {
    holds: alerts.includes(related.highCpu),
    weight,
    words: `${related.highCpu} fires, too: it is busy`,
  };
}

/** A kill that its alert tells of, which the look itself did not see. */
export function killArgument({ alerts, kills }: Figures, weight: number): Argument {
  return {
    holds: kills.length === 0 && alerts.includes(related.oomKilled),
    weight,
    words: `${related.oomKilled} fires: it was killed for want of memory`,
  };
}
