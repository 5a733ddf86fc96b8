import type { CarryOutRequest, CarryOutResult } from '../../model/activities.js';
import { changeHash } from '../../model/change.js';
import type { State } from './states.js';
import type { Call } from './tape.js';
import { type Micros, second } from './times.js';

/** When, counted by the changes that had been made. */
export function inState(sentences: readonly string[]): string {
  if (sentences.length === 0) return 'before anything was changed';
  return `after ${sentences.map((sentence) => `'${sentence}'`).join(' and ')}`;
}

export function nobodyLooked(sentences: readonly string[]): string {
  return `the target was never looked at ${inState(sentences)}`;
}

export function tooFar(distance: Micros, sentences: readonly string[]): string {
  return `the nearest look at the target ${inState(sentences)} is ${Math.round(distance / second)} s away`;
}

/** Why nothing is known of a change that goes ahead now: it was refused, or it was done in other states, or never. */
export function whereElse(
  { states, sentences }: { readonly states: readonly State[]; readonly sentences: readonly string[] },
  { change, mode }: CarryOutRequest,
  refused: Call | undefined,
): string {
  const what = mode === 'undo' ? `the undo '${change.sentence}'` : `'${change.sentence}'`;
  if (refused?.answer && 'value' in refused.answer) {
    const { refused: why } = refused.answer.value as CarryOutResult;
    return `${what} was refused in the recording (${why ?? 'no reason given'}), so what it does is not known`;
  }
  const hash = changeHash(change);
  const other = states.find(({ calls }) =>
    calls.some((call) => {
      const request = call.request as CarryOutRequest;
      return call.type === 'carryOut' && request.mode === mode && changeHash(request.change) === hash;
    }),
  );
  const when = other ? `; it was ${inState(other.sentences)}` : '';
  return `${what} was never carried out ${inState(sentences)}${when}`;
}
