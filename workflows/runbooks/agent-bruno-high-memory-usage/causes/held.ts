import type { Cause } from '../../../../model/diagnosis.js';
import { bytes, percent } from '../../../../model/format.js';
import { type Argument, weigh } from '../../../../model/memory/weigh.js';
import { perConnection } from '../accounts.js';
import type { Figures } from '../figures.js';
import { causes } from '../names.js';

/** Fewer sessions are not many, whatever else is. */
const fewSessions = 50;
/** A session above this is a large conversation rather than one of many, bytes. */
const largeSession = 1024 ** 2;
/** Objects of a process take up to so many times what they take in Redis. */
const mostOverhead = 5;
/** So many connections of one pod are more than a pool needs. */
const manyConnections = 100;

/** Too many sessions: memory goes with their number. */
export function tooManySessions(figures: Figures): Cause | undefined {
  const { sessions, app, following, sessionRise, bytesPerSession, accounts } = figures;
  const count = sessions?.keys ?? app.activeSessions;
  if (count === undefined) return undefined;
  const share = accounts.sessions === undefined ? undefined : accounts.sessions / accounts.amount;
  const sampled = Math.max(1, sessions?.sampled ?? 1);
  const inRedis = accounts.sessionsInRedis;
  const mayExplain = inRedis !== undefined && inRedis >= accounts.amount / 2;
  const tooSmall = inRedis !== undefined && inRedis * mostOverhead < accounts.amount * 0.3;
  return weigh(
    {
      name: causes.sessions,
      summary: `${count} sessions are held at once, and memory goes with their number.`,
    },
    [
      ...shareArguments(share, `sessions hold ${bytes(accounts.sessions ?? 0)} of ${accounts.amountWords}`),
      {
        holds: share === undefined && mayExplain,
        weight: 0.25,
        words: `in Redis they take ${bytes(inRedis ?? 0)} for each pod, as much as is to be explained; whether the pods hold them, too, is not known`,
      },
      {
        holds: share === undefined && tooSmall,
        weight: -0.4,
        words: `in Redis they take only ${bytes(inRedis ?? 0)} for each pod`,
      },
      {
        holds: following.follows && !tooSmall,
        weight: share === undefined ? 0.35 : 0.1,
        words: `memory has followed their number (rank correlation ${following.rho?.toFixed(2)} over ${following.pairs} readings)`,
      },
      {
        holds: following.rho !== undefined && following.rho < 0.3,
        weight: -0.2,
        words: 'memory does not follow their number',
      },
      {
        holds: sessionRise !== undefined && sessionRise >= 1.5 && count >= fewSessions,
        weight: 0.05,
        words: `their number has risen ${sessionRise?.toFixed(1)} times`,
      },
      { holds: count < fewSessions, weight: -0.4, words: `there are only ${count} of them` },
      {
        holds: sessions !== undefined && sessions.withoutTtl / sampled > 0.1,
        weight: 0.05,
        words: `${percent(((sessions?.withoutTtl ?? 0) / sampled) * 100)} of those sampled never expire`,
      },
      {
        holds: (bytesPerSession ?? 0) >= largeSession,
        weight: -0.15,
        words: `each of them is large (${bytes(bytesPerSession ?? 0)}): it is rather their size`,
      },
    ],
  );
}

/** Large conversations: few or many, each holds much. */
export function largeContexts({ app, bytesPerSession, accounts, following }: Figures): Cause | undefined {
  const share = accounts.contexts === undefined ? undefined : accounts.contexts / accounts.amount;
  const large = (bytesPerSession ?? 0) >= largeSession;
  return weigh(
    { name: causes.contexts, summary: 'Conversations are kept whole, and each of them is large.' },
    [
      ...shareArguments(
        share,
        `conversation contexts hold ${bytes(accounts.contexts ?? 0)} of ${accounts.amountWords}`,
      ),
      {
        holds: share === undefined,
        weight: 0.2,
        words: 'what conversation contexts hold could not be read: it may be they',
      },
      {
        holds: share !== undefined && share >= 0.3 && app.activeSessions !== undefined,
        weight: 0.05,
        words: `that is ${bytes((accounts.contexts ?? 0) / Math.max(1, app.activeSessions ?? 1))} a session, with a window of ${app.contextWindow ?? 'unknown'} messages`,
      },
      {
        holds: large,
        weight: 0.25,
        words: `a session has ${bytes(bytesPerSession ?? 0)} in Redis on average`,
      },
      {
        holds: following.follows && (share ?? 0) < 0.5,
        weight: -0.1,
        words: 'memory follows the number of sessions',
      },
    ],
  );
}

