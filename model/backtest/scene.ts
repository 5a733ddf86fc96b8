import type { Fact } from '../facts.js';
import { secondsBetween } from '../format.js';
import { inOrder, type Match, matchMoves } from './match.js';
import type { Move } from './moves.js';
import { movesOf } from './read-moves.js';
import type { BacktestRun } from './types.js';

/** Both sides of one incident, and what answers what. */
export interface Scene {
  readonly recorded: readonly Move[];
  readonly candidate: readonly Move[];
  readonly matches: readonly Match[];
  /** Those that kept their order. */
  readonly steady: ReadonlySet<Match>;
  /** True where the candidate's facts go to an end: what is not in them did not happen. */
  readonly ended: boolean;
  /** From when on nothing is known of the candidate; infinite where it came to an end. */
  readonly knownSeconds: number;
}

/** Reads both sides, and finds what answers what. */
export function sceneOf(then: readonly Fact[], { facts, unknown, failed }: BacktestRun): Scene {
  const now = failed === undefined ? facts : withoutDefect(facts);
  const recorded = movesOf(then);
  const candidate = movesOf(now);
  const matches = matchMoves(recorded, candidate);
  const ended = !unknown && candidate.some(({ type }) => type === 'end');
  const first = now[0];
  const last = now.at(-1);
  const knownSeconds = ended
    ? Number.POSITIVE_INFINITY
    : first && last
      ? secondsBetween(first.at, last.at)
      : -1;
  return { recorded, candidate, matches, steady: inOrder(matches, recorded), ended, knownSeconds };
}

/** A defect ends an incident as an escalation, which the candidate did not decide. */
function withoutDefect(facts: readonly Fact[]): readonly Fact[] {
  const end = facts.find((fact) => fact.type === 'closed');
  return facts.filter((fact) => fact !== end && !(fact.type === 'escalated' && fact.why === end?.why));
}
