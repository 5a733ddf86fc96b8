import type { LadderRow } from './difference.js';
import type { Match } from './match.js';
import type { Scene } from './scene.js';

/**
 * The two ladders beside each other: what answers each other in one row where it kept its order, the rest in rows of
 * its own, each side in its own order.
 */
export function ladderRows(scene: Scene, differs: (match: Match) => boolean): readonly LadderRow[] {
  const anchors = [...scene.steady].sort((a, b) => (a.recorded as number) - (b.recorded as number));
  const answers = new Map(scene.matches.flatMap((match) => sides(match).map((key) => [key, match] as const)));
  const rows: LadderRow[] = [];
  let recorded = 0;
  let candidate = 0;
  const upTo = (recordedEnd: number, candidateEnd: number): void => {
    for (; recorded < recordedEnd; recorded += 1)
      rows.push(onlyRecorded(scene, recorded, answers.get(`r${recorded}`), differs));
    for (; candidate < candidateEnd; candidate += 1) {
      const match = answers.get(`c${candidate}`);
      const mark = match && differs(match) ? 'different' : 'onlyCandidate';
      rows.push({ mark, candidate: scene.candidate[candidate] });
    }
  };
  for (const anchor of anchors) {
    upTo(anchor.recorded as number, anchor.candidate as number);
    const mark = differs(anchor) ? 'different' : 'same';
    rows.push({ mark, recorded: scene.recorded[recorded++], candidate: scene.candidate[candidate++] });
  }
  upTo(scene.recorded.length, scene.candidate.length);
  return rows;
}

function sides({ recorded, candidate }: Match): readonly string[] {
  return [
    ...(recorded === undefined ? [] : [`r${recorded}`]),
    ...(candidate === undefined ? [] : [`c${candidate}`]),
  ];
}

function onlyRecorded(
  scene: Scene,
  index: number,
  match: Match | undefined,
  differs: (match: Match) => boolean,
): LadderRow {
  const recorded = scene.recorded[index];
  if (match && differs(match)) return { mark: 'different', recorded };
  const beyond = match?.candidate === undefined && !scene.ended;
  return { mark: beyond ? 'beyond' : 'onlyRecorded', recorded };
}
