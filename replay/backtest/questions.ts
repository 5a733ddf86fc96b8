import { isObject } from '../../model/bundle/payloads.js';
import { changeHash } from '../../model/change.js';
import type { Fact, FactOf } from '../../model/facts.js';
import type { JsonObject } from '../../model/json.js';
import { signals, updates } from '../../workflows/contract.js';
import type { AskedPeople, Message, Tape } from './tape.js';

/** A question that people were asked in the recording, with what they answered. */
export interface RecordedQuestion extends AskedPeople {
  /** Hash of the change, where the recorded facts are there to say so. */
  readonly hash?: string;
  /** The hash that people answered with: another one where the archive took a secret out of the change. */
  readonly answered?: string;
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
  return tape.asked.map((asked, n) => ({
    ...asked,
    ...hashes(requests[n], facts),
    answers: answers.filter(([, question]) => question === asked).map(([message]) => message),
  }));
}

function hashes(
  request: FactOf<'decisionRequested'> | undefined,
  facts: readonly Fact[] | undefined,
): Pick<RecordedQuestion, 'hash' | 'answered'> {
  if (!request) return {};
  const planned = facts?.find((fact) => fact.type === 'planned' && fact.change.id === request.changeId);
  const hash = planned?.type === 'planned' ? changeHash(planned.change) : request.hash;
  return { hash, answered: request.hash };
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

/** An answer to the recorded question as an answer to the one that is open now. */
export function answerTo(message: Message, { answered }: RecordedQuestion, { hash }: OpenQuestion): Message {
  const { value } = message;
  if (!isObject(value) || value.hash !== answered || answered === hash) return message;
  return { ...message, value: { ...(value as JsonObject), hash } };
}
