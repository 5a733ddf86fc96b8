import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '../../../model/json.js';

export const histories = fileURLToPath(new URL('../../histories', import.meta.url));

export const recorded = (name: string): string => join(histories, `${name}.json`);

export function eventsOf(name: string): readonly JsonObject[] {
  const { history } = JSON.parse(readFileSync(recorded(name), 'utf8')) as {
    history: { events: JsonObject[] };
  };
  return history.events;
}

/** A folder of the test's own. */
export async function scratch() {
  const folder = await mkdtemp(join(tmpdir(), 'nightshift-test-replay-'));
  return {
    folder,
    async file(name: string, content: string | object): Promise<string> {
      const path = join(folder, name);
      await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
      return path;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The same history until that event, and then ended from outside, as Temporal writes it. */
export function cutShort(name: string, after: number, how: 'terminated' | 'timed out'): JsonObject {
  const events = eventsOf(name).slice(0, after);
  const id = String(after + 1);
  const eventTime = events.at(-1)?.eventTime ?? null;
  const end: JsonObject =
    how === 'terminated'
      ? {
          eventId: id,
          eventTime,
          eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED',
          workflowExecutionTerminatedEventAttributes: { reason: 'by hand', identity: 'test' },
        }
      : {
          eventId: id,
          eventTime,
          eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT',
          workflowExecutionTimedOutEventAttributes: { retryState: 'RETRY_STATE_TIMEOUT' },
        };
  return { events: [...events, end] };
}

/** An open incident to which its alert comes again and again: a history of `length` events and a few more. */
export function longHistory(name: string, after: number, length: number): JsonObject {
  const events: JsonObject[] = [...eventsOf(name).slice(0, after)];
  const alert = events.find((event) => 'workflowExecutionSignaledEventAttributes' in event) as JsonObject;
  const task = events.filter((event) => /WORKFLOW_TASK/.test(String(event.eventType))).slice(0, 3);
  const eventTime = events.at(-1)?.eventTime ?? null;
  while (events.length < length) {
    const first = events.length + 1;
    const ids = { scheduledEventId: String(first + 1), startedEventId: String(first + 2) };
    events.push(
      { ...alert, eventId: String(first), eventTime },
      ...task.map((event, n) => renumbered(event, String(first + 1 + n), eventTime, ids)),
    );
  }
  return { events };
}

/** The event at another place, with what it refers to. */
function renumbered(
  event: JsonObject,
  eventId: string,
  eventTime: JsonObject[string],
  ids: Readonly<Record<string, string>>,
): JsonObject {
  const entries = Object.entries(event).map(([key, value]) => {
    if (!key.endsWith('EventAttributes') || typeof value !== 'object' || value === null) return [key, value];
    const known = Object.entries(ids).filter(([name]) => name in value);
    return [key, { ...value, ...Object.fromEntries(known) }];
  });
  return { ...(Object.fromEntries(entries) as JsonObject), eventId, eventTime };
}
