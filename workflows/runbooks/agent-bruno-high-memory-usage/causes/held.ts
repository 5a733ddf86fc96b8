import type { Cause } from '../../../../model/diagnosis.js';
import { bytes, percent } from '../../../../model/format.js';
import { weigh } from '../../../../model/memory/weigh.js';
import type { Figures } from '../figures.js';
import { causes } from '../names.js';
import { connectionsOf, explained } from './explained.js';

/** A session larger than this is a large conversation, not one of many small ones. Bytes. */
const largeSession = 64 * 1024;
/** Fewer sessions are not many, whatever else is. */
const fewSessions = 50;
/** So many connections of one pod are more than a pool needs. */
const manyConnections = 100;

/** Too many sessions: memory goes with their number. */
export function tooManySessions(figures: Figures): Cause | undefined {
  const { sessions, app, following, sessionRise, bytesPerSession } = figures;
  const count = sessions?.keys ?? app.activeSessions;
  if (count === undefined) return undefined;
  const holds = explained(figures);
  const large = (bytesPerSession ?? 0) >= largeSession;
  return weigh(
    {
      name: causes.sessions,
      summary: `${count} sessions are held at once, and memory goes with their number.`,
    },
    [
      {
        holds: following.follows,
        weight: 0.5,
        words: `memory has followed the number of sessions (rank correlation ${following.rho?.toFixed(2)} over ${following.pairs} readings)`,
      },
      {
        holds: following.rho !== undefined && following.rho < 0.3,
        weight: -0.4,
        words: 'memory does not follow their number',
      },
      {
        holds: sessionRise !== undefined && sessionRise >= 1.5,
        weight: 0.15,
        words: `their number has risen ${sessionRise?.toFixed(1)} times`,
      },
      { holds: holds.share !== undefined && holds.share >= 0.5 && !large, weight: 0.3, words: holds.words },
      { holds: count < fewSessions, weight: -0.4, words: `there are only ${count} of them` },
      { holds: large, weight: -0.3, words: `each of them is large (${bytes(bytesPerSession ?? 0)})` },
      {
        holds: sessions !== undefined && sessions.sampled > 0 && sessions.withoutTtl / sessions.sampled > 0.1,
        weight: 0.1,
        words: `${percent(((sessions?.withoutTtl ?? 0) / Math.max(1, sessions?.sampled ?? 1)) * 100)} of those sampled never expire`,
      },
    ],
  );
}

/** Large conversations: few or many, each holds much. */
export function largeContexts(figures: Figures): Cause | undefined {
  const { app, bytesPerSession, measure, following, growth } = figures;
  const share = app.contextBytes === undefined ? undefined : app.contextBytes / measure.used;
  const large = (bytesPerSession ?? 0) >= largeSession;
  if (share === undefined && bytesPerSession === undefined) return undefined;
  return weigh(
    { name: causes.contexts, summary: 'Conversations are kept whole, and each of them is large.' },
    [
      {
        holds: share !== undefined && share >= 0.3,
        weight: 0.3,
        words: `conversation contexts hold ${bytes(app.contextBytes ?? 0)} of ${bytes(measure.used)}`,
      },
      {
        holds: share !== undefined && share < 0.15,
        weight: -0.4,
        words: `contexts hold only ${bytes(app.contextBytes ?? 0)}`,
      },
      { holds: large, weight: 0.4, words: `a session has ${bytes(bytesPerSession ?? 0)} on average` },
      {
        holds: bytesPerSession !== undefined && !large,
        weight: -0.3,
        words: `a session is small (${bytes(bytesPerSession ?? 0)})`,
      },
      {
        holds: (app.contextMessages ?? 0) > 200,
        weight: 0.15,
        words: `the longest conversation has ${app.contextMessages} messages`,
      },
      {
        holds: growth?.secondsToLimit !== undefined && !following.follows && large,
        weight: 0.1,
        words: 'memory grows without more sessions',
      },
    ],
  );
}

/** Pools: connections that are opened and not given back. */
export function poolExhaustion(figures: Figures): Cause | undefined {
  const { app, sessions, look, growth } = figures;
  const connections = connectionsOf(figures);
  if (connections === undefined) return undefined;
  const { maxClients, connectedClients, rejectedConnections = 0 } = sessions ?? {};
  const full = app.poolMax !== undefined && connections >= app.poolMax * 0.9;
  const crowded =
    maxClients !== undefined && connectedClients !== undefined && connectedClients >= maxClients * 0.8;
  const lines = look.details.logLines.filter((line) => /pool|too many connections|max.*clients/i.test(line));
  return weigh(
    { name: causes.pools, summary: `The fullest pod holds ${connections} connections to Redis and MongoDB.` },
    [
      { holds: connections >= manyConnections, weight: 0.5, words: `${connections} connections of one pod` },
      {
        holds: connections < manyConnections / 4,
        weight: -0.5,
        words: `only ${connections} connections of one pod`,
      },
      { holds: full, weight: 0.2, words: `its pools of ${app.poolMax} are used up` },
      { holds: (app.poolWaiting ?? 0) > 0, weight: 0.15, words: `${app.poolWaiting} wait for a connection` },
      {
        holds: rejectedConnections > 0,
        weight: 0.15,
        words: `Redis has refused ${rejectedConnections} connections`,
      },
      {
        holds: crowded,
        weight: 0.1,
        words: `${connectedClients} of Redis's ${maxClients} clients are connected`,
      },
      { holds: lines.length > 0, weight: 0.1, words: `its log speaks of it: ${lines.at(-1)?.slice(0, 120)}` },
      {
        holds: growth?.secondsToLimit !== undefined && connections >= manyConnections,
        weight: 0.05,
        words: 'and memory grows',
      },
    ],
  );
}
