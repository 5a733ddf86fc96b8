import { type ChangeMove, type Move, wasSent } from './moves.js';

/** Indexes of moves that answer each other; one of them is absent where the other side has no such move. */
export interface Match {
  readonly recorded?: number;
  readonly candidate?: number;
}

/**
 * Which recorded move each of the candidate's answers: of the same rung (of the same runbook), the likest one, the
 * earliest first. Watches, soaks and escalations answer each other one by one.
 */
export function matchMoves(recorded: readonly Move[], candidate: readonly Move[]): readonly Match[] {
  const free = new Set(recorded.keys());
  const found = new Map<number, number>();
  // Likest first: otherwise a rung that was left out would take the place of the change that came later.
  for (const least of [8, 4, 2, 1]) {
    for (const [index, move] of candidate.entries()) {
      if (found.has(index)) continue;
      const best = likest(recorded, free, move);
      if (best === undefined || best.likeness < least) continue;
      free.delete(best.index);
      found.set(index, best.index);
    }
  }
  return [
    ...candidate.map((_, index) => ({ recorded: found.get(index), candidate: index })),
    ...[...free].map((index) => ({ recorded: index })),
  ];
}

function likest(recorded: readonly Move[], free: ReadonlySet<number>, move: Move) {
  let best: { readonly index: number; readonly likeness: number } | undefined;
  for (const index of free) {
    const likeness = likenessOf(recorded[index] as Move, move);
    if (likeness > (best?.likeness ?? 0)) best = { index, likeness };
  }
  return best;
}

/** 0: they have nothing to do with each other. */
function likenessOf(a: Move, b: Move): number {
  if (a.type === 'change' && b.type === 'change') return sameRung(a, b) ? likeChanges(a, b) : 0;
  if (a.type === 'leftOut' && b.type === 'leftOut') return sameRung(a, b) ? (a.why === b.why ? 8 : 4) : 0;
  if (isOfRung(a) && isOfRung(b)) return sameRung(a, b) ? 1 : 0;
  return a.type === b.type ? 8 : 0;
}

function likeChanges(a: ChangeMove, b: ChangeMove): number {
  const same = a.hash === b.hash ? 8 : a.kind === b.kind && a.object === b.object ? 4 : 2;
  // Of a move that was cut short nothing tells which of several it is: then it is the first one.
  if (b.end === 'unfinished' || b.end === 'sent') return same;
  const sent = wasSent(a) === wasSent(b) ? 0.5 : 0;
  return same + sent + (a.end === b.end ? 0.25 : 0);
}

type OfRung = Extract<Move, { remedy: string }>;

export function isOfRung(move: Move): move is OfRung {
  return 'remedy' in move;
}

function sameRung(a: OfRung, b: OfRung): boolean {
  return a.remedy === b.remedy && a.runbook === b.runbook;
}

/**
 * The matches that keep their order on both sides: the heaviest such run. What is not in it has moved. Gentle rungs
 * weigh more than disruptive ones, so that of two that changed places the disruptive one is said to have moved.
 */
export function inOrder(matches: readonly Match[], recorded: readonly Move[]): ReadonlySet<Match> {
  const both = matches
    .filter(
      (match): match is Required<Match> => match.recorded !== undefined && match.candidate !== undefined,
    )
    .sort((a, b) => a.recorded - b.recorded);
  const runs: { readonly weight: number; readonly before: number }[] = [];
  for (const match of both) {
    let before = -1;
    for (const [earlier, run] of runs.entries()) {
      const fits = (both[earlier] as Required<Match>).candidate < match.candidate;
      if (fits && run.weight > (runs[before]?.weight ?? 0)) before = earlier;
    }
    runs.push({ weight: (runs[before]?.weight ?? 0) + weightOf(recorded[match.recorded]), before });
  }
  let at = runs.reduce((best, run, index) => (run.weight > (runs[best]?.weight ?? 0) ? index : best), -1);
  const kept = new Set<Match>();
  while (at >= 0) {
    kept.add(both[at] as Match);
    at = runs[at]?.before ?? -1;
  }
  return kept;
}

function weightOf(move: Move | undefined): number {
  if (!move || !isOfRung(move)) return 0.5;
  return move.type === 'leftOut' ? 0.75 : move.disruption === 'none' ? 2 : 1;
}
