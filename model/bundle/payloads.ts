import type { Json, JsonObject } from '../json.js';

/** A payload as it stands in a history's JSON: metadata and data in base64. Without data it is empty. */
export type PayloadJson = {
  readonly metadata: { readonly [name: string]: string };
  readonly data?: string;
};

/** Encodings whose data is JSON text. */
const jsonEncodings: readonly string[] = ['json/plain', 'json/protobuf'];

export function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for a payload, wherever in an event it stands: input, result, memo, search attribute, details of a failure. */
export function isPayload(value: unknown): value is PayloadJson {
  if (!isObject(value)) return false;
  const { metadata, data } = value;
  return (
    isObject(metadata) &&
    typeof metadata.encoding === 'string' &&
    (data === undefined || typeof data === 'string')
  );
}

/** The JSON text in a payload, or undefined where it holds no JSON (empty, binary, encrypted). */
export function payloadText({ metadata, data }: PayloadJson): string | undefined {
  if (data === undefined || !jsonEncodings.includes(decode64(metadata.encoding ?? ''))) return undefined;
  return decode64(data);
}

/** The value in a payload, or undefined where it holds no JSON that can be parsed. */
export function payloadValue(payload: PayloadJson): Json | undefined {
  const text = payloadText(payload);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** The same payload with another JSON text in it. */
export function withText(payload: PayloadJson, text: string): PayloadJson {
  return { ...payload, data: Buffer.from(text, 'utf8').toString('base64') };
}

/** The same payload with another value in it. */
export function withValue(payload: PayloadJson, value: Json): PayloadJson {
  return withText(payload, JSON.stringify(value));
}

/** The values of a `payloads` message (`{payloads: […]}`, as inputs and results are); empty where there is none. */
export function payloadValues(holder: unknown): readonly (Json | undefined)[] {
  if (!isObject(holder) || !Array.isArray(holder.payloads)) return [];
  return holder.payloads.map((payload) => (isPayload(payload) ? payloadValue(payload) : undefined));
}

/** Every payload in an event, or in any part of one, changed; all else stays as it is. */
export function mapPayloads(value: Json, change: (payload: PayloadJson) => Json): Json {
  if (Array.isArray(value)) return value.map((item) => mapPayloads(item, change));
  if (isPayload(value)) return change(value);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([key, member]) => [key, mapPayloads(member, change)]),
  );
}

function decode64(data: string): string {
  return Buffer.from(data, 'base64').toString('utf8');
}
