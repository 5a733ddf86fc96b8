import { bytes } from '../../../model/format.js';
import type { Trail } from './app-figures.js';
import type { Floor } from './life.js';

/** A figure of Prometheus stands for moments so near to it, milliseconds. */
const nearMs = 420_000;

/** How much of the rise one holder may account for. Bytes. */
export interface Holding {
  /** What it has now. */
  readonly held: number;
  /** At least so much of it, and at most so much, has come since the floor. */
  readonly least: number;
  readonly most: number;
  /** `350 MiB`, `5 MiB (345 MiB of its 350 MiB were there before)`, `up to 350 MiB`. */
  readonly words: string;
}

/**
 * What a holder has now against what it had at the floor: by its own history where there is one. A process that had
 * just begun held nothing then. Otherwise nobody knows: it held at most all that was in use.
 */
export function holdingOf(held: number, trail: Trail, floor: Floor): Holding {
  if (floor.bytes === 0 || floor.ofNewProcess) return exactly(held);
  const before = valueAt(trail, floor.at);
  if (before !== undefined) {
    const risen = Math.max(0, held - before);
    const old = held - risen;
    return {
      ...exactly(risen),
      held,
      ...(old > 0 && {
        words: `${bytes(risen)} (${bytes(old)} of its ${bytes(held)} were there before)`,
      }),
    };
  }
  const least = Math.max(0, held - floor.bytes);
  return {
    held,
    least,
    most: held,
    words: least > 0 ? `between ${bytes(least)} and ${bytes(held)}` : `up to ${bytes(held)}`,
  };
}

/** Half way between what it must have taken and what it may have taken. */
export function likely(holding: Holding | undefined): number {
  return holding === undefined ? 0 : (holding.least + holding.most) / 2;
}

/** The figure at that moment, milliseconds since 1970; undefined where none was read near it. */
export function valueAt(trail: Trail, at: number): number | undefined {
  const after = trail.findIndex((point) => point.at >= at);
  const [before, next] = [trail[after === -1 ? trail.length - 1 : after - 1], trail[after]];
  const near = [before, next].filter((point) => point !== undefined && Math.abs(point.at - at) <= nearMs);
  const [a, b] = near;
  if (a === undefined) return undefined;
  if (b === undefined || b.at === a.at) return a.value;
  return a.value + ((b.value - a.value) * (at - a.at)) / (b.at - a.at);
}

function exactly(held: number): Holding {
  return { held, least: held, most: held, words: bytes(held) };
}
