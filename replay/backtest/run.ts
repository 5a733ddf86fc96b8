import type { CarryOutRequest } from '../../model/activities.js';
import type { BacktestRun } from '../../model/backtest/types.js';
import type { Fact } from '../../model/facts.js';
import type { FreshJudgement } from '../../model/fresh-verdicts.js';
import { type IncidentResult, queries, searchAttributes, stoppedByDefect } from '../../workflows/contract.js';
import { answer } from './answers/index.js';
import { Clock, type Due, type Limit } from './clock.js';
import { Errands } from './errands.js';
import * as jobs from './jobs.js';
import { People } from './people.js';
import { type Answered, type Reply, Scene } from './scene.js';
import type { Message, Tape } from './tape.js';
import { isoOf, type Micros, second } from './times.js';
import type { CandidatePolicy } from './types.js';
import { type Command, type Job, type Names, type Running, valueIn } from './vm.js';

/** A candidate that takes more steps, or is at it longer by its own clock, goes round in circles. */
const mostSteps = 5_000;
const longest = 31 * 86_400 * second;

/** Temporal's number for: a call that is called off is waited for. */
const waitsForItsEnd = 1;

/** An activity that the candidate waits for. */
interface Pending {
  readonly type: string;
  readonly request: unknown;
  readonly waitsForItsEnd: boolean;
  readonly step: number;
  readonly reply: Reply;
  waits: Due | Limit;
}

/** One recorded incident, worked again by the candidate on a clock of its own, with the recording as its world. */
export class Reenactment {
  private readonly clock: Clock;
  private readonly scene: Scene;
  private readonly errands: Errands;
  private readonly people: People;
  private readonly pending = new Map<number, Pending>();
  /** Messages of the present state that are still to come. */
  private coming: Due[] = [];
  /** What the server would hand out at once, within the same task. */
  private atOnce: Job[] = [];
  private steps = 0;
  private stretched: Micros = 0;
  private result: IncidentResult | undefined;

  constructor(
    private readonly running: Running,
    private readonly tape: Tape,
    names: Names,
    recorded: readonly Fact[] | undefined,
    policy: CandidatePolicy | undefined,
  ) {
    this.clock = new Clock(tape.firstTaskAt);
    this.scene = new Scene(tape, recorded, {
      ...(policy && { policy }),
      judge: async (...question) => (await running.query(queries.judge, ...question)) as FreshJudgement,
      facts: () => this.facts(),
    });
    this.errands = new Errands(this.clock, tape, this.scene);
    this.people = new People(this.clock, tape, recorded);
    this.clock.add({ at: tape.firstTaskAt, order: 0, job: jobs.started(tape, names) });
    this.enterState();
  }

  /** Lets it run until it has ended, or comes to what the recording does not know. */
  async run(): Promise<BacktestRun> {
    for (;;) {
      const next = this.clock.next();
      if ('why' in next) {
        const { asked, why } = next;
        return { ...(await this.soFar()), unknown: { asked, why, at: isoOf(this.clock.now) } };
      }
      const failed = await this.deliver(next.happening);
      if (failed !== undefined) return { ...(await this.soFar()), failed };
      if (this.result) return this.ended(this.result);
    }
  }

  /** Returns why the candidate can't go on, where it can't. */
  private async deliver(happening: readonly Due[]): Promise<string | undefined> {
    for (const due of happening) due.happens?.();
    let batch = happening.map(({ job }) => job);
    while (batch.length > 0) {
      this.steps += 1;
      if (this.steps > mostSteps) return `it goes round in circles: ${mostSteps} steps and no end`;
      if (this.clock.now - this.tape.firstTaskAt > longest) return 'it goes on for more than a month';
      const stepped = await this.running.step(this.clock.now, batch);
      if ('failed' in stepped) return `its code failed: ${stepped.failed}`;
      for (const command of stepped.commands) {
        const wrong = await this.command(command);
        if (wrong !== undefined) return wrong;
      }
      batch = this.atOnce;
      this.atOnce = [];
    }
    return undefined;
  }

  /** Sees to one thing that the workflow asks for; returns why it can't be. */
  private async command(command: Command): Promise<string | undefined> {
    if (command.scheduleActivity) await this.schedule(command.scheduleActivity);
    else if (command.requestCancelActivity) this.callOff(command.requestCancelActivity.seq ?? 0);
    else if (command.startTimer) this.errands.startTimer(command.startTimer);
    else if (command.cancelTimer) this.errands.cancelTimer(command.cancelTimer.seq ?? 0);
    else if (command.startChildWorkflowExecution)
      this.errands.startChild(command.startChildWorkflowExecution);
    else if (command.signalExternalWorkflowExecution)
      this.errands.sendSignal(command.signalExternalWorkflowExecution);
    else if (command.upsertWorkflowSearchAttributes) await this.shown(command.upsertWorkflowSearchAttributes);
    else if (command.completeWorkflowExecution) this.complete(command.completeWorkflowExecution);
    else if (command.failWorkflowExecution)
      return `its workflow failed: ${command.failWorkflowExecution.failure?.message ?? 'for no reason given'}`;
    else return unanswerable(command);
    return undefined;
  }

