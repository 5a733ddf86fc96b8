import type { Cause } from '../../../../model/diagnosis.js';
import { bytes, percent } from '../../../../model/format.js';
import { type Argument, weigh } from '../../../../model/memory/weigh.js';
import type { Figures } from '../figures.js';
import type { Holding } from '../holding.js';
import { causes } from '../names.js';

/** Fewer sessions are not many, whatever else is. */
const fewSessions = 50;
/** A session above this is a large conversation rather than one of many, bytes. */
const largeSession = 1024 ** 2;
/** Objects of a process take up to so many times what they take in Redis. */
const mostOverhead = 5;

/** Too many sessions: memory goes with their number. */
export function tooManySessions(figures: Figures): Cause | undefined {
  const { sessions, app, following, sessionRise, bytesPerSession, accounts } = figures;
  const count = sessions?.keys ?? app.activeSessions;
  if (count === undefined) return undefined;
  const share = accounts.sessions;
  const sampled = Math.max(1, sessions?.sampled ?? 1);
  const inRedis = accounts.sessionsInRedis;
  const mayExplain = inRedis !== undefined && inRedis.most >= accounts.amount / 2;
  const tooSmall = inRedis !== undefined && inRedis.most * mostOverhead < accounts.amount * 0.3;
  return weigh(
    {
      name: causes.sessions,
      summary: `${count} sessions are held at once, and memory goes with their number.`,
    },
    [
      ...shareArguments(share, 'sessions', accounts),
      {
        holds: share === undefined && mayExplain,
        weight: 0.25,
        words: `in Redis they take ${inRedis?.words} for each pod, as much as is to be explained; whether the pods hold them, too, is not known`,
      },
      {
        holds: share === undefined && tooSmall,
        weight: -0.4,
        words: `in Redis they take only ${inRedis?.words} for each pod`,
      },
      {
        holds: following.follows && !tooSmall,
        weight: share === undefined ? 0.35 : 0.1,
        words: `memory has followed their number (rank correlation ${following.rho?.toFixed(2)} over ${following.pairs} readings)`,
      },
      { holds: following.but !== undefined, weight: -0.1, words: following.but ?? '' },
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
  const { contexts, amount } = accounts;
  const part = contexts === undefined ? undefined : contexts.least / amount;
  const large = (bytesPerSession ?? 0) >= largeSession;
  return weigh(
    { name: causes.contexts, summary: 'Conversations are kept whole, and each of them is large.' },
    [
      ...shareArguments(contexts, 'conversation contexts', accounts),
      {
        holds: contexts === undefined,
        weight: 0.2,
        words: 'what conversation contexts hold could not be read: it may be they',
      },
      {
        holds: (part ?? 0) >= 0.3 && app.activeSessions !== undefined,
        weight: 0.05,
        words: `that is ${bytes((contexts?.held ?? 0) / Math.max(1, app.activeSessions ?? 1))} a session, with a window of ${app.contextWindow ?? 'unknown'} messages`,
      },
      {
        holds: large && part === undefined,
        weight: 0.25,
        words: `a session has ${bytes(bytesPerSession ?? 0)} in Redis on average`,
      },
      {
        holds: following.follows && (part ?? 0) < 0.5,
        weight: -0.1,
        words: 'memory follows the number of sessions',
      },
    ],
  );
}

/** Most of what is to be explained, or a good part of it, or hardly any; where that is not known it may be. */
function shareArguments(
  holding: Holding | undefined,
  what: string,
  { amount, amountWords, used }: Figures['accounts'],
): readonly Argument[] {
  if (holding === undefined) return [];
  const { least, most, held, words } = holding;
  const hold = `${what} hold ${words} of ${amountWords}`;
  // When it came is not known, but it is a good part of the rise at least, and most of all there is.
  const ofAll = least < most && least >= amount * 0.3 && held >= used / 2;
  const may = least < amount * 0.3 && most >= amount * 0.3;
  return [
    { holds: least >= amount * 0.5, weight: 0.6, words: hold },
    {
      holds: ofAll && least < amount * 0.5,
      weight: 0.6,
      words: `${what} hold ${bytes(held)} of its ${bytes(used)}, and ${words} of ${amountWords}`,
    },
    { holds: !ofAll && least >= amount * 0.3 && least < amount * 0.5, weight: 0.4, words: hold },
    { holds: may, weight: 0.2, words: `${hold}: when it came is not known` },
    { holds: most < amount * 0.15, weight: -0.5, words: `${hold} only` },
  ];
}
