import type { Sample } from './evidence.js';

/** The mean of the last `count` samples that could be read, or undefined where none could. */
export function tail(
  samples: readonly Sample[],
  count: number,
): { readonly used: number; readonly limit: number; readonly percent: number } | undefined {
  const read = samples
    .filter(
      (sample): sample is Sample & { used: number; limit: number } =>
        sample.used !== undefined && sample.limit !== undefined,
    )
    .slice(-count);
  const last = read.at(-1);
  if (!last) return undefined;
  const used = read.reduce((sum, sample) => sum + sample.used, 0) / read.length;
  return { used, limit: last.limit, percent: (used / last.limit) * 100 };
}

/** Percent of the limit in use, or undefined where the sample is a gap. */
export function percentOf(sample: Sample): number | undefined {
  return sample.used === undefined || !sample.limit ? undefined : (sample.used / sample.limit) * 100;
}
