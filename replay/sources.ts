import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { Archive } from '../archive/types.js';
import { reach } from '../client/temporal.js';
import type { Json } from '../model/json.js';
import { searchAttributes } from '../workflows/contract.js';
import { fromHistory, NotARecording, readRecording } from './recording.js';
import type { Recording } from './types.js';

/** Where recordings are looked for. */
export interface Sources {
  /** Files and folders, as they were named; folders with all that are in them. Relative ones to `cwd`. */
  readonly paths?: readonly string[];
  readonly cwd?: string;
  /** Incidents that ended since then (ISO): those of the server, and those of the archive that it no longer has. */
  readonly since?: string;
  readonly client?: Client;
  readonly archive?: Archive;
  /** Of the server and the archive, only these. */
  readonly runbook?: string;
  readonly target?: string;
}

/** Where one recording lies, known before it is read. */
export type Pointer =
  | { readonly kind: 'file'; readonly name: string; readonly file: string }
  | { readonly kind: 'run'; readonly name: string; readonly workflowId: string; readonly runId: string };

/** A named path that is not there. */
export class NoSuchSource extends Error {
  override readonly name = 'NotFound';
  readonly mend = 'Name bundles, histories, or folders of them; nightshift replay --help shows examples.';
}

/** What can't be read: by which name it goes, and why. */
export type OnBad = (name: string, error: Error) => void;

/**
 * Everything that the sources point at, each incident once: files as named, folders in the order of their names, the
 * server, then the archive. Nothing is read yet but the archive's own list. Throws `NoSuchSource`,
 * `TemporalUnreachable`.
 */
export async function* pointersOf(sources: Sources, onBad: OnBad = ignore): AsyncIterable<Pointer> {
  const { paths = [], cwd = process.cwd() } = sources;
  for (const path of paths) yield* inPath(resolve(cwd, path), path);
  if (sources.since === undefined) return;
  const seen = new Set<string>();
  if (sources.client) yield* onServer(sources.client, sources, seen);
  if (sources.archive) yield* inArchive(sources.archive, sources, seen, onBad);
}

/** The recordings themselves, one after the other; what can't be read is told to `onBad` and passed over. */
export async function* recordingsOf(sources: Sources, onBad: OnBad = ignore): AsyncIterable<Recording> {
  for await (const pointer of pointersOf(sources, onBad)) {
    const recording = await load(pointer, sources.client).catch((error: Error) => {
      onBad(pointer.name, error);
      return undefined;
    });
    if (recording) yield recording;
  }
}

/** Reads what the pointer points at. Throws `BundleError`, `NotARecording`, `TemporalUnreachable`. */
export async function load(pointer: Pointer, client?: Client): Promise<Recording> {
  if (pointer.kind === 'file') return readRecording(pointer.file, pointer.name);
  if (!client) throw new NotARecording('it is on the server, and there is no connection to it');
  const { name, workflowId, runId } = pointer;
  const history = await reach(client, fetchMs, () =>
    client.workflow.getHandle(workflowId, runId).fetchHistory(),
  );
  return fromHistory(name, JSON.parse(historyToJSON(history)) as Json, workflowId);
}

/** Milliseconds that fetching one history may take: a long one has several pages. */
const fetchMs = 60_000;
const listMs = 120_000;

async function* inPath(path: string, name: string): AsyncIterable<Pointer> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new NoSuchSource(`${name} can't be opened (${error.code ?? error.message})`, { cause: error });
  });
  if (!found.isDirectory()) return yield { kind: 'file', name, file: path };
  for (const entry of (await readdir(path, { withFileTypes: true })).sort(byName)) {
    const inner = join(path, entry.name);
    const innerName = join(name, entry.name);
    if (entry.isDirectory()) yield* inPath(inner, innerName);
    else if (entry.isFile() && isRecordingName(entry.name))
      yield { kind: 'file', name: innerName, file: inner };
  }
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** In a folder, only what bundles and histories are called; a file that was named is tried whatever its name. */
function isRecordingName(name: string): boolean {
  return (name.endsWith('.json') || name.endsWith('.json.gz')) && !name.startsWith('.');
}

async function* onServer(client: Client, sources: Sources, seen: Set<string>): AsyncIterable<Pointer> {
  const query = serverQuery(sources);
  const listing = client.workflow.list({ query, pageSize: 500 })[Symbol.asyncIterator]();
  for (;;) {
    const next = await reach(client, listMs, () => listing.next());
    if (next.done) return;
    const { workflowId, runId } = next.value;
    seen.add(runId);
    yield { kind: 'run', name: `${workflowId} (run ${runId})`, workflowId, runId };
  }
}

/** Closed incidents, by the time of their end. */
function serverQuery({ since, runbook, target }: Sources): string {
  const clauses = [
    "WorkflowId STARTS_WITH 'incident/'",
    "ExecutionStatus != 'Running'",
    `CloseTime >= '${since}'`,
  ];
  const equal = [
    [searchAttributes.runbook.name, runbook],
    [searchAttributes.target.name, target],
  ] as const;
  for (const [name, value] of equal) if (value !== undefined) clauses.push(`${name} = '${escaped(value)}'`);
  return clauses.join(' AND ');
}

/** Inside a text of Temporal's query language. */
function escaped(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/'/g, "''");
}

async function* inArchive(
  archive: Archive,
  { since, runbook, target }: Sources,
  seen: Set<string>,
  onBad: OnBad,
): AsyncIterable<Pointer> {
  const filter = {
    ...(since !== undefined && { since }),
    ...(runbook !== undefined && { runbook }),
    ...(target !== undefined && { target }),
  };
  for await (const { file, incident } of archive.list(filter, (error) => onBad(nameOf(error), error))) {
    if (seen.has(incident.runId)) continue;
    seen.add(incident.runId);
    yield { kind: 'file', name: `${incident.shortId} ${incident.target.key}`, file };
  }
}

function nameOf(error: Error): string {
  return 'file' in error && typeof error.file === 'string' ? error.file : 'archive';
}

function ignore(): void {}
