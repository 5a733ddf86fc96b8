import type { Clock, Due } from './clock.js';
import * as jobs from './jobs.js';
import type { Scene } from './scene.js';
import type { Errand, Tape } from './tape.js';
import { type Micros, second } from './times.js';
import type { Command } from './vm.js';

/** What the server does by itself: timers, and the messages to people, whose workflow decides nothing. */
export class Errands {
  private readonly timers = new Map<number, Due>();
  private readonly fired = new Set<Errand>();
  private children = 0;
  private signals = 0;

  constructor(
    private readonly clock: Clock,
    private readonly tape: Tape,
    private readonly scene: Scene,
  ) {}

  startTimer({ seq, startToFireTimeout }: NonNullable<Command['startTimer']>): void {
    const { seconds, nanos } = startToFireTimeout ?? {};
    const lasts = Number(seconds ?? 0) * second + Math.round((nanos ?? 0) / 1000);
    const twin = this.twinOf(lasts);
    if (twin) this.fired.add(twin);
    const heard = twin?.answer ? this.took(twin) : { at: this.clock.now + lasts };
    this.timers.set(seq ?? 0, this.clock.add({ ...heard, job: jobs.fired(seq ?? 0) }));
  }

  /** The same timer in the recording: it was as late as the server was. */
  private twinOf(lasts: Micros): Errand | undefined {
    const asked = this.clock.now - this.scene.later;
    return this.tape.timers.find(
      (timer) => timer.answer && timer.lasts === lasts && timer.askedAt === asked && !this.fired.has(timer),
    );
  }

  cancelTimer(seq: number): void {
    const due = this.timers.get(seq);
    if (due) this.clock.remove(due);
    this.timers.delete(seq);
  }

  startChild({ seq, workflowId }: NonNullable<Command['startChildWorkflowExecution']>): void {
    const errand = this.tape.children[this.children];
    this.children += 1;
    this.clock.add({ ...this.took(errand), job: jobs.childStarted(seq ?? 0, errand, workflowId ?? '') });
  }

  sendSignal({ seq }: NonNullable<Command['signalExternalWorkflowExecution']>): void {
    const errand = this.tape.sent[this.signals];
    this.signals += 1;
    this.clock.add({ ...this.took(errand), job: jobs.signalSent(seq ?? 0, errand) });
  }

  private took(errand: Errand | undefined): { readonly at: Micros; readonly order?: number } {
    if (!errand?.answer) return { at: this.clock.now };
    const { at, order } = errand.answer;
    return { at: this.clock.now + at - errand.askedAt, order };
  }
}
