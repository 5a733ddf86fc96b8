import { secondsBetween } from '../format.js';
import { compareMatch } from './compare-match.js';
import type { Difference, IncidentDifference, IncidentStatus, LadderRow, Side } from './difference.js';
import type { Match } from './match.js';
import { type ChangeEnd, disrupted, type Move } from './moves.js';
import { ladderRows } from './rows.js';
import { type Scene, sceneOf } from './scene.js';
import type { BacktestPair } from './types.js';

/**
 * An incident as it was beside what the candidate makes of it. What lies beyond a point from which nothing is known
 * counts neither as saved nor as missing.
 */
export function compare({ incident, recorded: then, candidate: run }: BacktestPair): IncidentDifference {
  const scene = sceneOf(then, run);
  const differences = scene.matches.flatMap((match) => compareMatch(scene, match));
  const view = scene.matches.filter((match) => isCompared(scene, match));
  const restarts = restartsOf(scene, view);
  const ladder = rowsOf(scene, differences);
  const { unknown, failed, stretchedSeconds } = run;
  return {
    incident,
    status: failed !== undefined ? 'failed' : scene.ended ? ended(differences) : 'unknown',
    differences: inStoryOrder(scene, ladder, differences),
    recorded: side(scene.recorded, restarts.recorded, questions(scene.recorded, view, 'recorded')),
    candidate: side(scene.candidate, restarts.candidate, questions(scene.candidate, view, 'candidate')),
    restarts: { saved: restarts.saved, added: restarts.added },
    ladder,
    ...(unknown && {
      unknown: { ...unknown, afterSeconds: secondsBetween(run.facts[0]?.at ?? unknown.at, unknown.at) },
    }),
    ...(failed !== undefined && { failed }),
    stretchedSeconds,
  };
}

function ended(differences: readonly Difference[]): IncidentStatus {
  return differences.length === 0 ? 'same' : 'different';
}

/** What is recorded is compared where the candidate has its answer to it, or ended without one. */
function isCompared({ ended, recorded, knownSeconds }: Scene, match: Match): boolean {
  if (match.candidate !== undefined || ended) return true;
  const move = match.recorded === undefined ? undefined : recorded[match.recorded];
  return move !== undefined && move.afterSeconds < knownSeconds;
}

/** Made on both sides, only recorded, only by the candidate. A decision that is still open saves nothing. */
function restartsOf(scene: Scene, view: readonly Match[]) {
  const figures = { recorded: 0, candidate: 0, saved: 0, added: 0 };
  for (const match of view) {
    const was = match.recorded === undefined ? undefined : scene.recorded[match.recorded];
    const is = match.candidate === undefined ? undefined : scene.candidate[match.candidate];
    const kept = disrupted(was) && disrupted(is);
    const saved = disrupted(was) && !kept && (scene.ended || decidedAgainst(is));
    const added = disrupted(is) && !kept;
    if (kept || saved) figures.recorded += 1;
    if (kept || added) figures.candidate += 1;
    if (saved) figures.saved += 1;
    if (added) figures.added += 1;
  }
  return figures;
}

/** The rung was passed, and not only for the moment: after a question that lost its point it would come again. */
function decidedAgainst(move: Move | undefined): boolean {
  if (move?.type === 'leftOut') return true;
  return move?.type === 'change' && against.has(move.end);
}

const against: ReadonlySet<ChangeEnd> = new Set(['refused', 'rejected', 'expired', 'alreadyDone', 'nothing']);

function questions(moves: readonly Move[], view: readonly Match[], of: 'recorded' | 'candidate'): number {
  return view.filter((match) => {
    const index = match[of];
    const move = index === undefined ? undefined : moves[index];
    return move?.type === 'change' && move.question !== undefined;
  }).length;
}

function side(moves: readonly Move[], restarts: number, decisions: number): Side {
  const end = moves.findLast((move) => move.type === 'end');
  return {
    ...(end && { outcome: end.outcome, outcomeWhy: end.why, endedAfterSeconds: end.afterSeconds }),
    restarts,
    decisions,
  };
}

/** As the ladders beside each other are read, from the top. */
function inStoryOrder(
  { recorded, candidate }: Scene,
  rows: readonly LadderRow[],
  differences: readonly Difference[],
): readonly Difference[] {
  const place = ({ candidateMove, recordedMove }: Difference) =>
    candidateMove === undefined
      ? rows.findIndex((row) => row.recorded === recorded[recordedMove ?? -1])
      : rows.findIndex((row) => row.candidate === candidate[candidateMove]);
  return [...differences].sort((a, b) => place(a) - place(b));
}

function rowsOf(scene: Scene, differences: readonly Difference[]): readonly LadderRow[] {
  const differs = (match: Match) =>
    differences.some(
      ({ recordedMove, candidateMove }) =>
        recordedMove === match.recorded && candidateMove === match.candidate,
    );
  return ladderRows(scene, differs);
}
