import type { Sample } from '../evidence.js';
import { percentOf } from '../samples.js';

const blocks = '▁▂▃▄▅▆▇█';

/** One column of a drawing over time: the highest percent of the limit in it, or none where nothing could be read. */
export type Column = number | undefined;

/**
 * Samples as `width` columns of equal length in time, each the highest percent of the limit in it. A column in
 * which nothing was measured repeats the one before; one in which only gaps were is empty.
 */
export function columns(samples: readonly Sample[], width: number): readonly Column[] {
  const first = samples[0];
  const last = samples[samples.length - 1];
  if (!first || !last || width < 1) return [];
  const start = Date.parse(first.at);
  const length = Math.max(1, Date.parse(last.at) - start);
  const slots: (Column | 'unread')[] = Array(width).fill('unread');
  const seen = new Set<number>();
  for (const sample of samples) {
    const slot = Math.min(width - 1, Math.floor(((Date.parse(sample.at) - start) / length) * width));
    seen.add(slot);
    const percent = percentOf(sample);
    const before = slots[slot];
    if (percent !== undefined) slots[slot] = typeof before === 'number' ? Math.max(before, percent) : percent;
  }
  let carried: Column;
  return slots.map((slot, index) => {
    if (typeof slot === 'number') carried = slot;
    else if (seen.has(index)) carried = undefined;
    return carried;
  });
}

/** A line of blocks, the full block being the limit; `·` where nothing could be read. */
export function sparkline(samples: readonly Sample[], width: number): string {
  return columns(samples, width).map(block).join('');
}

/** The block for a percent of the limit. */
export function block(percent: Column): string {
  if (percent === undefined) return '·';
  const index = Math.floor((Math.min(percent, 99.9) / 100) * blocks.length);
  return blocks[Math.max(0, index)] ?? '▁';
}

/** The sample with the highest percent of the limit. */
export function peak(samples: readonly Sample[]): Sample | undefined {
  let best: Sample | undefined;
  for (const sample of samples) {
    const percent = percentOf(sample);
    if (percent !== undefined && (best === undefined || percent > (percentOf(best) ?? 0))) best = sample;
  }
  return best;
}
