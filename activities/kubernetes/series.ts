import type { Series } from '../prometheus/client.js';

type Point = Series['points'][number];

/** Two series of one thing that overlap for longer were told by two at once, milliseconds: a restart overlaps not at all. */
const overlapMs = 60_000;

/**
 * Several series of one thing as one. A container's lives follow one another, each with a series of its own: they are
 * joined. Where several tell of the same time (Prometheus scrapes it twice), the one with the higher last reading is
 * believed: to take too much for full does less harm than to take too little. `together`: how many told at once.
 */
export function merged(series: readonly Series[]): {
  readonly points: readonly Point[];
  readonly together: number;
} {
  const told = series.filter(({ points }) => points.length > 0).toSorted((a, b) => last(b) - last(a));
  const kept: Series[] = [];
  let together = 1;
  for (const one of told) {
    const rivals = kept.filter((other) => overlap(one, other) > overlapMs);
    if (rivals.length === 0) kept.push(one);
    together = Math.max(together, rivals.length + 1);
  }
  const points = kept.flatMap((one) => one.points).toSorted((a, b) => a.at.localeCompare(b.at));
  return { points, together };
}

/** The newest positive reading of one thing, where it is no older than `seconds`. */
export function lastOf(series: readonly Series[], now: Date, seconds: number): Point | undefined {
  const oldest = new Date(now.getTime() - seconds * 1000).toISOString();
  return merged(series).points.findLast(({ at, value }) => value > 0 && at >= oldest);
}

/** At most so many of them, evenly, the first and the last among them. */
export function evenly<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  return Array.from(
    { length: most },
    (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))],
  ).filter((item) => item !== undefined);
}

function last({ points }: Series): number {
  return points.at(-1)?.value ?? 0;
}

function overlap(a: Series, b: Series): number {
  const begin = Math.max(time(a.points[0]), time(b.points[0]));
  const end = Math.min(time(a.points.at(-1)), time(b.points.at(-1)));
  return end - begin;
}

function time(point: Point | undefined): number {
  return point === undefined ? 0 : Date.parse(point.at);
}
