import type { Json, JsonObject } from '../json.js';
import { isObject, payloadValues } from './payloads.js';

/** The type of an event without its prefix: `ACTIVITY_TASK_COMPLETED`. Empty where it says none. */
export function eventType({ eventType: type }: JsonObject): string {
  return typeof type === 'string' ? type.replace(/^EVENT_TYPE_/, '') : '';
}

/** What an event says: its one member whose name ends in `EventAttributes`. */
export function attributesOf(event: JsonObject): JsonObject {
  const name = Object.keys(event).find((key) => key.endsWith('EventAttributes'));
  const attributes = name === undefined ? undefined : event[name];
  return isObject(attributes) ? (attributes as JsonObject) : {};
}

/** When it happened: ISO, to the millisecond. Undefined where it says no time. */
export function eventTime({ eventTime: time }: JsonObject): string | undefined {
  const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

/** A completed activity: what it was asked and what it answered. */
export interface ActivityResult {
  /** Name of the activity: `look`, `carryOut`, `sample`, `askGovernor`, `tellGovernor`. */
  readonly activity: string;
  readonly input: Json | undefined;
  readonly result: Json | undefined;
  readonly completedAt: string | undefined;
}

/** The activities that completed, in the order in which they did. */
export function activityResults(events: readonly JsonObject[]): readonly ActivityResult[] {
  const scheduled = new Map<Json | undefined, JsonObject>();
  const results: ActivityResult[] = [];
  for (const event of events) {
    const attributes = attributesOf(event);
    if (eventType(event) === 'ACTIVITY_TASK_SCHEDULED') scheduled.set(event.eventId, attributes);
    if (eventType(event) !== 'ACTIVITY_TASK_COMPLETED') continue;
    const asked = scheduled.get(attributes.scheduledEventId);
    const type = asked?.activityType;
    results.push({
      activity: isObject(type) && typeof type.name === 'string' ? type.name : '',
      input: payloadValues(asked?.input)[0],
      result: payloadValues(attributes.result)[0],
      completedAt: eventTime(event),
    });
  }
  return results;
}
