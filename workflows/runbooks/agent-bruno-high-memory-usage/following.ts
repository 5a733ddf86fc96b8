import type { FieldChange } from '../../../model/change.js';
import type { LatelyChanged, PodReading, UseAt, WorkloadLook } from '../../../model/kubernetes/details.js';
import { meanLife } from './causes/short-lives.js';

/** Fewer moments at which both were read say nothing about one following the other. */
const fewestPairs = 8;
/** Readings of the two so near each other count as of one moment, seconds. */
const sameMoment = 90;
/** Spearman's rho from which memory is said to follow. With 8 pairs, chance alone reaches it once in forty times. */
const followsFrom = 0.75;
/** A release so long before the growth began may have begun it, seconds; rollouts take minutes. */
const releaseWindow = 900;
/** Growth has begun where use has risen by this share of the whole rise. */
const riseShare = 0.1;

export interface Following {
  readonly follows: boolean;
  /** Spearman's rank correlation; absent where there were too few readings. */
  readonly rho?: number;
  readonly pairs: number;
}

/** Whether the fullest pod's memory has gone up and down with the number of sessions. */
export function memoryFollowsSessions({ details }: WorkloadLook): Following {
  const points = details.history[0]?.points ?? [];
  const pairs = details.sessionHistory.flatMap(({ at, count }) => {
    const near = nearest(points, Date.parse(at));
    return near === undefined ? [] : [{ count, used: near.bytes }];
  });
  if (pairs.length < fewestPairs) return { follows: false, pairs: pairs.length };
  const rho = spearman(
    pairs.map(({ count }) => count),
    pairs.map(({ used }) => used),
  );
  return { follows: rho >= followsFrom, rho, pairs: pairs.length };
}

function nearest(points: readonly UseAt[], at: number): UseAt | undefined {
  let best: UseAt | undefined;
  for (const point of points)
    if (best === undefined || distance(point, at) < distance(best, at)) best = point;
  return best !== undefined && distance(best, at) <= sameMoment * 1000 ? best : undefined;
}

function distance({ at }: UseAt, moment: number): number {
  return Math.abs(Date.parse(at) - moment);
}

/** Rank correlation, ties given their mean rank; 0 where one of the two never changed. */
export function spearman(xs: readonly number[], ys: readonly number[]): number {
  const [a, b] = [ranks(xs), ranks(ys)];
  const [meanA, meanB] = [mean(a), mean(b)];
  let both = 0;
  let varianceA = 0;
  let varianceB = 0;
  a.forEach((rank, i) => {
    const [da, db] = [rank - meanA, (b[i] ?? meanB) - meanB];
    both += da * db;
    varianceA += da * da;
    varianceB += db * db;
  });
  return varianceA === 0 || varianceB === 0 ? 0 : both / Math.sqrt(varianceA * varianceB);
}

function ranks(values: readonly number[]): readonly number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** A release with which something began. */
export interface Release {
  readonly at: string;
  readonly what: string;
  /** The revision to go back to. */
  readonly previous: string;
  /** From the previous one to this. */
  readonly differs: readonly FieldChange[];
  /** So many fields more differ. */
  readonly more?: number;
  /** False: others came after it, and going back would undo them, too. */
  readonly latest: boolean;
}

/** The release that began shortly before the growth, or the kills, with the one before it to go back to. */
export function growthBegan(look: WorkloadLook): Release | undefined {
  const began = beginOf(look);
  if (began === undefined) return undefined;
  const releases = look.details.lately.filter(
    ({ kind, differs = [], previous }) => kind === 'rollout' && differs.length > 0 && previous !== undefined,
  );
  const release = releases.findLast(({ at }) => isShortlyBefore(at, began));
  if (release?.previous === undefined || release.differs === undefined) return undefined;
  const { at, what, previous, differs, more } = release;
  const latest = release === releases.at(-1);
  return { at, what, previous, differs, ...(more !== undefined && { more }), latest };
}

/** Settings that were written shortly before the growth, or the kills, began: no release, but they may have begun it. */
export function settingsWritten(look: WorkloadLook): readonly LatelyChanged[] {
  const began = beginOf(look);
  if (began === undefined) return [];
  return look.details.lately.filter(({ kind, at }) => kind === 'config' && isShortlyBefore(at, began));
}

function beginOf(look: WorkloadLook): number | undefined {
  return beginOfKills(look) ?? beginOfGrowth(look);
}

function isShortlyBefore(at: string, began: number): boolean {
  return Date.parse(at) <= began + 1000 && began - Date.parse(at) <= releaseWindow * 1000;
}

/** When the first pod that is killed for want of memory again and again, and soon after each start, was made. */
function beginOfKills({ details, at }: WorkloadLook): number | undefined {
  const soon = (pod: PodReading): boolean => (meanLife(pod, at) ?? Number.POSITIVE_INFINITY) <= releaseWindow;
  const made = details.pods.filter(soon).map(({ createdAt }) => Date.parse(createdAt));
  return made.length === 0 ? undefined : Math.min(...made);
}

/** When the fullest pod's history left its level for good; undefined where it rose from its first reading on. */
function beginOfGrowth({ details }: WorkloadLook): number | undefined {
  const points = details.history[0]?.points ?? [];
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || last.bytes <= first.bytes) return undefined;
  const low = Math.min(...points.map(({ bytes }) => bytes));
  const level = low + (last.bytes - low) * riseShare;
  const index = points.findLastIndex(({ bytes }) => bytes <= level);
  const point = points[index];
  return point === undefined ? undefined : Date.parse(point.at);
}
