import { duration } from '../../../../model/format.js';
import type { PodReading } from '../../../../model/kubernetes/details.js';
import type { Figures } from '../figures.js';

/** Killed so soon after its start, on the average, it needs more than its limit to start at all. Seconds. */
const startSeconds = 60;
/** The kubelet waits 10 s before it starts a container again, twice as long each time, at most so long. Seconds. */
const backOff = { first: 10, most: 300 } as const;
/** Fewer kills are no rule. */
const fewestKills = 2;

/** That it is killed while it starts, in words; undefined where it lives longer, or was not killed. */
export function shortLives({ worst, look }: Pick<Figures, 'worst' | 'look'>): string | undefined {
  const mean = worst === undefined ? undefined : meanLife(worst, look.at);
  if (worst === undefined || mean === undefined || mean > startSeconds) return undefined;
  return `it was killed ${worst.restarts} times, each time about ${duration(mean)} after its start: it can't even start under this limit`;
}

/** Mean seconds of a life that ended in a kill, the kubelet's waiting left out; undefined below two kills. */
export function meanLife(pod: PodReading, now: string): number | undefined {
  if (pod.lastEnd?.reason !== 'OOMKilled' || pod.restarts < fewestKills) return undefined;
  const end = pod.lastEnd.at ?? now;
  let waited = 0;
  for (let i = 0; i < pod.restarts - 1; i += 1) waited += Math.min(backOff.most, backOff.first * 2 ** i);
  const alive = (Date.parse(end) - Date.parse(pod.createdAt)) / 1000 - waited;
  return Math.max(0, alive) / pod.restarts;
}
