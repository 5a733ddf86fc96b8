import type { Fact } from '../../model/facts.js';
import type { Clock, Due, Limit } from './clock.js';
import * as jobs from './jobs.js';
import { answerTo, lastQuestion, questionsOf, type RecordedQuestion, sameQuestion } from './questions.js';
import type { Tape } from './tape.js';

/** The people who were asked: to the same question they give the same answers, after the same time. */
export class People {
  private readonly recorded: readonly RecordedQuestion[];
  private readonly asked = new Set<RecordedQuestion>();
  private limit: Limit | undefined;
  private answers: readonly Due[] = [];

  constructor(
    private readonly clock: Clock,
    tape: Tape,
    facts: readonly Fact[] | undefined,
  ) {
    this.recorded = questionsOf(tape, facts);
  }

  /** No question is open any more. */
  forget(): void {
    if (this.limit) this.clock.remove(this.limit);
    for (const due of this.answers) this.clock.remove(due);
    this.limit = undefined;
    this.answers = [];
  }

  /** The question that the facts name last is asked now. Where nobody was asked it then, nobody answers. */
  ask(facts: readonly Fact[]): void {
    const question = lastQuestion(facts);
    if (!question) return;
    const { now } = this.clock;
    const about = `'${question.sentence}'`;
    const recorded = sameQuestion(this.recorded, this.asked, question);
    if (!recorded) {
      const why = `nobody was asked about ${about} then`;
      this.limit = this.clock.limit({ at: now, asked: 'decision', why });
      return;
    }
    this.asked.add(recorded);
    const by = now - recorded.askedAt;
    this.answers = recorded.answers.map((message) =>
      this.clock.add({
        at: message.at + by,
        order: message.order,
        job: jobs.came(answerTo(message, recorded, question)),
      }),
    );
    const why = recorded.closed
      ? `the question about ${about} was settled by then, and here it is still open`
      : `the recording ended while people were asked about ${about}`;
    this.limit = this.clock.limit({ at: recorded.closedAt + by, asked: 'decision', why });
  }
}
