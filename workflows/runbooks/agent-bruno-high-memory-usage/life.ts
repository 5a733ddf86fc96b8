import type { Growth } from '../../../model/diagnosis.js';
import type { Measure, Sample } from '../../../model/evidence.js';
import { growthOf } from '../../../model/growth.js';
import type { PodReading, WorkloadLook } from '../../../model/kubernetes/details.js';

/** Fewer readings of a life say too little about it: then the one before it, which ended in a kill, is read. */
const fewestReadings = 8;
/** A plateau or a growth is told from this last part of a life: what was long ago has no say in it. */
const latestPart = 0.4;
/** That part is no shorter, of a young life: a plateau of a minute must be seen whole. Seconds. */
const leastPartSeconds = 65;
/** A rise over that part below this share of the use is noise: a warm heap, a log buffer. */
const noiseShare = 0.03;
/** So long without growth before anything is called steady, seconds. */
const steadySeconds = 60;
/** A fall to below this share of the reading before is another life of the process. */
const lifeFall = 0.6;

/** Use over time of one life of the process in the fullest pod. */
export interface Life {
  readonly samples: readonly Sample[];
  /** `last`: the present one has just begun, so the one that ended in a kill is told. */
  readonly which: 'present' | 'last';
}

export type Course = 'growing' | 'steady' | 'unknown';

/** Prometheus's history of the fullest pod, then what this incident has read itself. */
export function lifeOf(
  look: WorkloadLook,
  samples: readonly Sample[],
  { used, limit }: Measure,
  worst: PodReading | undefined,
): Life {
  const points = look.details.history.find(({ pod }) => pod === worst?.name)?.points ?? [];
  const history = points.map(({ at, bytes }): Sample => ({ at, used: bytes, limit }));
  const killed = worst?.lastEnd?.reason === 'OOMKilled';
  // What does not run has no present life.
  const unknown = killed ? Date.parse(look.at) : 0;
  const began = worst?.startedAt === undefined ? unknown : Date.parse(worst.startedAt);
  const since = (one: Sample): boolean => Date.parse(one.at) >= began;
  const own = samples.filter(({ startedAt }) => startedAt === undefined || startedAt === worst?.startedAt);
  const present = [...history.filter(since), ...own.filter(since), { at: look.at, used, limit }];
  if (!killed || present.length >= fewestReadings) return { samples: present, which: 'present' };
  const before = history.filter((one) => !since(one));
  const fall = before.findLastIndex((one, i) => (one.used ?? 0) < (before[i - 1]?.used ?? 0) * lifeFall);
  const last = before.slice(Math.max(0, fall));
  return last.length > present.length
    ? { samples: last, which: 'last' }
    : { samples: present, which: 'present' };
}

/** How it goes lately: a plateau that was reached an hour ago is no growth, however steep the way to it was. */
export function courseOf(
  { samples }: Life,
  { used }: Measure,
): { readonly growth: Growth | undefined; readonly course: Course } {
  const times = samples.map(({ at }) => Date.parse(at));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const from = last - Math.max((last - first) * latestPart, leastPartSeconds * 1000);
  const growth = growthOf(samples.filter(({ at }) => Date.parse(at) >= from)) ?? growthOf(samples);
  if (growth === undefined) return { growth, course: 'unknown' };
  const { secondsToLimit, bytesPerSecond, overSeconds, samples: count } = growth;
  const rises = secondsToLimit !== undefined && bytesPerSecond * overSeconds >= noiseShare * used;
  if (rises) return { growth, course: 'growing' };
  const { secondsToLimit: _, ...flat } = growth;
  const enough = overSeconds >= steadySeconds && count >= fewestReadings;
  return { growth: flat, course: enough ? 'steady' : 'unknown' };
}

/** The lowest use of that life, where it has risen by a quarter since: what it needs for itself. Bytes. */
export function floorOf({ samples }: Life): number {
  const read = samples.flatMap(({ used }) => used ?? []);
  const [low, last] = [Math.min(...read), read.at(-1) ?? 0];
  return last - low >= last / 4 ? low : 0;
}
