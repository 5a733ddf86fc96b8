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
/** A growth that is younger than that part is told from this last one, seconds: it is the one that reaches the limit. */
const recentSeconds = 900;
/** So long without growth before anything is called steady, seconds. */
const steadySeconds = 60;
/** A process so old, or in so early a part of its life, holds nothing yet: seconds, and share of that life. */
const newProcessSeconds = 60;
const newProcessShare = 0.02;
/** A fall to below this share of the reading before is another life of the process. */
const lifeFall = 0.6;

/** Readings of two things so near each other count as of one moment, milliseconds. */
const sameMomentMs = 20_000;

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

/** What was in use at that moment, milliseconds since 1970: the nearest reading, no further than this from it. Bytes. */
export function usedAt({ samples }: Life, moment: number): number | undefined {
  let best: { readonly used: number; readonly off: number } | undefined;
  for (const { at, used } of samples) {
    const off = Math.abs(Date.parse(at) - moment);
    if (used !== undefined && off <= sameMomentMs && off < (best?.off ?? Number.POSITIVE_INFINITY))
      best = { used, off };
  }
  return best?.used;
}

/** How it goes lately: a plateau that was reached an hour ago is no growth, however steep the way to it was. */
export function courseOf(
  { samples }: Life,
  { used }: Measure,
): { readonly growth: Growth | undefined; readonly course: Course } {
  const times = samples.map(({ at }) => Date.parse(at));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const part = Math.max((last - first) * latestPart, leastPartSeconds * 1000);
  const since = (from: number): readonly Sample[] => samples.filter(({ at }) => Date.parse(at) >= from);
  const growth = growthOf(since(last - part)) ?? growthOf(samples);
  if (growth === undefined) return { growth, course: 'unknown' };
  const steeper =
    part > recentSeconds * 1000
      ? steepest(growth, since(last - recentSeconds * 1000), samples, used)
      : growth;
  if (rises(steeper, used)) return { growth: steeper, course: 'growing' };
  const { overSeconds, samples: count } = growth;
  const { secondsToLimit: _, ...flat } = growth;
  const enough = overSeconds >= steadySeconds && count >= fewestReadings;
  return { growth: flat, course: enough ? 'steady' : 'unknown' };
}

/**
 * The growth that reaches the limit first: of the whole part, or of the last quarter of an hour, where that one rises
 * above noise, and to where use had not been before: the way up of a sawtooth is no growth.
 */
function steepest(growth: Growth, recent: readonly Sample[], all: readonly Sample[], used: number): Growth {
  const late = growthOf(recent);
  if (late === undefined || !rises(late, used) || late.bytesPerSecond <= growth.bytesPerSecond) return growth;
  const before = all.slice(0, all.length - recent.length).flatMap((one) => one.used ?? []);
  const higher = used > Math.max(...before) * (1 + noiseShare);
  return higher || rises(growth, used) ? late : growth;
}

/** More than noise, by the test and by how much it came to. */
function rises({ secondsToLimit, bytesPerSecond, overSeconds }: Growth, used: number): boolean {
  return secondsToLimit !== undefined && bytesPerSecond * overSeconds >= noiseShare * used;
}

/** What it needs for itself, and when it last had no more. */
export interface Floor {
  /** 0: it has not risen by a quarter since, so all of it is to be explained. */
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The process had just begun then: it held nothing yet. */
  readonly ofNewProcess: boolean;
}

/** The lowest use of that life, where it has risen by a quarter since. `startedAt`: of the process. */
export function floorOf({ samples, which }: Life, startedAt: string | undefined): Floor {
  const read = samples.flatMap(({ used, at }) => (used === undefined ? [] : [{ used, at: Date.parse(at) }]));
  const low = Math.min(...read.map(({ used }) => used));
  const last = read.at(-1)?.used ?? 0;
  const at = read.findLast(({ used }) => used === low)?.at ?? 0;
  if (last - low < last / 4) return { bytes: 0, at, ofNewProcess: false };
  const began = which === 'present' && startedAt !== undefined ? Date.parse(startedAt) : read[0]?.at;
  const age = at - (began ?? 0);
  const since = (read.at(-1)?.at ?? at) - (began ?? 0);
  return { bytes: low, at, ofNewProcess: age <= Math.max(newProcessSeconds * 1000, since * newProcessShare) };
}
