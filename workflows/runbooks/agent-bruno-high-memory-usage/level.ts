import type { Diagnosis } from '../../../model/diagnosis.js';
import { duration } from '../../../model/format.js';
import type { PodReading } from '../../../model/kubernetes/details.js';
import { memoryLevel } from '../../../model/memory/level.js';
import { meanLife } from './causes/short-lives.js';
import type { Figures } from './figures.js';

/** Killed again within this time, on the average, a pod is no healthier between two kills. Seconds. */
const killedOftenSeconds = 900;

/**
 * The level of the worst replica; and critical where a pod is killed for want of memory again and again, whatever it
 * uses just now: between two kills it always looks empty. One kill of a pod that runs again and has room is not
 * critical (`memoryLevel`): the soak waits for the next one.
 */
export function levelOf(figures: Figures): Pick<Diagnosis, 'level' | 'levelWhy'> {
  const { look, measure, growth, kills } = figures;
  const { pods } = look.details;
  const waits = pods.find(({ waiting, lastEnd }) => waiting !== undefined && lastEnd?.reason === 'OOMKilled');
  if (waits !== undefined)
    return {
      level: 'critical',
      levelWhy: `pod ${waits.name} does not run (${waits.waiting}): it was killed for want of memory ${times(waits)}`,
    };
  const loops = kills.length > 0 ? pods.find((pod) => often(pod, look.at)) : undefined;
  const mean = loops === undefined ? undefined : meanLife(loops, look.at);
  if (loops !== undefined && mean !== undefined)
    return {
      level: 'critical',
      levelWhy: `pod ${loops.name} was killed for want of memory ${times(loops)}, after ${duration(mean)} on the average`,
    };
  const running = pods.some(({ ready }) => ready);
  return memoryLevel({ measure, policy: look.policy, kills, running, growth });
}

function often(pod: PodReading, now: string): boolean {
  const mean = meanLife(pod, now);
  const at = pod.lastEnd?.at;
  const fresh = at === undefined || Date.parse(now) - Date.parse(at) <= killedOftenSeconds * 1000;
  return mean !== undefined && mean <= killedOftenSeconds && fresh;
}

function times({ restarts }: PodReading): string {
  return restarts <= 1 ? 'once' : `${restarts} times`;
}
