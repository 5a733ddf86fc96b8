import { readFile } from 'node:fs/promises';
import { bundleFormat, type IncidentBundle } from '../model/bundle/types.js';
import type { Fact } from '../model/facts.js';
import type { Json, JsonObject } from '../model/json.js';
import type { Recording } from './types.js';

/** A file or a history that is no recording. The message says what it is instead. */
export class NotARecording extends Error {
  override readonly name = 'NotARecording';
}

/** Reads one file: a bundle, or a history as Temporal's own tools write it. Throws `BundleError`, `NotARecording`. */
export async function readRecording(file: string, name = file): Promise<Recording> {
  const value = parsed(await readFile(file, 'utf8'));
  return isBundle(value) ? fromBundle(name, value as unknown as IncidentBundle) : fromHistory(name, value);
}

function parsed(text: string): Json {
  if (text.trim() === '') throw new NotARecording('the file is empty');
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new NotARecording(`it is no JSON, or not all of it is there: ${(error as Error).message}`);
  }
}

function isBundle(value: Json): boolean {
  return isObject(value) && value.format === bundleFormat;
}

/** What a bundle that has been read tells a replay. */
export function fromBundle(name: string, bundle: IncidentBundle): Recording {
  const { incident, history, facts } = bundle;
  return {
    name,
    workflowId: incident.workflowId,
    workflowType: typeOf(history.events),
    history,
    ...(facts && { facts }),
    incident,
  };
}

/**
 * A history in Temporal's JSON form: `{"events": […]}` as `temporal workflow show -o json` and the UI's download have
 * it, or with the workflow's id around it. Throws `NotARecording`.
 */
export function fromHistory(name: string, value: Json, workflowId?: string): Recording {
  const { events, id } = eventsIn(value);
  const started = attributesOf(events[0]);
  const facts = factsOf(events);
  return {
    name,
    workflowId: workflowId ?? id ?? text(started?.workflowId) ?? name,
    workflowType: typeOf(events),
    history: { events },
    ...(facts && { facts }),
  };
}

function eventsIn(value: Json): { readonly events: readonly JsonObject[]; readonly id?: string } {
  if (!isObject(value)) throw new NotARecording('it is JSON, but neither a bundle nor a history');
  const inner = value.history;
  const holder = isObject(inner) ? inner : value;
  const { events } = holder;
  if (!isList(events) || !events.every(isObject))
    throw new NotARecording('it is JSON, but neither a bundle nor a history: it has no list of events');
  if (events.length === 0) throw new NotARecording('its history has no events');
  const id = text(value.workflowId);
  return { events, ...(id !== undefined && { id }) };
}

/** The workflow type that the first event names. Throws `NotARecording`. */
function typeOf(events: readonly JsonObject[]): string {
  const type = attributesOf(events[0])?.workflowType;
  const name = isObject(type) ? text(type.name) : undefined;
  if (name === undefined)
    throw new NotARecording('its history does not begin with the start of a workflow: part of it is missing');
  return name;
}

/** Facts in the result of an incident that completed; undefined where it has none. */
function factsOf(events: readonly JsonObject[]): readonly Fact[] | undefined {
  const end = events.at(-1)?.workflowExecutionCompletedEventAttributes;
  const result = isObject(end) ? payloadsOf(end.result)[0] : undefined;
  if (!isObject(result) || !isList(result.facts)) return undefined;
  return result.facts as unknown as readonly Fact[];
}

/** The attributes of an event, under whichever of its names. */
export function attributesOf(event: JsonObject | undefined): JsonObject | undefined {
  if (!event) return undefined;
  const found = Object.entries(event).find(([key]) => key.endsWith('EventAttributes'))?.[1];
  return isObject(found) ? found : undefined;
}

/** Payloads as values; one that is no plain JSON (encrypted, binary) is undefined. */
export function payloadsOf(holder: Json | undefined): readonly (Json | undefined)[] {
  if (!isObject(holder) || !isList(holder.payloads)) return [];
  return holder.payloads.map((payload) => {
    if (!isObject(payload) || typeof payload.data !== 'string') return undefined;
    try {
      return JSON.parse(Buffer.from(payload.data, 'base64').toString('utf8')) as Json;
    } catch {
      return undefined;
    }
  });
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
