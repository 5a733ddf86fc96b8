import { attributesOf, eventType } from '../../model/bundle/events.js';
import { isObject, payloadValues } from '../../model/bundle/payloads.js';
import type { Json, JsonObject } from '../../model/json.js';
import { searchAttributes } from '../../workflows/contract.js';
import type { AskedPeople, Call, Errand, Message, Tape } from './tape.js';
import { type Micros, microsOf, microsOfDuration } from './times.js';

/** A history that can't be taken apart. The message says what it lacks. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

interface Event {
  readonly id: number;
  readonly type: string;
  readonly at: Micros;
  readonly attributes: JsonObject;
}

/** A workflow task that was completed: when its worker took it is the workflow's clock in it. */
interface Task {
  readonly startedId: number;
  readonly completedId: number;
  readonly at: Micros;
}

/** Takes a history apart. Throws `Unreadable`. */
export function decode(history: readonly JsonObject[]): Tape {
  const events = history.map(eventOf);
  const clock = clockOf(events);
  const [first, last] = [events[0], events.at(-1)];
  if (first?.type !== 'WORKFLOW_EXECUTION_STARTED' || !last)
    throw new Unreadable('its history does not begin with the start of a workflow');
  const firstTask = clock.tasks[0];
  if (!firstTask) throw new Unreadable('no worker ever worked on it');
  if (payloadValues(first.attributes.input)[0] === undefined)
    throw new Unreadable('what it was opened with is no JSON: its payloads may be encrypted');
  const about = { events, clock, endedAt: last.at };
  const sent = errandsOf(about, 'SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED', {
    done: ['EXTERNAL_WORKFLOW_EXECUTION_SIGNALED'],
    failed: ['SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED'],
  });
  return {
    started: first.attributes,
    startedAt: first.at,
    firstTaskAt: firstTask.at,
    endedAt: last.at,
    end: last.type,
    calls: callsOf(about),
    messages: messagesOf(about),
    timers: errandsOf(about, 'TIMER_STARTED', { done: ['TIMER_FIRED'], failed: [] }).map((timer) => ({
      ...timer,
      lasts: microsOfDuration(timer.attributes.startToFireTimeout),
    })),
    children: errandsOf(about, 'START_CHILD_WORKFLOW_EXECUTION_INITIATED', {
      done: ['CHILD_WORKFLOW_EXECUTION_STARTED'],
      failed: ['START_CHILD_WORKFLOW_EXECUTION_FAILED'],
    }),
    sent,
    asked: askedOf(about, sent),
  };
}

function eventOf(event: JsonObject): Event {
  const { eventId, eventTime } = event;
  const id = Number(eventId);
  if (!Number.isInteger(id) || typeof eventTime !== 'string')
    throw new Unreadable('an event has no number or no time');
  return { id, type: eventType(event), at: microsOf(eventTime), attributes: attributesOf(event) };
}

interface Clock {
  readonly tasks: readonly Task[];
  /** When the workflow hears of what that event says; undefined where it ended before. */
  heardAt(eventId: number): Micros | undefined;
  /** When the workflow gave the command that made this event. */
  commandedAt(attributes: JsonObject): Micros;
  /** When the task ran whose completion is the last before this event. */
  taskBefore(eventId: number): Micros;
}

/** Tasks that failed or timed out left no trace in the workflow: what they were to deliver came with a later one. */
function clockOf(events: readonly Event[]): Clock {
  const starts = new Map(events.map(({ id, at }) => [id, at]));
  const tasks = events
    .filter(({ type }) => type === 'WORKFLOW_TASK_COMPLETED')
    .map(({ id, attributes }) => {
      const startedId = Number(attributes.startedEventId);
      return { startedId, completedId: id, at: starts.get(startedId) ?? 0 };
    });
  const byCompletion = new Map(tasks.map(({ completedId, at }) => [completedId, at]));
  return {
    tasks,
    heardAt: (eventId) => tasks[firstAfter(tasks, eventId)]?.at,
    commandedAt: ({ workflowTaskCompletedEventId: id }) => byCompletion.get(Number(id)) ?? 0,
    taskBefore: (eventId) => tasks.findLast(({ completedId }) => completedId < eventId)?.at ?? 0,
  };
}

/** Index of the first task that was started after this event. */
function firstAfter(tasks: readonly Task[], eventId: number): number {
  let [low, high] = [0, tasks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tasks[middle] as Task).startedId > eventId) high = middle;
    else low = middle + 1;
  }
  return low;
}

interface About {
  readonly events: readonly Event[];
  readonly clock: Clock;
  readonly endedAt: Micros;
}

const activityEnds: Readonly<Record<string, string>> = {
  ACTIVITY_TASK_COMPLETED: 'Activity task completed',
  ACTIVITY_TASK_FAILED: 'Activity task failed',
  ACTIVITY_TASK_TIMED_OUT: 'Activity task timed out',
  ACTIVITY_TASK_CANCELED: 'Activity cancelled',
};

