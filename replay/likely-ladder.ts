import type { Fact, Rung } from '../model/facts.js';
import type { FactPair } from './facts.js';

/** Facts in which a ladder that was changed shows. */
const climbing: ReadonlySet<Fact['type']> = new Set([
  ...(['rungStarted', 'rungSkipped', 'planned', 'watching', 'verifying', 'escalated', 'closed'] as const),
]);

/**
 * How the ladder that the incident opened with differs from the one of today, in a sentence; undefined where it does
 * not, or where the difference shows in something that no ladder decides.
 */
export function ladderEdit(
  was: readonly Rung[] | undefined,
  now: readonly Rung[] | undefined,
  pair: FactPair | undefined,
): string | undefined {
  if (!was || !now) return undefined;
  if (pair && ![pair.expected, pair.came].some((fact) => fact && climbing.has(fact.type))) return undefined;
  const gone = was.filter(({ remedy }) => !now.some((rung) => rung.remedy === remedy));
  const added = now.filter(({ remedy }) => !was.some((rung) => rung.remedy === remedy));
  const renamed = gone.flatMap((rung) => {
    const to = added.find((each) => each.title === rung.title || place(now, each) === place(was, rung));
    return to && gone.length === added.length ? [`${rung.remedy} → ${to.remedy}`] : [];
  });
  if (renamed.length > 0) return `renamed on the ladder: ${renamed.join(', ')}`;
  if (gone.length > 0) return `gone from the ladder: ${names(gone)}`;
  if (added.length > 0) return `new on the ladder: ${names(added)}`;
  const moved = was.filter((rung) => place(was, rung) !== place(now, rung));
  return moved.length > 0 ? `moved on the ladder: ${names(was)} → ${names(now)}` : undefined;
}

function place(ladder: readonly Rung[], { remedy }: Rung): number {
  return ladder.findIndex((rung) => rung.remedy === remedy);
}

function names(rungs: readonly Rung[]): string {
  return rungs.map(({ remedy }) => remedy).join(', ');
}
