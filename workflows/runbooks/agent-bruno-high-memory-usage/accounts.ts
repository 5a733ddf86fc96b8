import type { Measure } from '../../../model/evidence.js';
import { bytes } from '../../../model/format.js';
import type { PodReading, SessionReading, WorkloadLook } from '../../../model/kubernetes/details.js';
import { type AppFigures, type Trail, trailOf } from './app-figures.js';
import { type ConnectionCost, connectionCost } from './connection-cost.js';
import { type Holding, holdingOf, likely } from './holding.js';
import type { Floor, Life } from './life.js';
import { missingOf, othersShare } from './missing.js';

/** Who holds the memory, as far as it could be read. Bytes; undefined: it could not be read. */
export interface Accounts {
  /** What is to be explained: the rise since the lowest use of this life, or all of it where it did not rise. */
  readonly amount: number;
  /** All that is in use. */
  readonly used: number;
  /** `the 300 MiB by which it rose`, `its 900 MiB`. */
  readonly amountWords: string;
  readonly sessions: Holding | undefined;
  /** What the sessions take in Redis, for one pod; they may or may not be held in the pods, too. */
  readonly sessionsInRedis: Holding | undefined;
  readonly contexts: Holding | undefined;
  readonly caches: Holding | undefined;
  /** At what one connection usually costs, or was measured to cost. */
  readonly connections: Holding | undefined;
  /** At the most that one connection costs. */
  readonly connectionsAtMost: Holding | undefined;
  readonly connectionCount: number | undefined;
  readonly connectionCost: ConnectionCost;
  /** Counted for the container, and not of its processes: pages of files. */
  readonly pageCache: Holding | undefined;
  /** The sum of what could be read: what it is likely to be, and the most that it may be. */
  readonly explained: number;
  readonly explainedMost: number;
  /** `sessions 20 MiB, contexts 3 MiB, 12 connections about 2 MiB`. */
  readonly words: string;
  /** What could not be read and might hold the rest, in words. */
  readonly missing: readonly string[];
}

interface Given {
  readonly look: WorkloadLook;
  readonly measure: Measure;
  readonly worst: PodReading | undefined;
  readonly app: AppFigures;
  readonly sessions: SessionReading | undefined;
  readonly rssBytes: number | undefined;
  readonly life: Life;
  readonly floor: Floor;
}

type Parts = Pick<Accounts, 'sessions' | 'contexts' | 'caches' | 'connections' | 'pageCache'>;

/** Adds up who holds what in the fullest pod, and how much of it has come since the floor. */
export function accountsOf(given: Given): Accounts {
  const { measure, worst, app, floor, look, life } = given;
  const trail = (figure: keyof AppFigures): Trail => trailOf(look.details, worst, figure);
  const holding = (held: number | undefined, over: Trail): Holding | undefined =>
    held === undefined ? undefined : holdingOf(held, over, floor);
  const count = connectionsOf(worst, app);
  const pool = trail('poolConnections');
  const cost = connectionCost(pool, life, floor);
  const ofConnections = (each: number): Holding | undefined =>
    holding(
      count === undefined ? undefined : count * each,
      pool.map(({ at, value }) => ({ at, value: value * each })),
    );
  const sessionsInRedis = inRedis(given);
  const amount = measure.used - floor.bytes;
  const parts: Parts = {
    sessions:
      holding(app.sessionBytes, trail('sessionBytes')) ??
      (look.settings.sessions?.heldBy === 'inProcess' ? sessionsInRedis : undefined),
    contexts: holding(app.contextBytes, trail('contextBytes')),
    caches: holding(app.cacheBytes, trail('cacheBytes')),
    connections: ofConnections(cost.usual),
    pageCache: holding(worst?.kernel?.fileBytes ?? restOf(given, amount), []),
  };
  const connectionsAtMost = ofConnections(cost.most);
  const amountWords = floor.bytes > 0 ? `the ${bytes(amount)} by which it rose` : `its ${bytes(amount)}`;
  return {
    ...parts,
    amount,
    used: measure.used,
    amountWords,
    sessionsInRedis,
    connectionsAtMost,
    connectionCount: count,
    connectionCost: cost,
    explained: sum(Object.values(parts).map(likely)),
    explainedMost: sum(
      Object.values({ ...parts, connections: connectionsAtMost }).map((part) => part?.most ?? 0),
    ),
    words: wordsOf(parts, count),
    missing: missingOf({ ...given, parts, count, amount }),
  };
}

/**
 * Connections of the fullest pod: as the servers count them, or as the app says, whoever knows of more. Where neither
 * tells, its process has no more of them than it has sockets.
 */
export function connectionsOf(worst: PodReading | undefined, app: AppFigures): number | undefined {
  const counted = [worst?.redisConnections, worst?.mongoConnections].filter((count) => count !== undefined);
  const servers = counted.length === 0 ? [] : [sum(counted)];
  const known = [...servers, ...(app.poolConnections === undefined ? [] : [app.poolConnections])];
  const sockets = worst?.process?.sockets;
  if (known.length === 0) return sockets === undefined ? undefined : sum(Object.values(sockets));
  return Math.max(...known);
}

/** What the working set has beyond the process, where it is little: much of it may be other processes, or tmpfs. */
function restOf({ measure, rssBytes }: Given, amount: number): number | undefined {
  const rest = rssBytes === undefined ? undefined : Math.max(0, measure.used - rssBytes);
  return rest !== undefined && rest < amount * othersShare ? rest : undefined;
}

/** What the sessions take in Redis, for one pod; its history is that of their number. */
function inRedis({ look, sessions, floor }: Given): Holding | undefined {
  if (sessions?.bytes === undefined && sessions?.keys !== 0) return undefined;
  const pods = Math.max(1, look.details.workload.readyReplicas);
  const held = (sessions.bytes ?? 0) / pods;
  const now = look.details.sessionHistory.at(-1)?.count ?? 0;
  const history = look.details.sessionHistory.map(({ at, count }) => ({
    at: Date.parse(at),
    value: now === 0 ? held : (held * count) / now,
  }));
  return holdingOf(held, history, floor);
}

function wordsOf(parts: Parts, count: number | undefined): string {
  const said = [
    ...(parts.sessions === undefined ? [] : [`sessions ${parts.sessions.words}`]),
    ...(parts.contexts === undefined ? [] : [`conversation contexts ${parts.contexts.words}`]),
    ...(parts.caches === undefined ? [] : [`caches ${parts.caches.words}`]),
    ...(parts.connections === undefined ? [] : [`${count} connections about ${parts.connections.words}`]),
    ...(parts.pageCache === undefined ? [] : [`page cache ${parts.pageCache.words}`]),
  ];
  return said.length === 0 ? 'nothing that could be read' : said.join(', ');
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
