import type { Measure } from '../../../model/evidence.js';
import { bytes } from '../../../model/format.js';
import type { PodReading, SessionReading, WorkloadLook } from '../../../model/kubernetes/details.js';
import type { AppFigures } from './app-figures.js';

/**
 * What one connection costs its client, buffers and TLS state included, bytes: usually, and at most. Drivers keep
 * 16 KiB to 256 KiB for each; the stand-in keeps 256 KiB.
 */
export const perConnection = { usual: 128 * 1024, most: 1024 ** 2 } as const;

/** Who holds the memory, as far as it could be read. Bytes; undefined: it could not be read. */
export interface Accounts {
  /** What is to be explained: the rise since the lowest use of this life, or all of it where it did not rise. */
  readonly amount: number;
  /** `the 300 MiB by which it rose`, `its 900 MiB`. */
  readonly amountWords: string;
  readonly sessions: number | undefined;
  /** What the sessions take in Redis, for one pod; they may or may not be held in the pods, too. */
  readonly sessionsInRedis: number | undefined;
  readonly contexts: number | undefined;
  readonly caches: number | undefined;
  readonly connections: number | undefined;
  readonly connectionCount: number | undefined;
  /** Counted for the container, and not of its process: pages of files. */
  readonly pageCache: number | undefined;
  /** The sum of what could be read. */
  readonly explained: number;
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
  readonly floor: number;
}

/** Adds up who holds what in the fullest pod. */
export function accountsOf(given: Given): Accounts {
  const { measure, worst, app, sessions, rssBytes, floor, look } = given;
  const pods = Math.max(1, look.details.workload.readyReplicas);
  const inRedis =
    sessions?.bytes === undefined && sessions?.keys !== 0 ? undefined : (sessions.bytes ?? 0) / pods;
  const inProcess = look.settings.sessions?.heldBy === 'inProcess';
  const connectionCount = connectionsOf(worst, app);
  const parts = {
    sessions: app.sessionBytes ?? (inProcess ? inRedis : undefined),
    contexts: app.contextBytes,
    caches: app.cacheBytes,
    connections: connectionCount === undefined ? undefined : connectionCount * perConnection.usual,
    pageCache: rssBytes === undefined ? undefined : Math.max(0, measure.used - rssBytes),
  };
  const read = Object.values(parts).filter((value) => value !== undefined);
  const amount = measure.used - floor;
  return {
    ...parts,
    amount,
    amountWords: floor > 0 ? `the ${bytes(amount)} by which it rose` : `its ${bytes(amount)}`,
    sessionsInRedis: inRedis,
    connectionCount,
    explained: read.reduce((sum, value) => sum + value, 0),
    words: wordsOf(parts, connectionCount),
    missing: missingOf(parts),
  };
}

/** Connections of the fullest pod: as the servers count them, or as the app says. */
export function connectionsOf(worst: PodReading | undefined, app: AppFigures): number | undefined {
  const counted = [worst?.redisConnections, worst?.mongoConnections].filter((count) => count !== undefined);
  return counted.length > 0 ? counted.reduce((sum, count) => sum + count, 0) : app.poolConnections;
}

type Parts = Pick<Accounts, 'sessions' | 'contexts' | 'caches' | 'connections' | 'pageCache'>;

function wordsOf(parts: Parts, count: number | undefined): string {
  const said = [
    ...(parts.sessions === undefined ? [] : [`sessions ${bytes(parts.sessions)}`]),
    ...(parts.contexts === undefined ? [] : [`conversation contexts ${bytes(parts.contexts)}`]),
    ...(parts.caches === undefined ? [] : [`caches ${bytes(parts.caches)}`]),
    ...(parts.connections === undefined ? [] : [`${count} connections about ${bytes(parts.connections)}`]),
    ...(parts.pageCache === undefined ? [] : [`page cache ${bytes(parts.pageCache)}`]),
  ];
  return said.length === 0 ? 'nothing that could be read' : said.join(', ');
}

function missingOf(parts: Parts): readonly string[] {
  return [
    ...(parts.contexts === undefined
      ? ['what its conversation contexts and caches hold (metrics of the app)']
      : []),
    ...(parts.sessions === undefined
      ? ['whether the pods hold the sessions (sessions.heldBy, or metrics of the app)']
      : []),
    ...(parts.pageCache === undefined
      ? ["the process's own memory (metrics of the app, or the inspect role)"]
      : []),
    ...(parts.connections === undefined ? ['its connections (redis, mongo: in nightshift.yaml)'] : []),
  ];
}
