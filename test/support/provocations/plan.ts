/** What is provoked, drawn by a seed: cause, size, speed, noise, and what of it may be seen. */
import { causes } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/names.js';

export type FaultKind =
  | 'sessions'
  | 'connections'
  | 'leak'
  | 'cycles'
  | 'contexts'
  | 'load'
  | 'traffic'
  | 'files';

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
  /** What it had taken long before it was watched, and holds all along. */
  readonly held: readonly FaultOrder[];
  /** It is quiet for so long after the watch began, before the faults begin. Seconds. */
  readonly quiet: number;
  /** Processes of the pod, each with its share of the faults; the first one tells metrics. */
  readonly workers: number;
  /** Causes that are right as the first one. Empty: nothing is wrong. */
  readonly right: readonly string[];
  readonly metrics: 'full' | 'process' | 'off';
  /** Prometheus scrapes the app, too: then what it tells has a history. */
  readonly scraped: boolean;
  /** How cAdvisor tells how the kernel divides the memory: an old one does not tell files from shared memory. */
  readonly cadvisor: 'full' | 'old';
  /** Nothing is wrong with it: nobody is to be asked to disrupt it. */
  readonly healthy: boolean;
  /** The live process may be read (the `inspect` role). */
  readonly inspect: boolean;
  readonly heldBy: 'inProcess' | 'unknown';
  /** Use at the look as a share of the limit. */
  readonly fill: number;
  /** The fill is that of the highest use, not of the last one: a peak that fell. */
  readonly ofPeak: boolean;
  readonly seconds: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly nodePressure: boolean;
}

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

/** Sixty have 34 of one cause each, and 26 mixtures and controls; fewer have about as many. */
const rows = [
  'sessions',
  'connections',
  'leak',
  'held contexts+leak',
  'contexts',
  'traffic peak',
  'load',
  'leak+sessions',
  'peak that fell',
  'cycles',
  'page cache',
  'connections',
  'sessions',
  'leaking workers',
  'leak',
  'plateau below',
  'contexts',
  'leak+contexts',
  'connections',
  'held connections+leak',
  'leak',
  'node pressure',
  'load',
  'leak+connections',
  'cycles',
  'session trend+leak',
  'sessions',
  'contexts',
  'cache filling',
  'connections',
] as const;

/** Each of one cause: the other rows are mixtures and controls. */
export const pureRows: readonly string[] = ['sessions', 'connections', 'leak', 'cycles', 'contexts', 'load'];

type Row = (typeof rows)[number];

const rightFor: Readonly<Record<FaultKind, string>> = {
  sessions: causes.sessions,
  connections: causes.pools,
  leak: causes.leak,
  cycles: causes.leak,
  contexts: causes.contexts,
  load: causes.limit,
  traffic: causes.traffic,
  files: causes.pageCache,
};

/** `count` provocations of that seed; the same seed draws the same ones. */
export function provocations(seed: number, count: number): readonly Provocation[] {
  return Array.from({ length: count }, (_, i) => draw(rows[i % rows.length] ?? 'leak', seed * 1000 + i));
}

function draw(row: Row, seed: number): Provocation {
  const random = randomOf(seed);
  const between = (low: number, high: number): number => low + random() * (high - low);
  const seconds = between(12, 17);
  const withheld = random() < 0.5;
  const base = {
    seed,
    row,
    seconds,
    metrics: withheld ? (random() < 0.5 ? 'process' : 'off') : 'full',
    inspect: random() < 0.5,
    heldBy: random() < 0.7 ? 'inProcess' : 'unknown',
    fill: between(0.82, 0.97),
    scraped: random() < 0.7,
    cadvisor: random() < 0.7 ? 'full' : 'old',
    ofPeak: false,
    healthy: false,
    nodePressure: false,
    environment: { CONNECTION_KIB: String(Math.round(between(48, 768))) },
    held: [],
    quiet: 0,
    workers: 1,
  } as const;
  // Each fault has draws of its own: with one seed their noise would go together, as no two causes do.
  let faults = 0;
  const one = (kind: FaultKind, share = 1): FaultOrder => {
    faults += 1;
    const connections = kind === 'connections';
    const size = share * (connections ? between(140, 400) : between(50, 110));
    return {
      kind,
      size,
      speed: size / (seconds * between(0.85, 1.3)),
      noise: between(0, 0.8),
      seed: seed + (faults - 1) * 1_000_000,
    };
  };
  const { environment, ...details } = detailsOf(row, { base, one, between });
  return { ...base, ...details, environment: { ...base.environment, ...environment } };
}

interface Drawing {
  readonly base: { readonly seconds: number; readonly environment: { readonly CONNECTION_KIB: string } };
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
    case 'traffic peak':
      // Quiet at first; then they come, and stay.
      return {
        faults: [quick(one('traffic'), 0.15)],
        right: [causes.traffic, causes.limit],
        quiet: base.seconds * 0.4,
        healthy: true,
      };
    case 'leaking workers':
      return { faults: [one('leak')], right: [causes.leak], workers: Math.round(between(2, 4.9)) };
    case 'session trend+leak':
      return { faults: [one('leak', 0.87), one('sessions', 0.13)], right: [causes.leak] };
    case 'held contexts+leak':
    case 'held connections+leak': {
      const kind = row.slice('held '.length, -'+leak'.length) as FaultKind;
      return { faults: [one('leak')], right: [causes.leak], held: [{ ...one(kind), speed: 400 }] };
    }
    case 'peak that fell':
      return {
        healthy: true,
        faults: [quick(one('sessions'), 0.35)],
        right: [],
        ofPeak: true,
        fill: between(0.9, 0.99),
        environment: { SESSION_TTL: String(Math.max(2, Math.round(base.seconds * 0.2))) },
      };
    case 'plateau below':
      return {
        healthy: true,
        faults: [quick(one('load'), 0.3)],
        right: [],
        fill: between(0.4, 0.72),
        environment: { RESPONSE_CACHE_MIB: '200' },
      };
    case 'node pressure':
      return {
        healthy: true,
        faults: [quick(one('load', 0.5), 0.3)],
        right: [causes.node],
        fill: between(0.4, 0.72),
        nodePressure: true,
      };
    case 'page cache':
      return {
        healthy: true,
        faults: [quick(one('load', 0.2), 0.2), one('files')],
        right: [causes.pageCache],
      };
    case 'leak+sessions':
    case 'leak+contexts':
    case 'leak+connections': {
      const other = row.slice('leak+'.length) as FaultKind;
      const share = between(0.25, 0.75);
      const [leaked, others] = [one('leak', share), one(other, 1 - share)];
      const reached = ({ size, speed }: FaultOrder): number => Math.min(size, speed * base.seconds);
      const cost = other === 'connections' ? Number(base.environment.CONNECTION_KIB) / 1024 : 1;
      const ofLeak = reached(leaked) / (reached(leaked) + reached(others) * cost);
      // What is a third of it or more may be named; the smaller part alone would be a wrong answer.
      const right = [...(ofLeak > 0.34 ? [causes.leak] : []), ...(ofLeak < 0.66 ? [rightFor[other]] : [])];
      return { faults: [leaked, others], right };
    }
    default:
      return { faults: [one(row)], right: [rightFor[row]] };
  }
}