  private complete({ result }: NonNullable<Command['completeWorkflowExecution']>): void {
    this.result = result ? (valueIn(result) as IncidentResult) : undefined;
  }

  private async schedule(command: NonNullable<Command['scheduleActivity']>): Promise<void> {
    const { seq, activityType, arguments: given, cancellationType } = command;
    const type = activityType ?? '';
    const request = given?.[0] ? valueIn(given[0]) : {};
    const reply = await answer(this.scene, type, request, this.clock.now);
    this.pending.set(seq ?? 0, {
      type,
      request,
      waitsForItsEnd: cancellationType === waitsForItsEnd,
      step: this.steps,
      reply,
      waits: this.waitFor(seq ?? 0, type, request, reply),
    });
    if (type === 'carryOut' && !('unknown' in reply)) this.comingMeanwhile(reply);
  }

  /** Puts the answer on the clock, or the end of what is known. */
  private waitFor(seq: number, type: string, request: unknown, reply: Reply): Due | Limit {
    if ('unknown' in reply) return this.clock.limit({ at: reply.at, asked: type, why: reply.unknown });
    const { call } = reply;
    // A change that failed because it was called off would not have failed like that.
    if (call?.cancelledAt !== undefined && 'failure' in reply.answer) {
      const at = this.clock.now + call.cancelledAt - call.askedAt;
      return this.clock.limit({ at, asked: type, why: 'the change was called off in the recording' });
    }
    return this.answerWith(seq, type, request, reply);
  }

  private answerWith(seq: number, type: string, request: unknown, reply: Answered): Due {
    const happens = (): void => {
      this.pending.delete(seq);
      this.stretched = Math.max(this.stretched, reply.stretched);
      if (type !== 'carryOut') return;
      if (this.scene.changed(request as CarryOutRequest, reply.answer, this.clock.now)) this.enterState();
    };
    return this.clock.add({
      at: reply.at,
      order: reply.order,
      job: jobs.answered(seq, reply.answer),
      happens,
    });
  }

  /** What came while the same change was carried out in the recording comes while it is carried out here. */
  private comingMeanwhile({ call }: Answered): void {
    const messages = call && this.scene.state?.during.get(call);
    for (const message of messages ?? [])
      this.coming.push(this.message(message, this.clock.now + message.at - (call?.askedAt ?? 0)));
  }

  /** From now on comes what came in this state; what was still to come in the one before does not. */
  private enterState(): void {
    for (const due of this.coming) this.clock.remove(due);
    const { state, later } = this.scene;
    this.coming = (state?.messages ?? []).map((message) => this.message(message, message.at + later));
  }

  private message(message: Message, at: Micros): Due {
    return this.clock.add({ at, order: message.order, job: jobs.came(message) });
  }

  private callOff(seq: number): void {
    const pending = this.pending.get(seq);
    if (!pending) return;
    const { type, step, reply, request } = pending;
    if (!pending.waitsForItsEnd || step === this.steps) {
      this.clock.remove(pending.waits);
      this.pending.delete(seq);
      this.atOnce.push(jobs.calledOff(seq, type));
      return;
    }
    if ('unknown' in reply || !reply.call) return;
    this.clock.remove(pending.waits);
    const why = 'the change was not called off in the recording';
    pending.waits =
      reply.call.cancelledAt === undefined
        ? this.clock.limit({ at: this.clock.now, asked: type, why })
        : this.answerWith(seq, type, request, reply);
  }

  /** Lists show whether people are asked: so it is seen when a question opens, and when it closes. */
  private async shown(command: NonNullable<Command['upsertWorkflowSearchAttributes']>): Promise<void> {
    const payload = command.searchAttributes?.indexedFields?.[searchAttributes.needsDecision.name];
    if (!payload) return;
    this.people.forget();
    if (valueIn(payload) === true) this.people.ask(await this.facts());
  }

  private async facts(): Promise<readonly Fact[]> {
    return (await this.running.query(queries.facts)) as readonly Fact[];
  }

  private async soFar(): Promise<BacktestRun> {
    // What has failed may not answer any more.
    const facts = await this.facts().catch(() => []);
    return { facts, stretchedSeconds: this.stretched / second };
  }

  private ended({ facts }: IncidentResult): BacktestRun {
    const last = facts.at(-1);
    const defect = last?.type === 'closed' && last.why.startsWith(stoppedByDefect) ? last.why : undefined;
    return {
      facts,
      stretchedSeconds: this.stretched / second,
      ...(defect !== undefined && { failed: defect }),
    };
  }
}

/** Commands that ask for nothing need no answer; the others are beyond a recording. */
function unanswerable(command: Command): string | undefined {
  const silent: readonly (keyof Command)[] = [
    'updateResponse',
    'modifyWorkflowProperties',
    'setPatchMarker',
    'cancelSignalWorkflow',
    'cancelChildWorkflowExecution',
  ];
  if (silent.some((name) => command[name])) return undefined;
  const name = Object.entries(command).find(([, value]) => value)?.[0] ?? 'nothing';
  return `it asks for something that a backtest can't give (${name})`;
}
