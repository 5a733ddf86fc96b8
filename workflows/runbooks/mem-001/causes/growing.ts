import type { Cause } from '../../../../model/diagnosis.js';
import { byteRate, bytes, duration } from '../../../../model/format.js';
import { isSteady } from '../../../../model/growth.js';
import { weigh } from '../../../../model/memory/weigh.js';
import { type Figures, memoryConfig } from '../figures.js';

/** So long without growth before anything is called steady, seconds. */
export const steadySeconds = 20;
/** So many requests at once are load to be reckoned with. */
const busyRequests = 10;

/** A leak: it grows, and what could be given back is not what fills it. */
export function leak(figures: Figures): Cause {
  const { growth, kills, app, measure } = figures;
  const growing = growth?.secondsToLimit !== undefined;
  const steady = isSteady(growth, steadySeconds);
  const cacheShare = shareOfCache(figures);
  return weigh({ name: 'leak', summary: 'It takes memory and does not give it back.' }, [
    { holds: growing, weight: 0.55, words: growthWords(figures) },
    {
      holds: !growing && !steady,
      weight: 0.25,
      words: `${bytes(measure.used)} are in use, and how it grows is not known yet`,
    },
    { holds: steady, weight: -0.15, words: growthWords(figures) },
    {
      holds: cacheShare !== undefined && cacheShare < 0.2,
      weight: 0.15,
      words:
        app.cacheBytes === 0 ? 'its cache is empty' : `its cache is small (${bytes(app.cacheBytes ?? 0)})`,
    },
    {
      holds: cacheShare !== undefined && cacheShare >= 0.4,
      weight: -0.25,
      words: `its cache holds ${bytes(app.cacheBytes ?? 0)} of it`,
    },
    {
      holds: app.gcAge !== undefined && app.gcAge < 2 * memoryConfig.gcIntervalSeconds,
      weight: 0.1,
      words: `garbage was collected ${duration(app.gcAge ?? 0)} ago, and the memory is still in use`,
    },
    { holds: kills.length > 1, weight: 0.1, words: `it was killed ${kills.length} times: it fills up again` },
    { holds: isBusy(figures), weight: -0.3, words: loadWords(figures) },
  ]);
}

/** Honest load: many requests at once hold memory that they give back. */
export function trafficPeak(figures: Figures): Cause | undefined {
  if (!isBusy(figures)) return undefined;
  const growing = figures.growth?.secondsToLimit !== undefined;
  return weigh(
    { name: 'traffic-peak', summary: 'It serves many requests at once, and each of them holds memory.' },
    [
      { holds: true, weight: 0.45, words: loadWords(figures) },
      { holds: growing, weight: 0.1, words: `${growthWords(figures)}, which load explains too` },
      { holds: figures.kills.length > 1, weight: -0.15, words: 'it was killed more than once' },
    ],
  );
}

/** A limit below honest use: it lies near it and does not grow, and the host has room. */
export function limitTooSmall(figures: Figures): Cause | undefined {
  const { look, measure, growth, kills, container } = figures;
  const limit = container?.limitBytes;
  if (look.target.kind !== 'container' || container === undefined || limit === undefined) return undefined;
  const steady = isSteady(growth, steadySeconds);
  const growing = growth?.secondsToLimit !== undefined;
  const room = look.details.host?.memAvailableBytes;
  const cacheShare = shareOfCache(figures);
  const heap = largestHeap(container.heapFlags);
  return weigh(
    {
      name: 'limit-too-small',
      summary: `Its limit of ${bytes(limit)} is too small for what it honestly needs.`,
    },
    [
      { holds: steady, weight: 0.5, words: `it lies at ${bytes(measure.used)} and does not grow` },
      { holds: !steady && !growing, weight: 0.15, words: 'it has not been seen to grow' },
      { holds: growing, weight: -0.5, words: growthWords(figures) },
      { holds: isBusy(figures), weight: 0.1, words: loadWords(figures) },
      { holds: steady && kills.length > 0, weight: 0.1, words: 'the kernel has killed in it all the same' },
      {
        holds: heap !== undefined && heap >= limit * 0.9,
        weight: 0.3,
        words: `its heap alone may have ${bytes(heap ?? 0)} (${container.heapFlags.join(' ')})`,
      },
      {
        holds: room !== undefined && room > limit / 2,
        weight: 0.05,
        words: `the host has ${bytes(room ?? 0)} available`,
      },
      {
        holds: room !== undefined && room <= limit / 4,
        weight: -0.1,
        words: `the host has only ${bytes(room ?? 0)} available`,
      },
      {
        holds: cacheShare !== undefined && cacheShare >= 0.4,
        weight: -0.25,
        words: 'its cache could give memory back',
      },
    ],
  );
}

/** `it grows by 1.2 MiB/s and reaches the limit in 40 s`, or that it doesn't. */
export function growthWords({ growth }: Pick<Figures, 'growth'>): string {
  if (growth === undefined) return 'its growth is not known yet';
  const over = `over ${duration(growth.overSeconds)} in ${growth.samples} readings`;
  return growth.secondsToLimit === undefined
    ? `it did not grow ${over}`
    : `it grew by ${byteRate(growth.bytesPerSecond)} ${over} and reaches the limit in ${duration(growth.secondsToLimit)}`;
}

export function shareOfCache({ app, measure }: Figures): number | undefined {
  return app.cacheBytes === undefined || measure.used <= 0 ? undefined : app.cacheBytes / measure.used;
}

function isBusy({ app }: Figures): boolean {
  return (app.inFlight ?? 0) >= busyRequests;
}

function loadWords({ app }: Figures): string {
  return `it is answering ${app.inFlight ?? 0} requests at once`;
}

/** Bytes of the largest fixed heap among the flags, or undefined. */
export function largestHeap(flags: readonly string[]): number | undefined {
  const sizes = flags.map(heapBytes).filter((size) => size !== undefined);
  return sizes.length === 0 ? undefined : Math.max(...sizes);
}

const suffixes: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** `-Xmx512m` and `--max-old-space-size=400` (MiB) in bytes; undefined for a flag that sets no size. */
function heapBytes(flag: string): number | undefined {
  const node = /^--max[-_]old[-_]space[-_]size[= ](\d+)$/.exec(flag);
  if (node !== null) return Number(node[1]) * 1024 ** 2;
  const java = /^-(?:Xmx|XX:MaxHeapSize=)(\d+)([kmgt]?)$/i.exec(flag);
  return java === null ? undefined : Number(java[1]) * (suffixes[(java[2] ?? '').toLowerCase()] ?? 1);
}
