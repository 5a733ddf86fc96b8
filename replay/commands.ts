import { attributesOf, eventType } from '../model/bundle/events.js';
import { payloadValues } from '../model/bundle/payloads.js';
import type { Json, JsonObject } from '../model/json.js';

/** What a workflow asked Temporal for, in the same form whether it is recorded or came in a replay. */
export interface Asked {
  readonly kind:
    | 'activity'
    | 'timer'
    | 'cancelTimer'
    | 'cancelActivity'
    | 'child'
    | 'signal'
    | 'answer'
    | 'searchAttributes'
    | 'memo'
    | 'marker'
    | 'continue'
    | 'end'
    | 'failure'
    | 'cancelled'
    | 'other';
  /** By which the two are paired: of the activity, the timer, the child, the update. */
  readonly id: string;
  /** Of the activity, the child's type, the signal, the update. */
  readonly name: string;
  readonly input: readonly (Json | undefined)[];
  /** Of a timer. */
  readonly seconds?: number;
}

export interface RecordedCommand extends Asked {
  readonly eventId: number;
  /** Event at which the workflow task ended that asked for it. */
  readonly task: number;
}

type Reader = (attributes: JsonObject) => Partial<Asked>;

const named = (value: Json | undefined): string => {
  const name = typeof value === 'object' && value !== null && 'name' in value ? value.name : value;
  return typeof name === 'string' ? name : '';
};
const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
const inner = (value: Json | undefined, key: string): Json | undefined =>
  typeof value === 'object' && value !== null ? (value as JsonObject)[key] : undefined;

/** `29.771s`, to the millisecond. */
const secondsOf = (duration: string): number => Math.round(Number.parseFloat(duration) * 1000) / 1000;

/** Events that stand for something that the workflow asked for. */
const readers: Readonly<Record<string, readonly [Asked['kind'], Reader?]>> = {
  ACTIVITY_TASK_SCHEDULED: [
    'activity',
    (it) => ({ id: textOf(it.activityId), name: named(it.activityType), input: payloadValues(it.input) }),
  ],
  TIMER_STARTED: [
    'timer',
    (it) => ({ id: textOf(it.timerId), seconds: secondsOf(textOf(it.startToFireTimeout)) }),
  ],
  TIMER_CANCELED: ['cancelTimer', (it) => ({ id: textOf(it.timerId) })],
  ACTIVITY_TASK_CANCEL_REQUESTED: ['cancelActivity'],
  START_CHILD_WORKFLOW_EXECUTION_INITIATED: [
    'child',
    (it) => ({ id: textOf(it.workflowId), name: named(it.workflowType), input: payloadValues(it.input) }),
  ],
  SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED: [
    'signal',
    (it) => ({ name: textOf(it.signalName), input: payloadValues(it.input) }),
  ],
  WORKFLOW_EXECUTION_UPDATE_COMPLETED: [
    'answer',
    (it) => ({
      id: textOf(inner(it.meta, 'updateId')),
      input: payloadValues(inner(it.outcome, 'success')),
    }),
  ],
  UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: ['searchAttributes'],
  WORKFLOW_PROPERTIES_MODIFIED: ['memo'],
  MARKER_RECORDED: ['marker', (it) => ({ name: textOf(it.markerName) })],
  WORKFLOW_EXECUTION_CONTINUED_AS_NEW: ['continue', (it) => ({ input: payloadValues(it.input) })],
  WORKFLOW_EXECUTION_COMPLETED: ['end'],
  WORKFLOW_EXECUTION_FAILED: ['failure'],
  WORKFLOW_EXECUTION_CANCELED: ['cancelled'],
};

/** Everything that the recorded workflow asked for, in the order of its history. */
export function recordedCommands(events: readonly JsonObject[]): readonly RecordedCommand[] {
  const found: RecordedCommand[] = [];
  const counted = counter();
  for (const event of events) {
    const [kind, read] = readers[eventType(event)] ?? [];
    if (!kind) continue;
    const attributes = attributesOf(event);
    const asked = { kind, id: '', name: '', input: [], ...read?.(attributes) };
    found.push({
      ...asked,
      id: asked.id || counted(kind),
      eventId: Number(event.eventId),
      task: Number(attributes.workflowTaskCompletedEventId ?? Number.NaN),
    });
  }
  return found;
}

/** A number for each of a kind that has no id of its own. */
export function counter(): (kind: string) => string {
  const counts = new Map<string, number>();
  return (kind) => {
    const next = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, next);
    return `#${next}`;
  };
}

/** By which a recorded command and one that came are the same. */
export function keyOf({ kind, id }: Asked): string {
  return `${kind} ${id}`;
}
