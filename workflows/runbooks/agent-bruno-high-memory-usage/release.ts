import type { FieldChange } from '../../../model/change.js';
import { growthOf } from '../../../model/growth.js';
import type { LatelyChanged, PodReading, UseAt, WorkloadLook } from '../../../model/kubernetes/details.js';
import { meanLife } from './causes/short-lives.js';
import { slopeOf } from './correlation.js';

/** A release so long before the growth began may have begun it, seconds; rollouts take minutes. */
const releaseWindow = 900;
/** When a growth of hours began is known to this share of the time since. */
const beginsWithin = 0.1;
/** Growth has begun where use has risen by this share of the whole rise. */
const riseShare = 0.1;
/** Pods before it that grew at this share of the present rate grew as well. */
const grewAsWell = 0.5;

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

/** When something began, between two moments, and the rate of it. Milliseconds since 1970; bytes a second. */
interface Beginning {
  readonly from: number;
  readonly to: number;
  readonly bytesPerSecond?: number;
}

/**
 * The release that began shortly before the growth, or the kills, with the one before it to go back to. Not where the
 * pods before it grew as fast: then it only began the present count.
 */
export function growthBegan(look: WorkloadLook): Release | undefined {
  const began = beginOf(look);
  if (began === undefined) return undefined;
  const releases = look.details.lately.filter(
    ({ kind, differs = [], previous }) => kind === 'rollout' && differs.length > 0 && previous !== undefined,
  );
  const release = releases.findLast(({ at }) => isShortlyBefore(at, began));
  if (release?.previous === undefined || release.differs === undefined) return undefined;
  if (grewBefore(look, Date.parse(release.at), began.bytesPerSecond)) return undefined;
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

function beginOf(look: WorkloadLook): Beginning | undefined {
  return beginOfKills(look) ?? beginOfGrowth(look);
}

function isShortlyBefore(at: string, { from, to }: Beginning): boolean {
  return Date.parse(at) <= to + 1000 && from - Date.parse(at) <= releaseWindow * 1000;
}

/** When the first pod that is killed for want of memory again and again, and soon after each start, was made. */
function beginOfKills({ details, at }: WorkloadLook): Beginning | undefined {
  const soon = (pod: PodReading): boolean => (meanLife(pod, at) ?? Number.POSITIVE_INFINITY) <= releaseWindow;
  const made = details.pods.filter(soon).map(({ createdAt }) => Date.parse(createdAt));
  const first = Math.min(...made);
  return made.length === 0 ? undefined : { from: first, to: first };
}

/**
 * When the fullest pod's history left its level for good: where the line through its growth meets that level, and no
 * sooner than the process itself.
 */
function beginOfGrowth({ details }: WorkloadLook): Beginning | undefined {
  const [of] = details.history;
  const points = of?.points ?? [];
  const last = points.at(-1);
  const lows = points.map(({ bytes }) => bytes);
  const low = Math.min(...lows);
  if (last === undefined || last.bytes <= low) return undefined;
  const rise = last.bytes - low;
  const level = points.findLastIndex(({ bytes }) => bytes <= low + rise * riseShare);
  const growing = points.slice(level);
  const slope = slopeOf(growing.map(secondsOf), growing.map(bytesOf), 1);
  if (slope <= 0) return undefined;
  const end = Date.parse(last.at);
  const started = details.pods.find(({ name }) => name === of?.pod)?.startedAt;
  const least = started === undefined ? 0 : Date.parse(started);
  const began = Math.max(least, end - (rise / slope) * 1000);
  const within = (end - began) * beginsWithin;
  return {
    from: Math.max(least, began - within),
    to: began + within,
    bytesPerSecond: slope,
  };
}

/** Whether pods that were gone before, or soon after, grew as well. */
function grewBefore({ details }: WorkloadLook, released: number, rate: number | undefined): boolean {
  if (rate === undefined) return false;
  return (details.goneHistory ?? []).some(({ points }) => {
    const before = points.filter(({ at }) => Date.parse(at) <= released);
    const growth = growthOf(
      before.map(({ at, bytes }) => ({ at, used: bytes, limit: Number.MAX_SAFE_INTEGER })),
    );
    return growth?.secondsToLimit !== undefined && growth.bytesPerSecond >= rate * grewAsWell;
  });
}

function secondsOf({ at }: UseAt): number {
  return Date.parse(at) / 1000;
}

function bytesOf({ bytes }: UseAt): number {
  return bytes;
}
