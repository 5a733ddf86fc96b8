import type { Cause } from '../../../../model/diagnosis.js';
import { bytes, duration, percent } from '../../../../model/format.js';
import { weigh } from '../../../../model/memory/weigh.js';
import { type Figures, memoryConfig } from '../figures.js';
import { shareOfCache } from './growing.js';

/** Memory that the app could give back: its caches. */
export function cacheTooLarge(figures: Figures): Cause | undefined {
  const { app, look } = figures;
  const share = shareOfCache(figures);
  const caches = look.settings.caches.map(({ name }) => name);
  if (share === undefined && app.cacheItems === undefined && caches.length === 0) return undefined;
  const { cacheMaxItems, cacheMaxBytes } = memoryConfig;
  const unbounded = isUnbounded(app.cacheMaxItems) && isUnbounded(app.cacheMaxBytes);
  return weigh(
    {
      name: unbounded ? 'cache-unbounded' : 'cache-too-large',
      summary: unbounded ? 'Its cache has no bound.' : 'Its caches hold much of the memory.',
    },
    [
      {
        holds: share !== undefined && share >= 0.1,
        weight: 0.2 + 0.6 * Math.min(1, share ?? 0),
        words: `its cache holds ${bytes(app.cacheBytes ?? 0)}, ${percent((share ?? 0) * 100)} of what is in use`,
      },
      {
        holds: share !== undefined && share < 0.1,
        weight: -0.2,
        words: `its cache holds only ${bytes(app.cacheBytes ?? 0)}`,
      },
      {
        holds: (app.cacheItems ?? 0) > cacheMaxItems,
        weight: 0.15,
        words: `it has ${app.cacheItems ?? 0} items, more than ${cacheMaxItems}`,
      },
      {
        holds: (app.cacheBytes ?? 0) > cacheMaxBytes,
        weight: 0.15,
        words: `it is larger than ${bytes(cacheMaxBytes)}`,
      },
      { holds: unbounded, weight: 0.1, words: 'the app names no bound of its own for it' },
      {
        holds: share === undefined && caches.length > 0,
        weight: 0.2,
        words: `it has caches (${caches.join(', ')}) whose size it does not tell`,
      },
    ],
  );
}

/** Only a bound that the app states as 0 or infinite is none; one that it does not state is unknown. */
function isUnbounded(bound: number | undefined): boolean {
  return bound !== undefined && (bound <= 0 || !Number.isFinite(bound) || bound >= Number.MAX_SAFE_INTEGER);
}

/** Garbage that waits to be collected: the heap is reserved and hardly used, or no collection came. */
export function garbage(figures: Figures): Cause | undefined {
  const { app, measure, look } = figures;
  const slack =
    app.heapTotal === undefined || app.heapUsed === undefined ? undefined : app.heapTotal - app.heapUsed;
  const late =
    app.gcMonitoring === 1 && (app.gcAge ?? 0) > 2 * (app.gcInterval ?? memoryConfig.gcIntervalSeconds);
  const known = slack !== undefined || app.gcAge !== undefined || look.settings.gc !== undefined;
  if (!known) return undefined;
  const share = slack === undefined ? undefined : slack / measure.used;
  return weigh({ name: 'garbage-not-collected', summary: 'Garbage waits to be collected.' }, [
    {
      holds: share !== undefined && share >= 0.1,
      weight: 0.2 + 0.5 * Math.min(1, share ?? 0),
      words: `${bytes(slack ?? 0)} of its heap are reserved and not used`,
    },
    {
      holds: share !== undefined && share < 0.1,
      weight: -0.15,
      words: `its heap is in use but for ${bytes(slack ?? 0)}`,
    },
    { holds: late, weight: 0.25, words: `no collection for ${duration(app.gcAge ?? 0)}` },
    {
      holds: look.settings.gc !== undefined && share === undefined,
      weight: 0.2,
      words: 'how much of it is garbage is not told',
    },
  ]);
}

/** Much page cache and little else: full, but not exhausted. */
export function pageCacheOnly({ container, measure, look }: Figures): Cause | undefined {
  const warning = look.policy.thresholds.warningPercent;
  if (measure.percent >= warning) return undefined;
  const usage = container?.usageBytes;
  const limit = container?.limitBytes;
  if (look.target.kind !== 'container' || usage === undefined || limit === undefined) return undefined;
  if ((usage / limit) * 100 < warning) return undefined;
  return weigh(
    {
      name: 'page-cache-only',
      summary: 'It is full of page cache, which the kernel gives back: no exhaustion.',
    },
    [
      {
        holds: true,
        weight: 0.8,
        words: `${bytes(usage)} are charged to it, ${bytes(usage - measure.used)} of that is page cache`,
      },
    ],
  );
}
