import type { Fact } from '../model/facts.js';
import type { Json } from '../model/json.js';
import { type Asked, counter } from './commands.js';

/** What the commands of one workflow task came to in a replay. */
export interface HeardTask {
  /** Number of the event with which that workflow task began. */
  readonly began: number;
  readonly asked: readonly Asked[];
}

/** What a replay told while it went. */
export interface Heard {
  readonly facts: readonly Fact[];
  readonly tasks: readonly HeardTask[];
}

/** Bytes as they come out of the workflow's own world, where `Uint8Array` is another class. */
type Bytes = ArrayLike<number>;
interface Payload {
  readonly data?: Bytes | null;
}
/** The parts of Temporal's commands that are compared. */
export interface Command {
  readonly scheduleActivity?: { seq: number; activityType: string; arguments?: readonly Payload[] };
  readonly startTimer?: { seq: number; startToFireTimeout?: { seconds?: unknown; nanos?: number } };
  readonly cancelTimer?: { seq: number };
  readonly requestCancelActivity?: { seq: number };
  readonly startChildWorkflowExecution?: {
    workflowId: string;
    workflowType: string;
    input?: readonly Payload[];
  };
  readonly signalExternalWorkflowExecution?: { signalName: string; args?: readonly Payload[] };
  readonly updateResponse?: { protocolInstanceId: string; completed?: Payload };
  readonly upsertWorkflowSearchAttributes?: object;
  readonly modifyWorkflowProperties?: object;
  readonly setPatchMarker?: { patchId: string };
  readonly continueAsNewWorkflowExecution?: { arguments?: readonly Payload[] };
  readonly completeWorkflowExecution?: object;
  readonly failWorkflowExecution?: { failure?: { message?: string } };
  readonly cancelWorkflowExecution?: object;
}

/** Listens to one replay. `heard` is what it told so far. */
export class Listener {
  private readonly facts: Fact[] = [];
  private readonly byTask = new Map<number, Asked[]>();
  private readonly counted = counter();

  fact(fact: Fact): void {
    this.facts.push(fact);
  }

  /** The commands of one activation; several may belong to one workflow task. */
  commands(commands: readonly Command[], historyLength: number): void {
    const asked = commands.flatMap((command) => this.askedBy(command));
    this.byTask.set(historyLength, [...(this.byTask.get(historyLength) ?? []), ...asked]);
  }

  get heard(): Heard {
    return {
      facts: this.facts,
      tasks: [...this.byTask].map(([began, asked]) => ({ began, asked: withoutBrief(asked) })),
    };
  }

  private askedBy(command: Command): readonly Asked[] {
    const made = readCommand(command);
    if (!made) return [];
    return [{ ...made, id: made.id || this.counted(made.kind) }];
  }
}

/** A timer that is started and given up within one workflow task leaves no event. */
function withoutBrief(asked: readonly Asked[]): readonly Asked[] {
  const started = new Set(asked.filter(({ kind }) => kind === 'timer').map(({ id }) => id));
  const brief = new Set(
    asked.filter(({ kind, id }) => kind === 'cancelTimer' && started.has(id)).map(({ id }) => id),
  );
  return asked.filter(({ kind, id }) => !((kind === 'timer' || kind === 'cancelTimer') && brief.has(id)));
}

function readCommand(command: Command): Asked | undefined {
  const make = (kind: Asked['kind'], more: Partial<Asked> = {}): Asked => ({
    ...{ kind, id: '', name: '', input: [] },
    ...more,
  });
  const { scheduleActivity, startTimer, cancelTimer, updateResponse } = command;
  if (scheduleActivity) {
    const { seq, activityType, arguments: args } = scheduleActivity;
    return make('activity', { id: String(seq), name: activityType, input: values(args) });
  }
  if (startTimer)
    return make('timer', { id: String(startTimer.seq), seconds: secondsOf(startTimer.startToFireTimeout) });
  if (cancelTimer) return make('cancelTimer', { id: String(cancelTimer.seq) });
  if (updateResponse) {
    if (!updateResponse.completed) return undefined;
    return make('answer', {
      id: updateResponse.protocolInstanceId,
      input: values([updateResponse.completed]),
    });
  }
  return readRarer(command, make);
}

function readRarer(
  command: Command,
  make: (kind: Asked['kind'], more?: Partial<Asked>) => Asked,
): Asked | undefined {
  const { startChildWorkflowExecution: child, signalExternalWorkflowExecution: signal } = command;
  const { continueAsNewWorkflowExecution: next, setPatchMarker, failWorkflowExecution: failed } = command;
  if (child)
    return make('child', { id: child.workflowId, name: child.workflowType, input: values(child.input) });
  if (signal) return make('signal', { name: signal.signalName, input: values(signal.args) });
  if (next) return make('continue', { input: values(next.arguments) });
  if (setPatchMarker) return make('marker', { name: 'core_patch' });
  if (failed) return make('failure', { name: failed.failure?.message ?? '' });
  if (command.requestCancelActivity) return make('cancelActivity');
  if (command.upsertWorkflowSearchAttributes) return make('searchAttributes');
  if (command.modifyWorkflowProperties) return make('memo');
  if (command.completeWorkflowExecution) return make('end');
  if (command.cancelWorkflowExecution) return make('cancelled');
  return undefined;
}

function values(payloads: readonly Payload[] | undefined): readonly (Json | undefined)[] {
  return (payloads ?? []).map(({ data }) => {
    if (!data) return undefined;
    try {
      return JSON.parse(Buffer.from(data as Uint8Array).toString('utf8')) as Json;
    } catch {
      return undefined;
    }
  });
}

function secondsOf(duration: { seconds?: unknown; nanos?: number } | undefined): number {
  const whole = Number(String(duration?.seconds ?? 0));
  // As precise as the workflow's own clock, milliseconds: finer figures are only how fractions are written.
  return Math.round(whole * 1000 + (duration?.nanos ?? 0) / 1e6) / 1000;
}
