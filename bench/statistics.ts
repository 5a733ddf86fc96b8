/** The value under which so many percent of the values lie, by nearest rank. NaN where there are none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** Milliseconds that it took, and what came of it. */
export async function timed<T>(work: () => Promise<T>): Promise<{ readonly ms: number; readonly value: T }> {
  const began = performance.now();
  const value = await work();
  return { ms: performance.now() - began, value };
}

/** Runs all of it, so many at the same time. */
export async function atMost<T>(
  limit: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let n = next++; n < items.length; n = next++) await work(items[n] as T);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
}

/** Starts one piece of work every `everyMs`, whether the ones before have ended or not, and waits for all. */
export async function paced<T>(
  everyMs: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const began = performance.now();
  const under: Promise<void>[] = [];
  for (const [n, item] of items.entries()) {
    const wait = began + n * everyMs - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    under.push(work(item));
  }
  await Promise.all(under);
}
