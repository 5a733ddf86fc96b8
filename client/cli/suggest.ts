import { closest } from '../../config/closest.js';

/** What to say where a name is not known: the nearest one, all that there are, or what else to do. */
export function suggest(word: string, known: readonly string[], otherwise: string): string {
  const near = closest(word, known);
  if (near !== undefined) return `Did you mean ${near}?`;
  return known.length === 0 ? otherwise : `There are: ${[...known].sort().join(', ')}.`;
}
