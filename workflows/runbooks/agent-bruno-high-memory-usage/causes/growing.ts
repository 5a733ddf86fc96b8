import type { Cause } from '../../../../model/diagnosis.js';
import { byteRate, bytes, duration } from '../../../../model/format.js';
import { weigh } from '../../../../model/memory/weigh.js';
import { perConnection } from '../accounts.js';
import type { Figures } from '../figures.js';
import { growthBegan } from '../following.js';
import { causes } from '../names.js';
import { busyArgument, killArgument } from '../related.js';
import { shortLives } from './short-lives.js';

/** So many requests at once are load to be reckoned with. */
const busyRequests = 10;
/** So many connections of one pod are more than a pool needs. */
const manyConnections = 100;

/** A leak: it grows, and none of what the app is asked to hold explains it. */
export function leak(figures: Figures): Cause {
  const { course, kills, app, accounts, sessionRise, life, look } = figures;
  const growing = course === 'growing';
  const share = accounts.explained / accounts.amount;
  // What could not be read may be what holds it: without it the rest is no leak yet, only unexplained.
  const all = accounts.missing.length === 0 && life.which === 'present';
  const release = growthBegan(look);
  const mostOfConnections = (accounts.connectionCount ?? 0) * perConnection.most;
  const logged = look.details.logLines.filter((line) => /leak|not closed|unclosed/i.test(line));
  return weigh({ name: causes.leak, summary: 'It takes memory and does not give it back.' }, [
    { holds: growing, weight: 0.4, words: growthWords(figures) },
    { holds: course === 'unknown', weight: 0.2, words: 'how it grows is not known yet' },
    { holds: course === 'steady', weight: -0.4, words: growthWords(figures) },
    {
      holds: growing && all && share < 0.6,
      weight: share < 0.4 ? 0.4 : 0.1,
      words: `what could be read explains only ${bytes(accounts.explained)} of ${accounts.amountWords} (${accounts.words})`,
    },
    { holds: share >= 0.6, weight: -0.4, words: `${accounts.words} explain ${accounts.amountWords}` },
    {
      holds: !all && share < 0.6,
      weight: -0.1,
      words: `it can't be told from honest use: ${unread(figures)}`,
    },
    {
      holds: growing && sessionRise !== undefined && sessionRise < 1.2 && all,
      weight: 0.05,
      words: 'it grows while the number of sessions does not',
    },
    {
      holds: kills.length > 1,
      weight: 0.05,
      words: `it was killed ${kills.length} times: it fills up again`,
    },
    {
      holds: (app.gcUncollectable ?? 0) > 0,
      weight: 0.1,
      words: `the collector met ${app.gcUncollectable} objects that it can't free`,
    },
    { holds: logged.length > 0, weight: 0.1, words: `its log speaks of it: ${logged.at(-1)?.slice(0, 120)}` },
    { holds: release !== undefined, weight: 0.15, words: `it began with ${release?.what ?? ''}` },
    {
      holds: (accounts.connectionCount ?? 0) >= manyConnections && mostOfConnections >= accounts.amount * 0.6,
      weight: -0.2,
      words: `its ${accounts.connectionCount} connections may hold more than is reckoned for them`,
    },
    { holds: isBusy(figures), weight: -0.25, words: loadWords(figures) },
    killArgument(figures, 0.05),
  ]);
}

function unread({ accounts, life }: Figures): string {
  return life.which === 'last'
    ? 'the process that was killed took with it what it held'
    : `not read: ${accounts.missing.join('; ')}`;
}

/** Honest load: many requests at once hold memory that they give back. */
export function trafficPeak(figures: Figures): Cause | undefined {
  if (!isBusy(figures)) return undefined;
  const { kills, accounts } = figures;
  return weigh(
    { name: causes.traffic, summary: 'It serves many requests at once, and each of them holds memory.' },
    [
      { holds: true, weight: 0.5, words: loadWords(figures) },
      { holds: kills.length > 1, weight: -0.15, words: 'it was killed more than once' },
      busyArgument(figures, 0.1),
      {
        holds: accounts.explained >= accounts.amount * 0.6,
        weight: -0.3,
        words: `${accounts.words} explain ${accounts.amountWords} without them`,
      },
    ],
  );
}

/** A limit below honest use: it lies near it and does not grow, or it can't even start under it. */
export function limitTooSmall(figures: Figures): Cause | undefined {
  const { course, kills, worst, measure, accounts, rssBytes } = figures;
  const limit = worst?.limitBytes;
  if (limit === undefined) return undefined;
  const steady = course === 'steady';
  const held = Math.max(accounts.sessions ?? 0, accounts.contexts ?? 0);
  const starving = shortLives(figures);
  const release = growthBegan(figures.look);
  return weigh(
    { name: causes.limit, summary: `Its limit of ${bytes(limit)} is too small for what it honestly needs.` },
    [
      {
        holds: steady,
        weight: 0.55,
        words: `it lies at ${bytes(measure.used)} and does not grow (${growthWords(figures)})`,
      },
      { holds: course === 'growing' && starving === undefined, weight: -0.5, words: growthWords(figures) },
      { holds: starving !== undefined, weight: 0.6, words: starving ?? '' },
      {
        holds: starving !== undefined && release !== undefined,
        weight: -0.3,
        words: `it began with ${release?.what ?? ''}: what differs may take more than it needs`,
      },
      { holds: steady && kills.length > 0, weight: 0.1, words: 'it has been killed all the same' },
      killArgument(figures, 0.1),
      {
        holds: (accounts.caches ?? 0) >= accounts.amount / 2,
        weight: 0.15,
        words: `its own caches hold ${bytes(accounts.caches ?? 0)} of ${accounts.amountWords}`,
      },
      {
        holds: held >= accounts.amount * 0.4,
        weight: -0.35,
        words: `${accounts.words}: what it holds can be made less`,
      },
      {
        holds: steady && accounts.contexts === undefined && rssBytes === undefined,
        weight: -0.2,
        words: `what fills it could not be read: ${accounts.missing.join('; ')}`,
      },
    ],
  );
}

/** `it grew by 1.2 MiB/s over 5 min and reaches the limit in 40 s`, or that it did not. */
export function growthWords({ growth }: Pick<Figures, 'growth'>): string {
  if (growth === undefined) return 'its growth is not known yet';
  const over = `over ${duration(growth.overSeconds)} in ${growth.samples} readings`;
  return growth.secondsToLimit === undefined
    ? `no growth beyond noise ${over}`
    : `it grew by ${byteRate(growth.bytesPerSecond)} ${over} and reaches the limit in ${duration(growth.secondsToLimit)}`;
}

function isBusy({ app }: Figures): boolean {
  return (app.inFlight ?? 0) >= busyRequests;
}

function loadWords({ app }: Figures): string {
  return `it is answering ${app.inFlight ?? 0} requests at once`;
}
