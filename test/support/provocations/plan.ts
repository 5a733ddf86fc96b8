/** What is provoked, drawn by a seed: cause, size, speed, noise, and what of it may be seen. */
import { causes } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/names.js';

export type FaultKind = 'sessions' | 'connections' | 'leak' | 'cycles' | 'contexts' | 'load';

export interface FaultOrder {
  readonly kind: FaultKind;
  /** Connections: a second and in all; else MiB. */
  readonly speed: number;
  readonly size: number;
  readonly noise: number;
  readonly seed: number;
}

export interface Provocation {
  readonly seed: number;
  /** What it is, for the matrix: `leak`, `leak+sessions`, `page cache`. */
  readonly row: string;
  readonly faults: readonly FaultOrder[];
  /** Causes that are right as the first one. Empty: nothing is wrong. */
  readonly right: readonly string[];
  readonly metrics: 'full' | 'process' | 'off';
  /** The live process may be read (the `inspect` role). */
  readonly inspect: boolean;
  readonly heldBy: 'inProcess' | 'unknown';
  /** Use at the look as a share of the limit. */
  readonly fill: number;
  /** The fill is that of the highest use, not of the last one: a peak that fell. */
  readonly ofPeak: boolean;
  readonly seconds: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Bytes of page cache that a cgroup would count besides, for each second of its life. */
  readonly pageCachePerSecond: number;
  readonly nodePressure: boolean;
}

const MiB = 1024 ** 2;

/** A small generator with a seed (mulberry32): 0 to 1. */
export function randomOf(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Sixty have two thirds of one cause each, one third mixtures and healthy controls; fewer have about as many. */
const rows = [
  'sessions',
  'connections',
  'leak',
  'contexts',
  'load',
  'leak+sessions',
  'peak that fell',
  'cycles',
  'page cache',
  'sessions',
  'connections',
  'leak',
  'contexts',
  'load',
  'plateau below',
  'leak+contexts',
  'sessions',
  'connections',
  'leak',
  'contexts',
  'load',
  'node pressure',
  'leak+connections',
  'cycles',
  'page cache',
  'connections',
  'contexts',
  'load',
  'cache filling',
  'peak that fell',
] as const;

type Row = (typeof rows)[number];

const rightFor: Readonly<Record<FaultKind, string>> = {
  sessions: causes.sessions,
  connections: causes.pools,
  leak: causes.leak,
  cycles: causes.leak,
  contexts: causes.contexts,
  load: causes.limit,
};

/** `count` provocations of that seed; the same seed draws the same ones. */
export function provocations(seed: number, count: number): readonly Provocation[] {
  return Array.from({ length: count }, (_, i) => draw(rows[i % rows.length] ?? 'leak', seed * 1000 + i));
}

function draw(row: Row, seed: number): Provocation {
  const random = randomOf(seed);
  const between = (low: number, high: number): number => low + random() * (high - low);
  const seconds = between(14, 20);
  const withheld = random() < 0.5;
  const base = {
    seed,
    row,
    seconds,
    metrics: withheld ? (random() < 0.5 ? 'process' : 'off') : 'full',
    inspect: random() < 0.5,
    heldBy: random() < 0.7 ? 'inProcess' : 'unknown',
    fill: between(0.82, 0.97),
    ofPeak: false,
    pageCachePerSecond: 0,
    nodePressure: false,
    environment: {},
  } as const;
  const one = (kind: FaultKind, share = 1): FaultOrder => {
    const connections = kind === 'connections';
    const size = share * (connections ? between(140, 400) : between(50, 110));
    return { kind, size, speed: size / (seconds * between(0.85, 1.3)), noise: between(0, 0.8), seed };
  };
  return { ...base, ...detailsOf(row, { base, one, between }) };
}

interface Drawing {
  readonly base: { readonly seconds: number };
  one(kind: FaultKind, share?: number): FaultOrder;
  between(low: number, high: number): number;
}

function detailsOf(
  row: Row,
  { base, one, between }: Drawing,
): Pick<Provocation, 'faults' | 'right'> & Partial<Provocation> {
  const quick = (fault: FaultOrder, share: number): FaultOrder => ({
    ...fault,
    speed: fault.size / (base.seconds * share),
  });
  switch (row) {
    case 'load':
      // It has filled up before it is looked at: it lies there, honestly.
      return {
        faults: [quick(one('load'), 0.25)],
        right: [causes.limit],
        environment: { RESPONSE_CACHE_MIB: '200' },
      };
    case 'cache filling':
      return {
        faults: [one('load')],
        right: [causes.limit, causes.traffic],
        environment: { RESPONSE_CACHE_MIB: '400' },
      };
    case 'peak that fell':
      return {
        faults: [quick(one('sessions'), 0.35)],
        right: [],
        ofPeak: true,
        fill: between(0.9, 0.99),
        environment: { SESSION_TTL: String(Math.max(2, Math.round(base.seconds * 0.2))) },
      };
    case 'plateau below':
      return {
        faults: [quick(one('load'), 0.3)],
        right: [],
        fill: between(0.4, 0.72),
        environment: { RESPONSE_CACHE_MIB: '200' },
      };
    case 'node pressure':
      return {
        faults: [quick(one('load', 0.5), 0.3)],
        right: [causes.node],
        fill: between(0.4, 0.72),
        nodePressure: true,
      };
    case 'page cache':
      return {
        faults: [quick(one('load', 0.2), 0.2)],
        right: [causes.pageCache],
        pageCachePerSecond: (between(60, 140) * MiB) / base.seconds,
      };
    case 'leak+sessions':
    case 'leak+contexts':
    case 'leak+connections': {
      const other = row.slice('leak+'.length) as FaultKind;
      const share = between(0.25, 0.75);
      // What is a third of it or more may be named; the smaller part alone would be a wrong answer.
      const right = [...(share > 0.34 ? [causes.leak] : []), ...(share < 0.66 ? [rightFor[other]] : [])];
      return { faults: [one('leak', share), one(other, 1 - share)], right };
    }
    default:
      return { faults: [one(row)], right: [rightFor[row]] };
  }
}
