import type { LadderRow } from './difference.js';
import type { Match } from './match.js';
import type { Scene } from './scene.js';

/**
 * The two ladders beside each other: what answers each other in one row where it kept its order, the rest in rows of
 * its own, each side in its own order. What was recorded beyond the point from which nothing is known comes last.
 */
export function ladderRows(scene: Scene, differs: (match: Match) => boolean): readonly LadderRow[] {
  const { recorded, candidate, matches, steady, ended } = scene;
  const different = new Set(matches.filter(differs).flatMap(sides));
  const rows: LadderRow[] = [];
  let r = 0;
  let c = 0;
  const upTo = (recordedEnd: number, candidateEnd: number): void => {
    for (; r < recordedEnd; r += 1)
      rows.push({ mark: different.has(`r${r}`) ? 'different' : 'onlyRecorded', recorded: recorded[r] });
    for (; c < candidateEnd; c += 1)
      rows.push({ mark: different.has(`c${c}`) ? 'different' : 'onlyCandidate', candidate: candidate[c] });
  };
  for (const match of [...steady].sort((a, b) => (a.recorded as number) - (b.recorded as number))) {
    upTo(match.recorded as number, match.candidate as number);
    rows.push({
      mark: differs(match) ? 'different' : 'same',
      recorded: recorded[r++],
      candidate: candidate[c++],
    });
  }
  const unanswered = (index: number) =>
    matches.some((match) => match.recorded === index && match.candidate === undefined);
  const beyond = ended ? recorded.length : endOfAnswered(recorded.length, r, unanswered);
  upTo(beyond, candidate.length);
  for (; r < recorded.length; r += 1) rows.push({ mark: 'beyond', recorded: recorded[r] });
  return rows;
}

/** Where the recording goes on alone: from there to its end, nothing has an answer. */
function endOfAnswered(length: number, from: number, unanswered: (index: number) => boolean): number {
  let end = length;
  while (end > from && unanswered(end - 1)) end -= 1;
  return end;
}

function sides({ recorded, candidate }: Match): readonly string[] {
  return [
    ...(recorded === undefined ? [] : [`r${recorded}`]),
    ...(candidate === undefined ? [] : [`c${candidate}`]),
  ];
}
