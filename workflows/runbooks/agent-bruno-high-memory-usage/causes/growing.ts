import type { Cause } from '../../../../model/diagnosis.js';
import { byteRate, bytes, duration } from '../../../../model/format.js';
import { isSteady } from '../../../../model/growth.js';
import { weigh } from '../../../../model/memory/weigh.js';
import type { Figures } from '../figures.js';
import { growthBegan } from '../following.js';
import { causes } from '../names.js';
import { explained } from './explained.js';

/** So long without growth before anything is called steady, seconds. */
export const steadySeconds = 30;
/** So many requests at once are load to be reckoned with. */
const busyRequests = 10;

/** A leak: it grows, and none of what the app is asked to hold explains it. */
export function leak(figures: Figures): Cause {
  const { growth, kills, measure, app } = figures;
  const growing = growth?.secondsToLimit !== undefined;
  const steady = isSteady(growth, steadySeconds);
  const holds = explained(figures);
  const release = growthBegan(figures.look);
  return weigh({ name: causes.leak, summary: 'It takes memory and does not give it back.' }, [
    { holds: growing, weight: 0.5, words: growthWords(figures) },
    { holds: !growing && !steady, weight: 0.2, words: 'how it grows is not known yet' },
    { holds: steady, weight: -0.3, words: growthWords(figures) },
    {
      holds: holds.share !== undefined && holds.share < 0.25,
      weight: 0.25,
      words: `sessions, contexts and connections explain only ${bytes(holds.bytes)} of ${bytes(measure.used)}`,
    },
    {
      holds: holds.share !== undefined && holds.share >= 0.5,
      weight: -0.35,
      words: `${holds.words} explain it`,
    },
    { holds: figures.following.follows, weight: -0.3, words: 'its memory follows the number of sessions' },
    {
      holds: growing && figures.sessionRise !== undefined && figures.sessionRise < 1.2,
      weight: 0.1,
      words: 'it grows while the number of sessions does not',
    },
    { holds: kills.length > 1, weight: 0.1, words: `it was killed ${kills.length} times: it fills up again` },
    {
      holds: (app.gcUncollectable ?? 0) > 0,
      weight: 0.1,
      words: `the collector met ${app.gcUncollectable} objects that it can't free`,
    },
    { holds: release !== undefined, weight: 0.15, words: `it began with ${release?.what ?? ''}` },
    { holds: isBusy(figures), weight: -0.25, words: loadWords(figures) },
  ]);
}

/** Honest load: many requests at once hold memory that they give back. */
export function trafficPeak(figures: Figures): Cause | undefined {
  if (!isBusy(figures)) return undefined;
  return weigh(
    { name: causes.traffic, summary: 'It serves many requests at once, and each of them holds memory.' },
    [
      { holds: true, weight: 0.5, words: loadWords(figures) },
      { holds: figures.kills.length > 1, weight: -0.15, words: 'it was killed more than once' },
    ],
  );
}

/** A limit below honest use: it lies near it and does not grow. */
export function limitTooSmall(figures: Figures): Cause | undefined {
  const { growth, kills, worst, measure } = figures;
  const limit = worst?.limitBytes;
  if (limit === undefined) return undefined;
  const growing = growth?.secondsToLimit !== undefined;
  const steady = isSteady(growth, steadySeconds);
  const holds = explained(figures);
  return weigh(
    { name: causes.limit, summary: `Its limit of ${bytes(limit)} is too small for what it honestly needs.` },
    [
      { holds: steady, weight: 0.5, words: `it lies at ${bytes(measure.used)} and does not grow` },
      { holds: growing, weight: -0.5, words: growthWords(figures) },
      { holds: steady && kills.length > 0, weight: 0.1, words: 'it has been killed all the same' },
      {
        holds: holds.share !== undefined && holds.share >= 0.5,
        weight: -0.3,
        words: `${holds.words} fill it`,
      },
      {
        holds: steady && holds.share !== undefined && holds.share < 0.3,
        weight: 0.15,
        words: 'nothing of it is held for sessions or connections',
      },
    ],
  );
}

/** `it grew by 1.2 MiB/s over 5 min and reaches the limit in 40 s`, or that it did not. */
export function growthWords({ growth }: Pick<Figures, 'growth'>): string {
  if (growth === undefined) return 'its growth is not known yet';
  const over = `over ${duration(growth.overSeconds)} in ${growth.samples} readings`;
  return growth.secondsToLimit === undefined
    ? `it did not grow ${over}`
    : `it grew by ${byteRate(growth.bytesPerSecond)} ${over} and reaches the limit in ${duration(growth.secondsToLimit)}`;
}

function isBusy({ app }: Figures): boolean {
  return (app.inFlight ?? 0) >= busyRequests;
}

function loadWords({ app }: Figures): string {
  return `it is answering ${app.inFlight ?? 0} requests at once`;
}
