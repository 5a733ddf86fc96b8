import type { Cause } from '../../../../model/diagnosis.js';
import { byteRate, bytes, duration } from '../../../../model/format.js';
import { weigh } from '../../../../model/memory/weigh.js';
import type { Figures } from '../figures.js';
import { causes } from '../names.js';
import { busyArgument, killArgument } from '../related.js';
import { growthBegan } from '../release.js';
import { atMostWords, manyConnections } from './pools.js';
import { shortLives } from './short-lives.js';

/** What may hold so much of it leaves no room for a leak, or leaves it a guess. */
const enough = 0.6;
/** While connections may explain it all a leak is no more than this. */
const mostBesidePools = 0.35;

/** A leak: it grows, and none of what the app is asked to hold explains it. */
export function leak(figures: Figures): Cause {
  const { course, kills, app, accounts, sessionRise, life, look, load } = figures;
  const growing = course === 'growing';
  const share = accounts.explained / accounts.amount;
  const shareMost = accounts.explainedMost / accounts.amount;
  // What could not be read may be what holds it: without it the rest is no leak yet, only unexplained.
  const all = accounts.missing.length === 0 && life.which === 'present';
  const release = growthBegan(look);
  const pools = poolsMayExplain(accounts);
  const logged = look.details.logLines.filter(speaksOfLeak);
  const cause = weigh({ name: causes.leak, summary: 'It takes memory and does not give it back.' }, [
    { holds: growing, weight: 0.4, words: growthWords(figures) },
    { holds: course === 'unknown', weight: 0.2, words: 'how it grows is not known yet' },
    { holds: course === 'steady', weight: -0.4, words: growthWords(figures) },
    {
      holds: growing && all && shareMost < enough,
      weight: share < 0.4 ? 0.4 : 0.1,
      words: `what could be read explains only ${bytes(accounts.explained)} of ${accounts.amountWords} (${accounts.words})`,
    },
    {
      holds: share < enough && shareMost >= enough && !pools,
      weight: -0.05,
      words: `how much of these came since it began to rise, or what a connection costs, is not known, and they may explain it: ${accounts.words}`,
    },
    { holds: share >= enough, weight: -0.4, words: `${accounts.words} explain ${accounts.amountWords}` },
    {
      holds: !all && share < enough,
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
      words: `the collector met ${app.gcUncollectable} objects that it can't free${collectorWords(figures)}`,
    },
    { holds: logged.length > 0, weight: 0.1, words: `its log speaks of it: ${logged.at(-1)?.slice(0, 120)}` },
    { holds: release !== undefined, weight: 0.15, words: `it began with ${release?.what ?? ''}` },
    {
      holds: pools,
      weight: -0.2,
      words: `what one of its ${accounts.connectionCount} connections costs is not known: ${atMostWords(accounts)}`,
    },
    { holds: load.busy && load.memoryRises !== true, weight: -0.25, words: load.words },
    {
      holds: load.busy && load.memoryRises === true,
      weight: -0.4,
      words: `memory has risen with the requests: ${load.words}`,
    },
    killArgument(figures, 0.05),
  ]);
  return pools ? { ...cause, weight: Math.min(cause.weight, mostBesidePools) } : cause;
}

/** Many connections, which would hold most of it if each cost as much as one can. */
function poolsMayExplain({ connectionCount = 0, connectionsAtMost, amount }: Figures['accounts']): boolean {
  return connectionCount >= manyConnections && (connectionsAtMost?.most ?? 0) >= amount * enough;
}

/** Not of a check that found nothing: `no leak detected`. */
export function speaksOfLeak(line: string): boolean {
  return (
    /\bleak|not closed|unclosed/i.test(line) &&
    !/\b(?:no|without|0)\s+(?:\w+\s+){0,2}leak|leak\w*:?\s+(?:none|0)\b|leak[- ]?check(?:er)?\s+(?:ok|passed)/i.test(
      line,
    )
  );
}

/** What the collector says of itself, where it met what it can't free. */
export function collectorWords({ app }: Pick<Figures, 'app'>): string {
  return app.gcRuns === undefined || (app.gcUncollectable ?? 0) === 0
    ? ''
    : ` (it ran ${app.gcRuns} times${app.gcFreed === undefined ? '' : ` and freed ${app.gcFreed} objects`})`;
}

function unread({ accounts, life }: Figures): string {
  return life.which === 'last'
    ? 'the process that was killed took with it what it held'
    : `not read: ${accounts.missing.join('; ')}`;
}

/** Honest load: many requests at once hold memory that they give back. */
export function trafficPeak(figures: Figures): Cause | undefined {
  const { kills, accounts, load } = figures;
  if (!load.busy) return undefined;
  return weigh(
    { name: causes.traffic, summary: 'It serves many requests at once, and each of them holds memory.' },
    [
      { holds: true, weight: 0.5, words: load.words },
      { holds: load.memoryRises === true, weight: 0.25, words: 'memory has risen with the requests' },
      { holds: load.memoryRises === false, weight: -0.1, words: 'memory does not follow the requests' },
      { holds: kills.length > 1, weight: -0.15, words: 'it was killed more than once' },
      busyArgument(figures, 0.1),
      {
        holds: accounts.explained >= accounts.amount * enough,
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
  const held = Math.max(accounts.sessions?.least ?? 0, accounts.contexts?.least ?? 0);
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
        holds: (accounts.caches?.least ?? 0) >= accounts.amount / 2,
        weight: 0.15,
        words: `its own caches hold ${accounts.caches?.words} of ${accounts.amountWords}`,
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
