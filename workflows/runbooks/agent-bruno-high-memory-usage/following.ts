import type { UseAt, WorkloadLook } from '../../../model/kubernetes/details.js';
import { appFigures } from './app-figures.js';
import { spearman, withoutTrend } from './correlation.js';

/** Fewer moments at which both were read say nothing about one following the other. */
const fewestPairs = 8;
/** Readings of the two so near each other count as of one moment, seconds. */
const sameMoment = 90;
/** Spearman's rho from which memory is said to follow. With 8 pairs, chance alone reaches it once in forty times. */
const followsFrom = 0.75;
/** Objects of a process take up to so many times what they take in Redis, where their number alone is the proof. */
const overhead = 2;
/** The change of their number has to be able to explain so much of the change of memory. */
const worthShare = 0.3;
/** Their number departs really from its trend by this share of its range: then memory has to depart with it. */
const realVariation = 0.05;
/** So closely, where what one session takes is not known; and where it is known. */
const departsWith = { unknown: 0.5, known: 0.1 } as const;

export interface Following {
  readonly follows: boolean;
  /** Spearman's rank correlation; absent where there were too few readings. */
  readonly rho?: number;
  readonly pairs: number;
  /** Both went the same way, and yet it is not said to follow: why, in words. */
  readonly but?: string;
}

interface Pair {
  readonly at: number;
  readonly count: number;
  readonly used: number;
}

/**
 * Whether the fullest pod's memory has gone up and down with the number of sessions. Two that only grow at the same
 * time don't: what came of sessions has to be enough for what came of memory, and where their number left its trend
 * memory has to have left its own.
 */
export function memoryFollowsSessions(look: WorkloadLook): Following {
  const pairs = pairsOf(look);
  if (pairs.length < fewestPairs) return { follows: false, pairs: pairs.length };
  const counts = pairs.map(({ count }) => count);
  const used = pairs.map((pair) => pair.used);
  const rho = spearman(counts, used);
  const told = { rho, pairs: pairs.length };
  if (rho < followsFrom) return { ...told, follows: false };
  const each = bytesPerSession(look);
  const possible = each === undefined ? undefined : rangeOf(counts) * each * overhead;
  if (possible !== undefined && possible < rangeOf(used) * worthShare)
    return {
      ...told,
      follows: false,
      but: 'memory rose while their number did, but so few more sessions can not take so much',
    };
  const wanted = possible === undefined ? departsWith.unknown : departsWith.known;
  return departs(pairs, possible !== undefined) >= wanted
    ? { ...told, follows: true }
    : { ...told, follows: false, but: 'memory and their number only grew at the same time' };
}

function pairsOf({ details }: WorkloadLook): readonly Pair[] {
  const points = details.history[0]?.points ?? [];
  return details.sessionHistory.flatMap(({ at, count }) => {
    const moment = Date.parse(at);
    const near = nearest(points, moment);
    return near === undefined ? [] : [{ at: moment / 1000, count, used: near.bytes }];
  });
}

/** Rank correlation of what is left of both without their trends; 1 where nothing is left of their number to judge by. */
function departs(pairs: readonly Pair[], known: boolean): number {
  const times = pairs.map(({ at }) => at);
  const counts = pairs.map(({ count }) => count);
  const rest = withoutTrend(times, counts);
  const varies = rangeOf(rest) >= realVariation * rangeOf(counts) && rangeOf(rest) >= 2;
  if (!varies) return known ? 1 : 0;
  return spearman(
    rest,
    withoutTrend(
      times,
      pairs.map(({ used }) => used),
    ),
  );
}

/** What one session takes in Redis, or as the app says of its own. Bytes. */
function bytesPerSession({ details: { sessions, pods } }: WorkloadLook): number | undefined {
  const { sessionBytes, activeSessions } = appFigures(pods[0]);
  if (sessionBytes !== undefined && (activeSessions ?? 0) > 0) return sessionBytes / (activeSessions ?? 1);
  return sessions?.bytes === undefined || sessions.keys === 0 ? undefined : sessions.bytes / sessions.keys;
}

function rangeOf(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
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
