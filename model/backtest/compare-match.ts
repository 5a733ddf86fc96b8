import { duration } from '../format.js';
import { compareChanges } from './compare-change.js';
import { type Difference, type DifferenceKind, sameTime } from './difference.js';
import type { Match } from './match.js';
import type { ChangeMove, EndMove, EscalationMove, LeftOutMove, Move, SoakMove, WatchMove } from './moves.js';
import type { Scene } from './scene.js';
import { after, bare, fate, quoted, soakEnd } from './words.js';

type Found = Omit<Difference, 'recordedMove' | 'candidateMove'>;

/** The decisions that differ about what answers each other; none where the recording goes beyond what is known. */
export function compareMatch(scene: Scene, match: Match): readonly Difference[] {
  const recorded = match.recorded === undefined ? undefined : scene.recorded[match.recorded];
  const candidate = match.candidate === undefined ? undefined : scene.candidate[match.candidate];
  const place = {
    ...(match.recorded !== undefined && { recordedMove: match.recorded }),
    ...(match.candidate !== undefined && { candidateMove: match.candidate }),
  };
  return differences(scene, match, recorded, candidate).map((found) => ({ ...found, ...place }));
}

function differences(
  scene: Scene,
  match: Match,
  recorded: Move | undefined,
  candidate: Move | undefined,
): readonly Found[] {
  if (recorded && candidate) return compareMoves(scene, match, recorded, candidate);
  if (candidate) return onlyCandidate(candidate);
  if (recorded && scene.ended) return onlyRecorded(recorded, scene.candidate);
  if (recorded?.type === 'change' && isPassed(scene, match))
    return [
      about('skipped', recorded, `had not been tried when what is known ends; recorded: ${fate(recorded)}`),
    ];
  return [];
}

function compareMoves(scene: Scene, match: Match, recorded: Move, candidate: Move): readonly Found[] {
  if (recorded.type === 'change' && candidate.type === 'change') {
    const found = compareChanges(recorded, candidate);
    if (scene.steady.has(match)) return found;
    return [...found.filter(({ by }) => by !== 'time'), moved(scene, match, candidate)];
  }
  if (recorded.type === 'change' && candidate.type === 'leftOut') return [leftOut(recorded, candidate)];
  if (recorded.type === 'leftOut' && candidate.type === 'change') return [added(candidate, recorded)];
  if (recorded.type === 'watch' && candidate.type === 'watch') return watched(recorded, candidate);
  if (recorded.type === 'soak' && candidate.type === 'soak') return verified(recorded, candidate);
  if (recorded.type === 'escalation' && candidate.type === 'escalation') return told(recorded, candidate);
  if (recorded.type === 'end' && candidate.type === 'end') return endedAs(recorded, candidate);
  return [];
}

/** The candidate has gone past it: it did something that was recorded after it. */
function isPassed({ steady }: Scene, match: Match): boolean {
  return [...steady].some(({ recorded }) => (recorded as number) > (match.recorded as number));
}

/** By its place among the moves that kept theirs. */
function moved({ steady }: Scene, match: Match, candidate: ChangeMove): Found {
  const before = (side: 'recorded' | 'candidate') =>
    [...steady].filter((other) => (other[side] as number) < (match[side] as number)).length;
  const kind = before('candidate') < before('recorded') ? 'earlier' : 'later';
  return { ...about(kind, candidate, `comes ${kind} on the ladder than recorded`), by: 'order' };
}

function about(kind: DifferenceKind, move: ChangeMove | LeftOutMove, text: string): Found {
  const { runbook, remedy, title } = move;
  return { kind, sentence: `${quoted(move)} ${text}.`, runbook, remedy, title };
}

function leftOut(recorded: ChangeMove, candidate: LeftOutMove): Found {
  return about('skipped', candidate, `is left out: ${bare(candidate.why)}; recorded: ${fate(recorded)}`);
}

function added(candidate: ChangeMove, recorded?: LeftOutMove): Found {
  const then = recorded ? `left out: ${bare(recorded.why)}` : 'it was not tried there';
  const guardrail = candidate.refusal?.guardrail;
  return {
    ...about('added', candidate, `is tried (${candidate.sentence}): ${fate(candidate)}; recorded: ${then}`),
    ...(guardrail !== undefined && { guardrail }),
  };
}

