/** Times of a backtest are whole microseconds since 1970: finer than any two tasks of a workflow, and exact to add. */
export type Micros = number;

export const second = 1_000_000;

/** Of an ISO time with any number of decimals, as histories have them. Throws `RangeError`. */
export function microsOf(iso: string): Micros {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) throw new RangeError(`'${iso}' is no time`);
  const decimals = /\.(\d+)/.exec(iso)?.[1] ?? '';
  return Math.floor(ms / 1000) * second + Number(decimals.padEnd(6, '0').slice(0, 6));
}

/** ISO, to the millisecond: what a workflow's own clock shows. */
export function isoOf(time: Micros): string {
  return new Date(Math.floor(time / 1000)).toISOString();
}

/** Of a duration in protobuf's JSON: `29.950s`. */
export function microsOfDuration(duration: unknown): Micros {
  return typeof duration === 'string' ? Math.round(Number.parseFloat(duration) * second) : 0;
}

/** An ISO time moved by so much. What is no time stays as it is. */
export function moved(iso: string, by: Micros): string {
  const ms = Date.parse(iso);
  return by === 0 || Number.isNaN(ms) ? iso : new Date(ms + Math.round(by / 1000)).toISOString();
}
