import type { Json, JsonObject } from '../../../model/json.js';
import { isObject } from './journal.js';

/** What a later attempt must know of the restart of one container: kept as heartbeat details. */
export interface RestartNotes {
  /** Of the life that is to end. */
  readonly startedAtBefore: string;
  /** Engine times directly before each restart command of ours. */
  readonly restartSent: readonly string[];
  /** The same for start commands, which finish what an interrupted restart left stopped. */
  readonly startSent: readonly string[];
  /** What came of the drain call, once it was made. */
  readonly drained?: string;
}

/** Undefined where the value is none. */
export function restartNotes(value: Json | undefined): RestartNotes | undefined {
  if (!isObject(value) || typeof value.startedAtBefore !== 'string') return undefined;
  return {
    startedAtBefore: value.startedAtBefore,
    restartSent: texts(value.restartSent),
    startSent: texts(value.startSent),
    ...(typeof value.drained === 'string' ? { drained: value.drained } : {}),
  };
}

export function asJson({ startedAtBefore, restartSent, startSent, drained }: RestartNotes): JsonObject {
  return { startedAtBefore, restartSent, startSent, ...(drained === undefined ? {} : { drained }) };
}

/** Commands that were sent, both kinds. */
export function commandsSent(notes: RestartNotes): readonly string[] {
  return [...notes.restartSent, ...notes.startSent];
}

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
