import { duration } from '../format.js';
import { type Difference, type DifferenceKind, sameTime } from './difference.js';
import type { ChangeMove, Question } from './moves.js';
import { bare, byWhom, fate, quoted } from './words.js';

type Found = Omit<Difference, 'recordedMove' | 'candidateMove'>;

/** How the candidate decided otherwise about a change that both planned. */
export function compareChanges(recorded: ChangeMove, candidate: ChangeMove): readonly Found[] {
  return [
    ...otherChange(recorded, candidate),
    ...(otherRuling(recorded, candidate) ?? otherPermission(recorded, candidate)),
    ...otherResult(recorded, candidate),
    ...otherTime(recorded, candidate),
  ];
}

function found(kind: DifferenceKind, move: ChangeMove, text: string, more: Partial<Found> = {}): Found {
  const { runbook, remedy, title } = move;
  return { kind, sentence: `${quoted(move)} ${text}.`, runbook, remedy, title, ...more };
}

function otherChange(recorded: ChangeMove, candidate: ChangeMove): readonly Found[] {
  if (recorded.hash === candidate.hash && recorded.disruption === candidate.disruption) return [];
  if (recorded.hash === candidate.hash) {
    const text = `is of disruption ${candidate.disruption} for the candidate; recorded: ${recorded.disruption}`;
    return [found('changed', candidate, text)];
  }
  const same = recorded.sentence === candidate.sentence;
  const then = same ? 'the same in words, with other details' : recorded.sentence;
  return [found('changed', candidate, `is another change: ${candidate.sentence}; recorded: ${then}`)];
}

/** A guardrail that refuses on one side only, or another one. */
function otherRuling(recorded: ChangeMove, candidate: ChangeMove): readonly Found[] | undefined {
  const then = recorded.refusal;
  const now = candidate.refusal;
  if (now && now.guardrail !== then?.guardrail) {
    const text = `is refused by guardrail ${now.guardrail}: ${bare(now.why)}; recorded: ${fate(recorded)}`;
    return [found('refused', candidate, text, { guardrail: now.guardrail })];
  }
  if (then && !now && candidate.end !== 'unfinished') {
    const text = `is no longer refused by guardrail ${then.guardrail} (${bare(then.why)}); candidate: ${fate(candidate)}`;
    return [found('allowed', candidate, text, { guardrail: then.guardrail })];
  }
  return undefined;
}

function otherPermission(recorded: ChangeMove, candidate: ChangeMove): readonly Found[] {
  const then = recorded.permission;
  const now = candidate.permission;
  if (then === 'asked' && (now === 'automatic' || needsNobody(recorded, candidate))) {
    const why = candidate.autonomyWhy === undefined ? '' : ` (${bare(candidate.autonomyWhy)})`;
    const how = now === 'automatic' ? 'goes ahead without asking' : 'needs no decision';
    const open = now === 'automatic' ? '' : '; what comes of it is not known';
    return [found('automatic', candidate, `${how}${why}${open}; recorded: ${asked(recorded)}`)];
  }
  if (now === 'asked' && then !== 'asked' && then !== undefined) {
    const why = candidate.question?.why.map(bare).join('; ') ?? '';
    return [found('asked', candidate, `is asked for: ${why}; recorded: ${fate(recorded)}`)];
  }
  return recorded.question && candidate.question
    ? otherQuestion(candidate, recorded.question, candidate.question)
    : [];
}

/** Nothing is known of it after the plan, and already there nobody is to be asked who was. */
function needsNobody(recorded: ChangeMove, { end, permission, ruling }: ChangeMove): boolean {
  return recorded.ruling === 'ask' && permission === undefined && ruling === 'allow' && end === 'unfinished';
}

function asked({ question, end }: ChangeMove): string {
  const { answer, by, afterSeconds, answeredAfterSeconds } = question as Question;
  const took =
    answeredAfterSeconds === undefined
      ? ''
      : ` after a wait of ${duration(answeredAfterSeconds - afterSeconds)}`;
  if (answer === undefined)
    return `it was asked for, and ${end === 'unfinished' ? 'nobody had answered' : end}`;
  const said = {
    approved: 'approved',
    rejected: 'rejected',
    expired: 'answered by nobody in time',
    void: 'void',
  };
  return `it was asked for, and ${said[answer]}${answer === 'expired' ? '' : byWhom(by)}${took}`;
}

function otherQuestion(candidate: ChangeMove, then: Question, now: Question): readonly Found[] {
  const other: Found[] = [];
  if (then.approvals !== now.approvals)
    other.push(
      found('question', candidate, `asks for ${now.approvals} approvals; recorded: ${then.approvals}`),
    );
  if (now.answer !== undefined && now.answer !== then.answer) {
    const words = {
      approved: 'approved',
      rejected: 'rejected',
      expired: 'not answered in time',
      void: 'void',
    };
    const was = then.answer === undefined ? 'no answer' : words[then.answer];
    other.push(found('answered', candidate, `is asked for and ${words[now.answer]}; recorded: ${was}`));
  }
  return other;
}

/** Both went ahead, and something else came of it. */
function otherResult(recorded: ChangeMove, candidate: ChangeMove): readonly Found[] {
  const both = recorded.permission !== undefined && candidate.permission !== undefined;
  const known = isResult(recorded) && isResult(candidate);
  if (!both || !known) return [];
  if (recorded.end !== candidate.end)
    return [
      found('result', candidate, `comes to something else: ${fate(candidate)}; recorded: ${fate(recorded)}`),
    ];
  const { helped } = candidate;
  if (helped === undefined || recorded.helped === undefined || helped === recorded.helped) return [];
  const words = helped
    ? 'counts as having helped; recorded: not enough'
    : 'counts as not enough; recorded: it helped';
  return [found('result', candidate, words)];
}

function isResult({ end }: ChangeMove): boolean {
  return ['applied', 'alreadyDone', 'superseded', 'nothing', 'notApplied', 'maybeApplied'].includes(end);
}

/** By time: when it was carried out where both were, else when it was planned. Waits for people are told as such. */
function otherTime(recorded: ChangeMove, candidate: ChangeMove): readonly Found[] {
  const made = [recorded.carriedOutAfterSeconds, candidate.carriedOutAfterSeconds];
  const carriedOut =
    made[0] !== undefined && made[1] !== undefined && recorded.permission === candidate.permission;
  const then = carriedOut ? (made[0] as number) : recorded.afterSeconds;
  const now = carriedOut ? (made[1] as number) : candidate.afterSeconds;
  if (sameTime(then, now)) return [];
  const seconds = now - then;
  const what = carriedOut ? 'is made' : 'is planned';
  const [kind, word] = seconds < 0 ? (['earlier', 'sooner'] as const) : (['later', 'later'] as const);
  const text = `${what} ${duration(Math.abs(seconds))} ${word}: after ${duration(now)}; recorded: after ${duration(then)}`;
  return [found(kind, candidate, text, { by: 'time', seconds })];
}