function onlyCandidate(move: Move): readonly Found[] {
  switch (move.type) {
    case 'change':
      return [added(move)];
    case 'watch':
      return move.seconds === undefined
        ? [{ kind: 'watched', sentence: 'It is watched; recorded: it was not watched there.' }]
        : [watchedFor(move.seconds, 0)];
    case 'soak':
      return [{ kind: 'verification', sentence: `It is verified once more: ${soakEnd(move)}.` }];
    case 'escalation':
      return [
        {
          kind: 'escalated',
          sentence: `People are told ${after(move.afterSeconds)}: ${bare(move.why)}; recorded: they were not told.`,
        },
      ];
    default:
      return [];
  }
}

function onlyRecorded(move: Move, candidate: readonly Move[]): readonly Found[] {
  switch (move.type) {
    case 'change':
      return [about('skipped', move, `is not reached: ${endOf(candidate)}; recorded: ${fate(move)}`)];
    case 'watch':
      return [watchedFor(0, move.seconds ?? 0)];
    case 'soak':
      return [
        {
          kind: 'verification',
          sentence: `It is verified once less; recorded: the verification ${soakEnd(move)}.`,
        },
      ];
    case 'escalation':
      return [
        {
          kind: 'notEscalated',
          sentence: `People are not told; recorded: told ${after(move.afterSeconds)}: ${bare(move.why)}.`,
        },
      ];
    default:
      return [];
  }
}

function endOf(candidate: readonly Move[]): string {
  const end = candidate.findLast((move) => move.type === 'end');
  return end ? `it has ended as ${end.outcome} by then` : 'it came to no end';
}

function watched(recorded: WatchMove, candidate: WatchMove): readonly Found[] {
  if (recorded.seconds === undefined || candidate.seconds === undefined) return [];
  return sameTime(recorded.seconds, candidate.seconds)
    ? []
    : [watchedFor(candidate.seconds, recorded.seconds)];
}

function watchedFor(now: number, then: number): Found {
  const words = now > then ? 'longer' : 'shorter';
  const sentence =
    now === 0
      ? `It is not watched; recorded: for ${duration(then)}.`
      : `It is watched ${words}, for ${duration(now)}; recorded: ${then === 0 ? 'not at all' : `for ${duration(then)}`}.`;
  return { kind: 'watched', sentence, seconds: now - then };
}

function verified(recorded: SoakMove, candidate: SoakMove): readonly Found[] {
  const seconds = candidate.plannedSeconds - recorded.plannedSeconds;
  const words = seconds > 0 ? 'longer' : 'shorter';
  const length: Found = {
    kind: 'watched',
    sentence: `Its verification is ${words}, ${duration(candidate.plannedSeconds)}; recorded: ${duration(recorded.plannedSeconds)}.`,
    seconds,
  };
  const known = recorded.passed !== undefined && candidate.passed !== undefined;
  const result: Found = {
    kind: 'verification',
    sentence: `Its verification comes to something else: ${soakEnd(candidate)}; recorded: ${soakEnd(recorded)}.`,
  };
  return [
    ...(seconds === 0 ? [] : [length]),
    ...(known && recorded.passed !== candidate.passed ? [result] : []),
  ];
}

function told(recorded: EscalationMove, candidate: EscalationMove): readonly Found[] {
  const seconds = candidate.afterSeconds - recorded.afterSeconds;
  if (sameTime(recorded.afterSeconds, candidate.afterSeconds)) return [];
  const words = `${duration(Math.abs(seconds))} ${seconds < 0 ? 'sooner' : 'later'}`;
  const sentence = `People are told ${words}, ${after(candidate.afterSeconds)}; recorded: ${after(recorded.afterSeconds)}.`;
  return [{ kind: 'escalated', sentence, seconds }];
}

function endedAs(recorded: EndMove, candidate: EndMove): readonly Found[] {
  if (recorded.outcome === candidate.outcome) return [];
  const now = `It ends as ${candidate.outcome}: ${bare(candidate.why)}`;
  return [{ kind: 'outcome', sentence: `${now}; recorded: ${recorded.outcome}: ${bare(recorded.why)}.` }];
}
