import type { Evidence, Measure, Sample } from '../evidence.js';
import type { FactOf } from '../facts.js';
import type { IncidentView } from '../view.js';
import { type Draft, enter } from './draft.js';

/** What was measured: looks, samples, and the history made of both. */

export function looked(draft: Draft, fact: FactOf<'looked'>): void {
  const { view } = draft;
  if (view.phase === 'looking') enter(draft, fact.diagnosis ? 'climbing' : 'looking', fact.at);
  if (view.evidence.length === 0) view.evidence = fact.evidence;
  view.gaps = mergeGaps(view.gaps, fact.gaps);
  if (fact.measure) view.measure = fact.measure;
  if (fact.diagnosis) view.diagnosis = fact.diagnosis;
  if (fact.diagnosis && fact.diagnosis.level !== 'normal') view.workedOn = fact.diagnosis;
  if (fact.thresholds) view.thresholds = fact.thresholds;
  if (fact.diagnosis?.level === 'critical') view.severity = 'critical';
  view.healthy = fact.healthy;
  view.healthNote = fact.healthNote;
  const { uid, startedAt } = fact.identity;
  remember(draft, [
    {
      at: fact.at,
      healthy: fact.healthy,
      ...(fact.measure ? figures(fact.measure) : { gap: fact.blind ?? 'not read' }),
      ...(fact.healthNote === undefined ? {} : { healthNote: fact.healthNote }),
      id: uid,
      ...(startedAt === undefined ? {} : { startedAt }),
    },
  ]);
}

/** The figure from directly before a change was applied (or after it, as the engine measured it). */
export function measuredAt(draft: Draft, at: string, measure: Measure | undefined): void {
  if (!measure) return;
  draft.view.measure = measure;
  remember(draft, [{ at, ...figures(measure) }]);
}

/** Adds samples, and takes the newest figure and state of health from them. */
export function sampled(draft: Draft, samples: readonly Sample[]): void {
  Object.assign(draft.view, withSamples(draft.view, samples));
}

/** The view with samples that no fact has told of yet: those that a wait under way has taken so far. */
export function withSamples(view: IncidentView, samples: readonly Sample[]): IncidentView {
  const latest = samples.findLast(({ used }) => used !== undefined);
  const health = samples.findLast(({ healthy }) => healthy !== undefined);
  return {
    ...view,
    history: merged(view.history, samples),
    measure: (latest && measureOf(latest, view.measure)) ?? view.measure,
    ...(health ? { healthy: health.healthy, healthNote: health.healthNote } : {}),
  };
}

/** One sample as a measure; undefined where it has no figure. */
export function measureOf(sample: Sample, before: Measure | undefined): Measure | undefined {
  const limit = sample.limit ?? before?.limit;
  if (sample.used === undefined || limit === undefined || limit <= 0) return undefined;
  const percent = (sample.used / limit) * 100;
  return { used: sample.used, limit, unit: 'bytes', percent, against: before?.against ?? 'its limit' };
}

function figures({ used, limit }: Measure): Pick<Sample, 'used' | 'limit'> {
  return { used, limit };
}

function remember({ view }: Draft, samples: readonly Sample[]): void {
  view.history = merged(view.history, samples);
}

/** In order of time, one sample a moment: facts may repeat samples that an earlier fact brought. */
function merged(history: readonly Sample[], samples: readonly Sample[]): readonly Sample[] {
  const byTime = new Map(history.map((sample) => [sample.at, sample]));
  for (const sample of samples) byTime.set(sample.at, { ...byTime.get(sample.at), ...sample });
  return [...byTime.values()].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** Every gap once, with its latest reason. */
function mergeGaps(before: readonly Evidence[], now: readonly Evidence[]): readonly Evidence[] {
  const key = ({ source, name, subject }: Evidence) => `${source}\n${name}\n${subject ?? ''}`;
  return [...new Map([...before, ...now].map((gap) => [key(gap), gap])).values()];
}
