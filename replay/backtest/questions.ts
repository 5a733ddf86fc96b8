import type { Fact, FactOf } from '../../model/facts.js';
import { signals, updates } from '../../workflows/contract.js';
import type { AskedPeople, Message, Tape } from './tape.js';

/** A question that people were asked in the recording, with what they answered. */
export interface RecordedQuestion extends AskedPeople {
  /** Hash of the change, where the recorded facts are there to say so. */
  readonly hash?: string;
  readonly answers: readonly Message[];
}

/** A question that the candidate asks. */
export interface OpenQuestion {
  readonly hash: string;
  readonly sentence: string;
}

const answerNames: readonly string[] = [updates.decide, signals.approve, signals.reject];

/** Which answers came while which question stood open. */
export function decisionAnswers({ asked, messages }: Tape): ReadonlyMap<Message, AskedPeople> {
  const found = new Map<Message, AskedPeople>();
  for (const message of messages) {
    if (!answerNames.includes(message.name)) continue;
    const question = asked.find(({ askedAt, closedAt }) => message.at > askedAt && message.at <= closedAt);
    if (question) found.set(message, question);
  }
  return found;
}

/** The questions of a recording, in order. */
export function questionsOf(tape: Tape, facts: readonly Fact[] | undefined): readonly RecordedQuestion[] {
  const answers = [...decisionAnswers(tape)];
  const requests = (facts ?? []).filter((fact) => fact.type === 'decisionRequested');
  return tape.asked.map((asked, n) => {
    const hash = requests[n]?.hash;
    return {
      ...asked,
      ...(hash !== undefined && { hash }),
      answers: answers.filter(([, question]) => question === asked).map(([message]) => message),
    };
  });
}

/** The question that was asked last, as the facts say. */
export function lastQuestion(facts: readonly Fact[]): OpenQuestion | undefined {
  const request = facts.findLast(
    (fact): fact is FactOf<'decisionRequested'> => fact.type === 'decisionRequested',
  );
  const planned = facts.findLast(
    (fact): fact is FactOf<'planned'> => fact.type === 'planned' && fact.change.id === request?.changeId,
  );
  return request && { hash: request.hash, sentence: planned?.change.sentence ?? 'a change' };
}

/** The next recorded question about the same change. A person approves a change, in whatever state it is asked for. */
export function sameQuestion(
  recorded: readonly RecordedQuestion[],
  used: ReadonlySet<RecordedQuestion>,
  { hash, sentence }: OpenQuestion,
): RecordedQuestion | undefined {
  return recorded.find(
    (question) =>
      !used.has(question) &&
      (question.hash === undefined ? question.title?.endsWith(`: ${sentence}`) : question.hash === hash),
  );
}
