import type { CarryOutRequest, CarryOutResult } from '../../model/activities.js';
import type { Effect } from '../../model/change.js';
import { type FreshJudgement, judgeFresh } from '../../model/fresh-verdicts.js';
import type { Json } from '../../model/json.js';
import type { AnyLook } from '../../model/look.js';
import type { ApplyContext } from '../adapter.js';
import { failure } from '../failure.js';
import { takeLook } from './look.js';
import { kindFor, type Registry, runbookFor } from './registry.js';

/** What an attempt knows of itself: from the Temporal activity context, or from a test. */
export interface Attempt {
  readonly number: number;
  readonly signal: AbortSignal;
  readonly previous: Json | undefined;
  heartbeat(details: Json): void;
  /** One direct, unthrottled heartbeat. Throws `NotSent` where the activity is cancelled, paused or gone. */
  stillWanted(): Promise<void>;
}

/**
 * Carries out one change: looks again, asks the same guardrails on the fresh look, checks the precondition, and
 * applies. On a later attempt the look and the guardrails come again, too; the applier finds out what the earlier
 * attempt did.
 */
export async function carryOut(
  registry: Registry,
  request: CarryOutRequest,
  attempt: Attempt,
): Promise<CarryOutResult> {
  const { change, runbook } = request;
  attempt.heartbeat(attempt.previous ?? { phase: 'looking' });
  const kind = kindFor(registry, runbook, change.kind);
  const applier = registry.appliers[change.kind];
  if (!kind || !applier)
    throw failure(
      'Unsupported',
      `this worker can't carry out '${change.kind}' of runbook ${runbook}: it is not loaded here`,
    );
  const look = await takeLook(registry, request, attempt.signal);
  const retry = attempt.previous !== undefined && hasBegun(attempt.previous);
  const now = registry.now().toISOString();
  const { verdicts, refused }: FreshJudgement = retry
    ? { verdicts: [] }
    : judgeFresh(request, look, runbookFor(registry, runbook), now);
  if (refused !== undefined) return { look, verdicts, refused, attempts: attempt.number };
  const effect: Effect = await applier(change, contextFor(registry, request, attempt, look));
  return { look, verdicts, effect, attempts: attempt.number };
}

/** An earlier attempt got as far as sending: from then on only finding out what it did makes sense. */
function hasBegun(previous: Json): boolean {
  return (
    typeof previous === 'object' && previous !== null && !Array.isArray(previous) && 'sending' in previous
  );
}

function contextFor(
  registry: Registry,
  request: CarryOutRequest,
  attempt: Attempt,
  look: AnyLook,
): ApplyContext {
  let details: Json = attempt.previous ?? {};
  return {
    signal: attempt.signal,
    now: registry.now,
    attempt: attempt.number,
    settings: look.settings,
    look,
    previous: attempt.previous,
    secret: (name) => registry.secret(name),
    heartbeat(given) {
      // That it was sent is never forgotten, whatever an applier tells of its progress.
      details = withMark(given, details);
      attempt.heartbeat(details);
    },
    async confirm(part) {
      // What an earlier part of the same change began is seen through; each part still asks whether it is wanted.
      if (!part?.begun && registry.now().toISOString() > request.notAfter)
        throw failure(
          'NotSent',
          `too late: ${request.change.sentence} was not to be sent after ${request.notAfter}`,
        );
      // Marked before the direct heartbeat, so that a later attempt knows that this one may have sent it.
      details = { ...(isObject(details) ? details : {}), sending: registry.now().toISOString() };
      attempt.heartbeat(details);
      await attempt.stillWanted();
    },
  };
}

/** `given` with the mark that an attempt got as far as sending, where `before` has it. */
function withMark(given: Json, before: Json): Json {
  if (!isObject(before) || before.sending === undefined) return given;
  return { sending: before.sending, ...(isObject(given) ? given : { progress: given }) };
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
