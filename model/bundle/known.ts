import { count, dateTime, sentence } from '../format.js';
import { activityResults } from './events.js';
import { endOf } from './make.js';
import { isObject } from './payloads.js';
import type { IncidentBundle } from './types.js';

/**
 * What the history alone tells of an incident that left no facts (terminated, timed out, failed, cancelled by force):
 * how it ended, what was looked at, and every change that was carried out. A sentence each.
 */
export function knownWithoutFacts({ incident, history }: IncidentBundle): readonly string[] {
  const { status, closedAt, alerts } = incident;
  const why = endOf(history.events)?.why;
  const results = activityResults(history.events);
  const looks = results.filter(({ activity }) => activity === 'look').length;
  const changes = results.flatMap(({ activity, input, result }) =>
    activity === 'carryOut' ? changeLine(input, result) : [],
  );
  return [
    `The workflow ended ${status} at ${dateTime(closedAt)}${why === undefined ? '' : ` (${why})`}, so there are no facts and no report.`,
    ...(alerts.length === 0 ? [] : [`Alerts: ${alerts.join(', ')}.`]),
    `It looked ${count(looks, 'time')}; ${changes.length === 0 ? 'nothing was carried out.' : `${count(changes.length, 'change')} came back:`}`,
    ...changes,
    `All that it did is in the history: ${count(history.events.length, 'event')}.`,
  ];
}

function changeLine(input: unknown, result: unknown): readonly string[] {
  if (!isObject(input) || !isObject(input.change) || typeof input.change.sentence !== 'string') return [];
  const { effect, refused } = isObject(result) ? result : {};
  const note = isObject(effect)
    ? effect.note
    : refused === undefined
      ? 'nothing came of it'
      : `refused: ${refused}`;
  return [`- ${input.change.sentence}: ${sentence(String(note))}`];
}