/** Most of what is to be explained, or a good part of it, or hardly any. */
function shareArguments(share: number | undefined, words: string): readonly Argument[] {
  const known = share ?? 0;
  return [
    { holds: known >= 0.5, weight: 0.6, words },
    { holds: known >= 0.3 && known < 0.5, weight: 0.4, words },
    { holds: share !== undefined && known < 0.15, weight: -0.5, words: `${words} only` },
  ];
}

/** Pools: connections that are opened and not given back. */
export function poolExhaustion(figures: Figures): Cause | undefined {
  const { app, accounts } = figures;
  const count = accounts.connectionCount;
  if (count === undefined) return undefined;
  const most = count * perConnection.most;
  const otherwise = (accounts.contexts ?? 0) + (accounts.sessions ?? 0) + (accounts.caches ?? 0);
  const many = count >= manyConnections;
  return weigh(
    { name: causes.pools, summary: `The fullest pod holds ${count} connections to Redis and MongoDB.` },
    [
      { holds: many, weight: 0.3, words: `${count} connections of one pod` },
      { holds: count < manyConnections / 4, weight: -0.5, words: `only ${count} connections of one pod` },
      {
        holds: many && (accounts.connections ?? 0) >= accounts.amount * 0.3,
        weight: 0.3,
        words: `at 128 KiB each they hold ${bytes(accounts.connections ?? 0)} of ${accounts.amountWords}`,
      },
      {
        holds: most < accounts.amount * 0.3,
        weight: -0.35,
        words: `even at 1 MiB each they hold only ${bytes(most)} of ${accounts.amountWords}`,
      },
      {
        holds: otherwise >= accounts.amount / 2,
        weight: -0.3,
        words: `sessions, contexts and caches hold ${bytes(otherwise)} of it`,
      },
      {
        holds: (app.poolExhausted ?? 0) > 0,
        weight: 0.15,
        words: `${app.poolExhausted} requests found no free connection`,
      },
      ...serverArguments(figures, count),
    ],
  );
}

/** What Redis, MongoDB and the log say about it. */
function serverArguments({ app, sessions, look }: Figures, count: number): readonly Argument[] {
  const { maxClients, connectedClients, rejectedConnections = 0 } = sessions ?? {};
  const { mongo, logLines } = look.details;
  const lines = logLines.filter((line) => /pool|too many connections|max.*clients/i.test(line));
  const full = app.poolMax !== undefined && count >= app.poolMax * 0.9;
  const crowded =
    maxClients !== undefined && connectedClients !== undefined && connectedClients >= maxClients * 0.8;
  const scarce = mongo?.available !== undefined && mongo.available < mongo.current / 4;
  return [
    { holds: full, weight: 0.15, words: `its pools of ${app.poolMax} are used up` },
    {
      holds: rejectedConnections > 0 && count >= manyConnections / 4,
      weight: 0.1,
      words: `Redis has refused ${rejectedConnections} connections`,
    },
    {
      holds: crowded,
      weight: 0.05,
      words: `${connectedClients} of Redis's ${maxClients} clients are connected (all of them, not only ours)`,
    },
    {
      holds: scarce,
      weight: 0.05,
      words: `MongoDB has ${mongo?.available} connections left besides ${mongo?.current}`,
    },
    { holds: lines.length > 0, weight: 0.1, words: `its log speaks of it: ${lines.at(-1)?.slice(0, 120)}` },
  ];
}
