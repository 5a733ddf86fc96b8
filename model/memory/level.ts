import type { OomKill } from '../container.js';
import type { Diagnosis, Growth } from '../diagnosis.js';
import type { Measure } from '../evidence.js';
import { duration, percent as percentText } from '../format.js';
import type { Policy } from '../policy.js';

export interface LevelInput {
  readonly measure: Measure;
  readonly policy: Pick<Policy, 'thresholds' | 'deadlines'>;
  /** Recent OOM kills that concern the target. */
  readonly kills: readonly OomKill[];
  readonly running: boolean;
  readonly growth: Growth | undefined;
}

/**
 * MEM-001's levels: warning from 80 %, critical from 90 %, as the policy has them, or after an OOM kill.
 *
 * A kill alone, of something that runs again and has room, is not critical: nothing is left to remedy, and the
 * soak watches for the next kill. It is where memory is still short, the target is down, or it grows so fast
 * that the next kill comes before anybody could answer.
 */
export function memoryLevel(input: LevelInput): Pick<Diagnosis, 'level' | 'levelWhy'> {
  const { measure, policy, kills, running, growth } = input;
  const { warningPercent, criticalPercent } = policy.thresholds;
  const now = `${percentText(measure.percent)} of ${measure.against}`;
  if (measure.percent >= criticalPercent)
    return { level: 'critical', levelWhy: `${now}, critical from ${criticalPercent} %` };
  const killed = kills.length > 0 ? killWords(kills) : undefined;
  if (killed !== undefined && !running)
    return { level: 'critical', levelWhy: `${killed}, and it is not running` };
  if (killed !== undefined && measure.percent >= warningPercent)
    return { level: 'critical', levelWhy: `${now}, and ${killed}` };
  const left = growth?.secondsToLimit;
  if (killed !== undefined && left !== undefined && left <= policy.deadlines.criticalSeconds)
    return { level: 'critical', levelWhy: `${killed}, and at this rate again in ${duration(left)}` };
  if (measure.percent >= warningPercent)
    return { level: 'warning', levelWhy: `${now}, warning from ${warningPercent} %` };
  const levelWhy = `${now}, below the warning threshold of ${warningPercent} %`;
  return {
    level: 'normal',
    levelWhy: killed === undefined ? levelWhy : `${levelWhy}; ${killed}, and it has room again`,
  };
}

/** `the kernel killed node for want of memory (kernel log, cgroup counter)`. */
export function killWords(kills: readonly OomKill[]): string {
  const [first] = kills;
  const witnesses = [...new Set(kills.flatMap((kill) => kill.witnesses))].join(', ');
  if (kills.length > 1) return `the kernel killed ${kills.length} times for want of memory (${witnesses})`;
  const what = first?.process ?? first?.containerName ?? 'a process';
  return `the kernel killed ${what} for want of memory (${witnesses})`;
}
