import { messageOf } from '../../activities/failure.js';

/**
 * `ok`: it is there. `missing`: what is configured needs it, and it is not there. `without`: it is not there, and
 * Nightshift works without it; `note` says what is lost.
 */
export type State = 'ok' | 'missing' | 'without';

/** One thing that was asked after. */
export interface Finding {
  /** Key of the target, or `Temporal`. */
  readonly about: string;
  /** What was asked for: `patch deployments.apps/agent-bruno`, `Redis`. */
  readonly what: string;
  readonly state: State;
  /** What it gives, what its absence takes away, or why it failed. */
  readonly note: string;
  /** Remedies that can't be carried out without it. */
  readonly remedies: readonly string[];
}

/** Tries something; what it throws is what is missing. It is given so many milliseconds. */
export async function tried(
  about: string,
  what: string,
  signal: AbortSignal,
  attempt: (signal: AbortSignal) => Promise<string>,
  timeoutMs = 8_000,
): Promise<Finding> {
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const note = await attempt(AbortSignal.any([signal, limit]));
    return { about, what, state: 'ok', note, remedies: [] };
  } catch (error) {
    signal.throwIfAborted();
    const note = limit.aborted ? `it gave no answer within ${timeoutMs / 1000} s` : messageOf(error);
    return { about, what, state: 'missing', note, remedies: [] };
  }
}
