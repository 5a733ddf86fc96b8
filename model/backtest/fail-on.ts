import { count } from '../format.js';
import { type IncidentDifference, isRecovered } from './difference.js';
import { names } from './words.js';

/** What a pipeline may be made to fail on. */
export const failConditions = [
  'more-restarts',
  'unrecovered',
  'unknown',
  'more-decisions',
  'different',
] as const;
export type FailCondition = (typeof failConditions)[number];

export interface Failing {
  readonly condition: FailCondition;
  readonly incidents: readonly string[];
  /** Names the condition and the incidents. */
  readonly sentence: string;
}

/** Which of the conditions hold. What failed altogether counts as unknown: nothing is known of it. */
export function failing(
  conditions: readonly FailCondition[],
  all: readonly IncidentDifference[],
): readonly Failing[] {
  return conditions.flatMap((condition) => {
    const incidents = all.filter(holds[condition]).map(({ incident }) => incident.shortId);
    if (incidents.length === 0) return [];
    const sentence = `${condition}: ${words[condition]} in ${count(incidents.length, 'incident')}: ${names(incidents)}`;
    return [{ condition, incidents, sentence }];
  });
}

const holds: Readonly<Record<FailCondition, (one: IncidentDifference) => boolean>> = {
  // What was saved up to a point from which nothing is known may come later: it makes up for nothing.
  'more-restarts': ({ restarts, status }) =>
    restarts.added > (status === 'same' || status === 'different' ? restarts.saved : 0),
  unrecovered: ({ recorded, candidate, status }) =>
    status === 'different' && isRecovered(recorded.outcome) && !isRecovered(candidate.outcome),
  unknown: ({ status }) => status === 'unknown' || status === 'failed',
  'more-decisions': ({ recorded, candidate }) => candidate.decisions > recorded.decisions,
  different: ({ status, differences }) => status === 'different' || differences.length > 0,
};

const words: Readonly<Record<FailCondition, string>> = {
  'more-restarts': 'more disruptive changes are made than were',
  unrecovered: 'it no longer recovers',
  unknown: 'nothing is known from some point on',
  'more-decisions': 'more decisions are asked for than were',
  different: 'something is decided otherwise',
};
