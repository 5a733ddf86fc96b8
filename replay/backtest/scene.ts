import type { CarryOutRequest } from '../../model/activities.js';
import type { Fact } from '../../model/facts.js';
import type { FreshJudgement } from '../../model/fresh-verdicts.js';
import type { AnyLook } from '../../model/look.js';
import { nearest } from './nearness.js';
import { keyAfter, type State, statesOf, stepOf } from './states.js';
import type { Answer, Call, Tape } from './tape.js';
import type { Micros } from './times.js';
import type { CandidatePolicy } from './types.js';
import { inState } from './words.js';

/** What the recording says to one call of the candidate. */
export type Reply = Answered | { readonly unknown: string; readonly at: Micros };

export interface Answered {
  readonly answer: Answer;
  readonly at: Micros;
  /** Of the recorded event: what came later there comes later where the times are equal. */
  readonly order: number;
  /** How far the reading that answers is from the moment that was asked for. */
  readonly stretched: Micros;
  /** The recorded call, where one stands behind the answer. */
  readonly call?: Call;
}

/** What only the candidate can say. */
export interface Candidates {
  readonly policy?: CandidatePolicy;
  judge(request: CarryOutRequest, look: AnyLook, now: string): Promise<FreshJudgement>;
  facts(): Promise<readonly Fact[]>;
}

/** Order of what has no recorded event: after everything that has one. */
export const unordered = Number.MAX_SAFE_INTEGER;

/** Where the candidate has brought the target to, and what the recording knows of it there. */
export class Scene {
  readonly states: readonly State[];
  /** Recorded calls that have answered: of two that could, the one that has not is taken. */
  readonly used = new Set<Call>();
  private key = '';
  sentences: readonly string[] = [];
  /** When the candidate entered the state it is in. */
  entered: Micros;

  constructor(
    readonly tape: Tape,
    readonly recorded: readonly Fact[] | undefined,
    readonly candidate: Candidates,
  ) {
    this.states = statesOf(tape);
    this.entered = tape.firstTaskAt;
  }

  /** What is known of the present state; undefined where the recording never came to it. */
  get state(): State | undefined {
    return this.states.find(({ key }) => key === this.key);
  }

  /** How much later the present state is than the same one in the recording. */
  get later(): Micros {
    return this.state ? this.entered - this.state.from : 0;
  }

  /** A change was answered: true where the target is in another state now. */
  changed(request: CarryOutRequest, answer: Answer, at: Micros): boolean {
    const step = stepOf(request, { ...answer, at, order: 0 });
    if (step === undefined) return false;
    this.key = keyAfter(this.key, step);
    this.sentences = [...this.sentences, request.change.sentence];
    this.entered = at;
    return true;
  }

  calls(wanted: (call: Call) => boolean): readonly Call[] {
    return this.state?.calls.filter(wanted) ?? [];
  }

  /** How far a recorded call of this state is from now, both counted from the beginning of the state. */
  distance(call: Call, now: Micros): Micros {
    return Math.abs(call.askedAt + this.later - now);
  }

  /** Of these calls of the present state the one nearest to now; of equally near ones one that has not answered yet. */
  nearest(calls: readonly Call[], now: Micros): Call | undefined {
    return nearest(
      calls,
      (call) => this.distance(call, now),
      (call) => !this.used.has(call),
    );
  }

  /** The recorded call had no answer: so long nothing came, and what would have come then is not known. */
  brokenOff(call: Call, now: Micros, why: string): Reply {
    const lasted = (call.cancelledAt ?? this.tape.endedAt) - call.askedAt;
    return { unknown: `${why}, ${inState(this.sentences)}`, at: now + lasted };
  }
}
