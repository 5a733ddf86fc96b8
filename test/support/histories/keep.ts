import { mkdir, writeFile } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { Json, JsonObject } from '../../../model/json.js';
import { engineUrl } from '../containers.js';

interface Event {
  readonly eventType: string;
  readonly [attributes: string]: unknown;
}

/** A recorded run, as it lies in test/histories. */
export interface Kept {
  readonly workflowId: string;
  readonly history: { readonly events: readonly Event[] };
}

/** What names the machine and its folders; a replay compares none of it. */
const names: readonly (readonly [RegExp, string])[] = [
  [whole(process.cwd()), '/nightshift'],
  [whole(homedir()), '/home/nightshift'],
  [whole(hostname()), 'host'],
  ...(engineUrl ? [[whole(engineUrl), 'unix:///var/run/docker.sock'] as const] : []),
];

/** The name where it stands for itself: a host may be called `vm`, and there is /proc/vmstat. */
function whole(name: string): RegExp {
  return new RegExp(`(?<![\\w.-])${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w])`, 'g');
}

/** Writes the history of this run to `folder`, one event a line, without what names this machine. */
export async function keep(folder: string, name: string, handle: WorkflowHandle): Promise<number> {
  const { events } = JSON.parse(historyToJSON(await handle.fetchHistory())) as Kept['history'];
  const lines = events.map((event) => `  ${withoutNames(JSON.stringify(event, reviver))}`);
  const text = `{"workflowId":${JSON.stringify(handle.workflowId)},"history":{"events":[\n${lines.join(',\n')}\n]}}\n`;
  const path = join(folder, `${name}.json`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return text.length;
}

/** Payloads are opened, so that what names the machine goes from them, too. Keys that say who worked are emptied. */
function reviver(this: unknown, key: string, value: unknown): unknown {
  if (key === 'identity') return 'nightshift';
  if (key === 'stackTrace') return '';
  if (key === 'data' && typeof value === 'string' && isPayload(this)) return encode(cleaned(decode(value)));
  return value;
}

function isPayload(holder: unknown): boolean {
  return typeof holder === 'object' && holder !== null && 'metadata' in holder;
}

export function decode(data: string): string {
  return Buffer.from(data, 'base64').toString('utf8');
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

function cleaned(text: string): string {
  const plain = withoutNames(text);
  try {
    return JSON.stringify(withoutReport(strangersOut(JSON.parse(plain) as Json)));
  } catch {
    return plain;
  }
}

function withoutNames(text: string): string {
  return names.reduce((all, [name, instead]) => all.replace(name, instead), text);
}

/** The result of an incident has its facts twice, the second time folded: a replay makes the report anew. */
function withoutReport(value: Json): Json {
  if (typeof value !== 'object' || value === null || !('facts' in value && 'report' in value)) return value;
  const { report: _, ...rest } = value as JsonObject;
  return rest;
}

/** Whatever else ran on the machine that recorded goes: other containers, and what processes outside them are called. */
function strangersOut(value: Json): Json {
  if (Array.isArray(value)) return value.filter((one) => !isStranger(one)).map(strangersOut);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as JsonObject).map(
    ([key, inner]) => [key, strangersOut(inner)] as const,
  );
  const object: JsonObject = Object.fromEntries(entries);
  const isProcess = 'pid' in object && 'args' in object && !('containerId' in object);
  return isProcess ? { ...object, args: '', executable: `process-${object.pid}` } : object;
}

/** A container that is not the tests' own, or evidence about something else than the target or such a container. */
function isStranger(value: Json): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { name, subject, source, restartCount } = value as JsonObject;
  const other = (text: Json | undefined): boolean =>
    typeof text === 'string' && !text.startsWith('nightshift-test-');
  return (restartCount !== undefined && other(name)) || (source !== undefined && other(subject));
}
