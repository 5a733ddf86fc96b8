import { setTimeout as delay } from 'node:timers/promises';
import type { Effect } from '../../../model/change.js';
import type { JsonObject } from '../../../model/json.js';
import type { ApplyContext } from '../../adapter.js';

/** An effect, stamped with the worker's time. */
export function effect(
  context: Pick<ApplyContext, 'now'>,
  status: Effect['status'],
  note: string,
  details: JsonObject = {},
): Effect {
  return { status, at: context.now().toISOString(), note, details };
}

/** Sleeps; rejects with the signal's reason when it aborts. */
export async function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await delay(ms, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
}

/** Durations for people: `2.3 s`. */
export function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
