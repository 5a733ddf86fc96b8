/** The known word that was probably meant, or undefined where none is near enough. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const near = known
    .map((candidate) => ({ candidate, steps: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, steps }) => steps <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.steps - b.steps);
  return near[0]?.candidate;
}

/** `Did you mean 'x'?`, or else the words that there are. */
export function didYouMean(word: string, known: readonly string[], otherwise: string): string {
  const meant = closest(word, known);
  if (meant !== undefined) return `Write '${meant}' (is that what was meant?)`;
  return known.length === 0 ? otherwise : `Use one of: ${known.join(', ')}`;
}

/** Levenshtein distance; two neighbouring letters in the wrong order count as one step. */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...Array<number>(b.length).fill(0)]);
  const at = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let j = 0; j <= b.length; j++) rows[0]![j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let steps = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) steps = Math.min(steps, at(i - 2, j - 2) + 1);
      rows[i]![j] = steps;
    }
  }
  return at(a.length, b.length);
}
