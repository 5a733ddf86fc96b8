import { capital, count, duration } from '../format.js';
import type { DifferenceKind } from './difference.js';
import { type ChangeMove, type Move, wasSent } from './moves.js';

/** How moves are told, the same in tables, Markdown and sentences. */

/** `after 4 min 10 s`, or `at once`. */
export function after(seconds: number): string {
  return seconds < 1 ? 'at once' : `after ${duration(seconds)}`;
}

export function quoted({ title }: { readonly title: string }): string {
  return `“${title}”`;
}

/** What became of a change: `made after 4 min 10 s, approved by ana`. */
export function fate(move: ChangeMove): string {
  const { end, note, refusal, question } = move;
  const made = move.carriedOutAfterSeconds ?? move.afterSeconds;
  const withNote = (text: string) => (note === '' ? text : `${text}: ${bare(note)}`);
  switch (end) {
    case 'applied':
      return `made ${after(made)}, ${permission(move)}`;
    case 'sent':
      return `sent ${after(move.afterSeconds)}, ${permission(move)}; what came of it is not known`;
    case 'maybeApplied':
      return withNote(
        `sent ${after(move.afterSeconds)}, ${permission(move)}; whether it took effect is not known`,
      );
    case 'alreadyDone':
      return withNote('found done already');
    case 'superseded':
      return withNote('overtaken by something else');
    case 'nothing':
      return withNote('sent without effect');
    case 'notApplied':
      return withNote('not done');
    case 'refused':
      return `refused by guardrail ${refusal?.guardrail ?? 'none'}: ${bare(refusal?.why ?? '')}`;
    case 'rejected':
      return `asked for and rejected${byWhom(question?.by ?? [])}`;
    case 'expired':
      return 'asked for, and nobody decided in time';
    case 'void':
      return `asked for; the question lost its point: ${bare(note)}`;
    case 'unfinished':
      if (question?.answer === 'approved') return `approved${byWhom(question.by)}, and not made`;
      return question ? 'asked for, without an answer' : 'planned, and nothing came of it';
  }
}

function permission({ permission: how, question }: ChangeMove): string {
  if (how === 'approvedBefore') return 'as approved before';
  if (!question) return 'without asking';
  if (question.answer === 'expired') return 'since nobody decided in time';
  return `approved${byWhom(question.by)}`;
}

export function byWhom(people: readonly string[]): string {
  return people.length === 0 ? '' : ` by ${people.join(' and ')}`;
}

/** One cell of the ladder. */
export function moveText(move: Move): string {
  switch (move.type) {
    case 'change':
      return capital(`${move.sentence}: ${fate(move)}${helpOf(move)}${move.undone ? '; undone since' : ''}`);
    case 'leftOut':
      return `${move.title}: left out: ${bare(move.why)}`;
    case 'watch':
      return move.seconds === undefined ? 'Watched' : `Watched for ${duration(move.seconds)}`;
    case 'soak':
      return `Verification (${duration(move.plannedSeconds)}): ${soakEnd(move)}`;
    case 'escalation':
      return `People told ${after(move.afterSeconds)}: ${bare(move.why)}`;
    case 'end':
      return `Closed as ${move.outcome} ${after(move.afterSeconds)}: ${bare(move.why)}`;
  }
}

/** How a soak ended. */
export function soakEnd({ passed, failed }: Extract<Move, { type: 'soak' }>): string {
  if (passed === undefined) return 'it did not come to an end';
  return passed ? 'passed' : `${count(failed.length, 'check')} failed: ${failed.map(bare).join('; ')}`;
}

function helpOf(move: ChangeMove): string {
  if (!wasSent(move) || move.helped === undefined) return '';
  return move.helped ? '; it helped' : '; it was not enough';
}

/** Without its full stop. */
export function bare(text: string): string {
  return text.trim().replace(/[.]$/, '');
}

/** The first so many names, and how many more there are. */
export function names(all: readonly string[], most = 12): string {
  const rest = all.length - most;
  return rest > 0 ? `${all.slice(0, most).join(', ')} and ${rest} more` : all.join(', ');
}

/** What a kind of difference is called in a list. */
export const kindWords: Readonly<Record<DifferenceKind, string>> = {
  skipped: 'left out or not reached',
  added: 'tried where it was not',
  changed: 'another change',
  automatic: 'automatic instead of asked for',
  asked: 'asked for instead of automatic',
  question: 'asked for otherwise',
  answered: 'another answer',
  refused: 'refused',
  allowed: 'no longer refused',
  result: 'comes to something else',
  earlier: 'earlier',
  later: 'later',
  watched: 'watched longer or shorter',
  verification: 'verification differs',
  escalated: 'people told, or at another time',
  notEscalated: 'people not told',
  outcome: 'another outcome',
};
