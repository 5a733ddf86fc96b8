import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeBundle, type RecordedRun } from '../../model/bundle/make.js';
import type { IncidentBundle } from '../../model/bundle/types.js';
import type { JsonObject } from '../../model/json.js';

const folder = fileURLToPath(new URL('../histories/', import.meta.url)).replace('/dist/', '/');

/** Names of all recorded histories. */
export const historyNames: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace(/\.json$/, ''));

/** Of those the ones of incidents. */
export const incidentNames: readonly string[] = historyNames.filter((name) =>
  readFileSync(join(folder, `${name}.json`), 'utf8').startsWith('{"workflowId":"incident/'),
);

/** A recorded history as a run that was fetched from Temporal. */
export function recordedRun(name: string): RecordedRun {
  const kept = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as {
    readonly workflowId: string;
    readonly history: { readonly events: readonly JsonObject[] };
  };
  const { events } = kept.history;
  const first = events[0]?.workflowExecutionStartedEventAttributes as JsonObject;
  return {
    workflowId: kept.workflowId,
    runId: String(first.originalExecutionRunId),
    namespace: 'default',
    events,
  };
}

const written = { writtenAt: '2026-11-22T08:00:00.000Z', writtenBy: 'nightshift 0.1.0' };

/** A recorded incident as a bundle; of another run or another end, where that is asked for. */
export function bundleOf(
  name = 'recovered-by-an-approved-restart',
  other: Partial<RecordedRun> = {},
): IncidentBundle {
  return makeBundle({ ...recordedRun(name), ...other }, written);
}