function callsOf({ events, clock, endedAt }: About): readonly Call[] {
  const ends = new Map<number, Event>();
  const cancels = new Map<number, Micros>();
  for (const event of events) {
    if (event.type in activityEnds) ends.set(Number(event.attributes.scheduledEventId), event);
    if (event.type === 'ACTIVITY_TASK_CANCEL_REQUESTED')
      cancels.set(Number(event.attributes.scheduledEventId), clock.commandedAt(event.attributes));
  }
  return events
    .filter(({ type }) => type === 'ACTIVITY_TASK_SCHEDULED')
    .map((event) => {
      const { activityType, input } = event.attributes;
      const type = isObject(activityType) ? String(activityType.name) : '';
      const end = ends.get(event.id);
      const cancelledAt = cancels.get(event.id);
      // Only a change is waited for after it was asked to end; nobody heard what the others still said.
      const heard = cancelledAt === undefined || type === 'carryOut' ? end : undefined;
      return {
        type,
        request: payloadValues(input)[0] ?? {},
        askedAt: clock.commandedAt(event.attributes),
        sentAt: event.at,
        endedAt: end?.at ?? endedAt,
        ...answerOf(heard, clock, type),
        ...(cancelledAt !== undefined && { cancelledAt }),
      };
    });
}

function answerOf(end: Event | undefined, clock: Clock, activityType: string): Pick<Call, 'answer'> {
  const at = end && clock.heardAt(end.id);
  if (!end || at === undefined) return {};
  const heard = { at, order: end.id };
  if (end.type === 'ACTIVITY_TASK_COMPLETED')
    return { answer: { ...heard, value: payloadValues(end.attributes.result)[0] ?? null } };
  return { answer: { ...heard, failure: activityFailure(end, activityType) } };
}

/** As the SDK hands a failed activity to the workflow: the failure itself is the cause. */
function activityFailure({ type, attributes }: Event, name: string): JsonObject {
  const { scheduledEventId, startedEventId, retryState, failure, details } = attributes;
  const cancelled: JsonObject = {
    message: '',
    canceledFailureInfo: details === undefined ? {} : { details },
  };
  return {
    message: activityEnds[type] ?? '',
    activityFailureInfo: {
      ...(scheduledEventId !== undefined && { scheduledEventId }),
      ...(startedEventId !== undefined && { startedEventId }),
      activityType: { name },
      activityId: '',
      ...(retryState !== undefined && { retryState }),
    },
    cause: type === 'ACTIVITY_TASK_CANCELED' ? cancelled : withoutDelays(failure ?? {}),
  };
}

/** A delay before the next attempt is a duration as text, which the SDK's own reader does not take. */
function withoutDelays(value: Json): Json {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject)
      .filter(([key]) => key !== 'nextRetryDelay')
      .map(([key, member]) => [key, withoutDelays(member)]),
  );
}

function messagesOf({ events, clock }: About): readonly Message[] {
  return events.flatMap((event): readonly Message[] => {
    const { id, type, attributes } = event;
    if (type === 'WORKFLOW_EXECUTION_UPDATE_ACCEPTED') {
      const asked = attributes.acceptedRequest;
      const input = isObject(asked) ? (asked.input as JsonObject) : {};
      const value = payloadValues(input.args)[0];
      const at = clock.taskBefore(id);
      return [{ kind: 'update', name: String(input.name), value, attributes, at, order: id }];
    }
    const at = clock.heardAt(id);
    if (at === undefined) return [];
    if (type === 'WORKFLOW_EXECUTION_CANCEL_REQUESTED')
      return [{ kind: 'cancel', name: 'cancel', value: undefined, attributes, at, order: id }];
    if (type !== 'WORKFLOW_EXECUTION_SIGNALED') return [];
    const value = payloadValues(attributes.input)[0];
    return [{ kind: 'signal', name: String(attributes.signalName), value, attributes, at, order: id }];
  });
}

/** What was begun by an event of that type, with the end that refers to it. */
function errandsOf(
  { events, clock }: About,
  begins: string,
  ends: { readonly done: readonly string[]; readonly failed: readonly string[] },
): readonly Errand[] {
  const ended = new Map<number, Event>();
  for (const event of events) {
    if (![...ends.done, ...ends.failed].includes(event.type)) continue;
    ended.set(Number(event.attributes.initiatedEventId ?? event.attributes.startedEventId), event);
  }
  return events
    .filter(({ type }) => type === begins)
    .map(({ id, attributes }) => {
      const end = ended.get(id);
      const at = end && clock.heardAt(end.id);
      return {
        askedAt: clock.commandedAt(attributes),
        attributes,
        ...(end &&
          at !== undefined && { answer: { at, order: end.id, failed: ends.failed.includes(end.type) } }),
      };
    });
}

/** A question stands open as long as the search attribute says so. */
function askedOf({ events, clock, endedAt }: About, sent: readonly Errand[]): readonly AskedPeople[] {
  const titles = sent.map(titleOf).filter((title) => title !== undefined);
  const asked: AskedPeople[] = [];
  let open: Micros | undefined;
  const close = (closedAt: Micros, closed: boolean): void => {
    if (open === undefined) return;
    const title = titles[asked.length];
    asked.push({ askedAt: open, closedAt, closed, ...(title !== undefined && { title }) });
    open = undefined;
  };
  for (const { type, attributes } of events) {
    if (type !== 'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES') continue;
    const needed = needsDecision(attributes);
    const at = clock.commandedAt(attributes);
    if (needed === true) open = at;
    if (needed === false) close(at, true);
  }
  close(endedAt, false);
  return asked;
}

function needsDecision({ searchAttributes: given }: JsonObject): Json | undefined {
  const fields = isObject(given) ? given.indexedFields : undefined;
  const payload = isObject(fields) ? fields[searchAttributes.needsDecision.name] : undefined;
  return payload === undefined ? undefined : payloadValues({ payloads: [payload] })[0];
}

/** Of a message that asks for a decision. */
function titleOf({ attributes }: Errand): string | undefined {
  const notification = payloadValues(attributes.input)[0];
  if (!isObject(notification) || notification.what !== 'decision') return undefined;
  return String(notification.title);
}
