import { readBundle, readWhole } from '../archive/file.js';
import { attributesOf } from '../model/bundle/events.js';
import { isObject, payloadValues } from '../model/bundle/payloads.js';
import { bundleFormat, type IncidentBundle } from '../model/bundle/types.js';
import type { Fact } from '../model/facts.js';
import type { Json, JsonObject } from '../model/json.js';
import type { Recording } from './types.js';

/** A file or a history that is no recording. The message says what it is instead. */
export class NotARecording extends Error {
  override readonly name = 'NotARecording';
  readonly mend =
    'Name bundles (nightshift incident export) or histories (temporal workflow show -o json), whole ones.';
}

/** How much of a file tells whether it is a bundle, whose first member says so. */
const headBytes = 400;

/** Reads one file: a bundle, or a history as Temporal's own tools write it. Throws `BundleError`, `NotARecording`. */
export async function readRecording(file: string, name = file): Promise<Recording> {
  const bytes = await readWhole(file);
  const head = bytes.subarray(0, headBytes).toString('latin1');
  if (isGzip(bytes) || head.includes(bundleFormat)) return fromBundle(name, await readBundle(file));
  return fromHistory(name, parsed(bytes.toString('utf8')));
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function parsed(text: string): Json {
  if (text.trim() === '') throw new NotARecording('the file is empty');
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const position = Number(/position (\d+)/.exec(said)?.[1] ?? 0);
    const cut = /end of JSON|Unterminated/.test(said) || position >= text.length - 1;
    throw new NotARecording(`${cut ? 'it ends in the middle' : 'it is no JSON'}: ${said}`);
  }
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
  const started = attributesOf(events[0] as JsonObject);
  const facts = factsOf(events);
  return {
    name,
    workflowId: workflowId ?? id ?? text(started.workflowId) ?? name,
    workflowType: typeOf(events),
    history: { events },
    ...(facts && { facts }),
  };
}

function eventsIn(value: Json): { readonly events: readonly JsonObject[]; readonly id?: string } {
  const holder = isObject(value) && isObject(value.history) ? value.history : value;
  const events = isObject(holder) ? holder.events : undefined;
  if (!Array.isArray(events) || !events.every(isObject))
    throw new NotARecording('it is JSON, but neither a bundle nor a history: it has no list of events');
  if (events.length === 0) throw new NotARecording('its history has no events');
  const id = isObject(value) ? text(value.workflowId) : undefined;
  return { events: events as readonly JsonObject[], ...(id !== undefined && { id }) };
}

/** The workflow type that the first event names. Throws `NotARecording`. */
function typeOf(events: readonly JsonObject[]): string {
  const type = events[0] ? attributesOf(events[0]).workflowType : undefined;
  const name = isObject(type) ? text(type.name) : undefined;
  if (name === undefined)
    throw new NotARecording('its history does not begin with the start of a workflow: part of it is missing');
  return name;
}

/** Facts in the result of an incident that completed; undefined where it has none. */
function factsOf(events: readonly JsonObject[]): readonly Fact[] | undefined {
  const end = events.at(-1)?.workflowExecutionCompletedEventAttributes;
  const result = isObject(end) ? payloadValues(end.result)[0] : undefined;
  if (!isObject(result) || !Array.isArray(result.facts)) return undefined;
  return result.facts as readonly Fact[];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
