import type { Json, JsonObject } from '../json.js';
import { attributesOf } from './events.js';
import { isObject, isPayload, type PayloadJson, payloadText, payloadValues, withText } from './payloads.js';
import { Redactor } from './redactor.js';

/** Members of an event that name or number things: ids, types, queues, times. Nothing of them is a person's text. */
const structural =
  /(?:Id|Type|Time|Timeout|Name|name|Version|Digest|kind|namespace|encoding|status|state|data|checksum|sdkMetadata)$/;

/**
 * A history without the secrets in it: payloads opened and closed again, failure messages, reasons, identities. What
 * is clean stays as it is, byte for byte. The same text is redacted alike wherever it stands, so that a replay of
 * what is left goes the same way.
 */
export function redactHistory(events: readonly JsonObject[]): {
  readonly events: readonly JsonObject[];
  readonly redactions: number;
} {
  const called = calledOf(events[0]);
  const looking = new Redactor(called);
  for (const event of events) redactMembers(event, looking);
  if (looking.redactions === 0) return { events, redactions: 0 };
  const secrets = givenAway([...looking.found], called);
  const first = redactAll(events, new Redactor(called, secrets));
  if (first.rehashed.size === 0) return first;
  return redactAll(events, new Redactor(called, secrets, first.rehashed));
}

function redactAll(events: readonly JsonObject[], redactor: Redactor) {
  const clean = events.map((event) => redactMembers(event, redactor));
  return { events: clean, redactions: redactor.redactions, rehashed: redactor.rehashed };
}

/** What the incident itself is called: its ids, its runbook, its target. */
function calledOf(first: JsonObject | undefined): string {
  const { workflowId, workflowType, input } = first ? attributesOf(first) : {};
  const opened = payloadValues(input)[0];
  return JSON.stringify([workflowId, workflowType, isObject(opened) ? opened.target : null]);
}

/** Secrets looked for everywhere: enough for any incident that is not all secrets, few enough for one pattern. */
const mostSecrets = 200;

/**
 * Those that are no word which may rightly stand elsewhere: long, with letters and digits, and no part of what the
 * incident itself is called.
 */
function givenAway(secrets: readonly string[], called: string): readonly string[] {
  const telling = (secret: string): boolean =>
    secret.length >= 8 && /\d/.test(secret) && /[a-z]/i.test(secret) && !/\s/.test(secret);
  return secrets.filter((secret) => telling(secret) && !called.includes(secret)).slice(0, mostSecrets);
}

function redactMembers(holder: JsonObject, redactor: Redactor): JsonObject {
  let changed = false;
  const members = Object.entries(holder).map(([key, value]) => {
    const clean = redactValue(key, value, redactor);
    changed ||= clean !== value;
    return [key, clean] as const;
  });
  return changed ? Object.fromEntries(members) : holder;
}

function redactValue(key: string, value: Json, redactor: Redactor): Json {
  if (typeof value === 'string') return structural.test(key) ? value : redactor.text(value);
  if (isPayload(value)) return redactPayload(value, redactor);
  if (Array.isArray(value)) {
    const clean = value.map((item: Json) => redactValue(key, item, redactor));
    return clean.some((item, index) => item !== value[index]) ? clean : value;
  }
  return isObject(value) ? redactMembers(value as JsonObject, redactor) : value;
}

function redactPayload(payload: PayloadJson, redactor: Redactor): PayloadJson {
  const text = payloadText(payload);
  if (text === undefined) return payload;
  const clean = redactor.json(text);
  return clean === text ? payload : withText(payload, clean);
}
