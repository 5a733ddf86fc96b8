import { type Micros, second } from './times.js';

/** Whatever the age of a state, a reading of it stands for a minute around it. */
const leastNear = 60 * second;
const nearPart = 10;

/**
 * How far from the moment that is asked for a reading may be: a minute, or a tenth of the time since the last change,
 * because a target that was changed long ago moves slowly. What is used is counted as stretched.
 */
export function nearAt(offset: Micros): Micros {
  return Math.max(leastNear, offset / nearPart);
}

/** The one nearest to that moment; of equally near ones the first that `prefer` likes, else the first. */
export function nearest<T>(
  all: readonly T[],
  distance: (one: T) => Micros,
  prefer: (one: T) => boolean,
): T | undefined {
  let best: T | undefined;
  for (const one of all) {
    if (best === undefined || distance(one) < distance(best)) best = one;
    else if (distance(one) === distance(best) && !prefer(best) && prefer(one)) best = one;
  }
  return best;
}
