import type { WatchRequest, WatchResult } from '../../model/activities.js';
import { isGap, type Sample } from '../../model/evidence.js';
import type { AnyLook } from '../../model/look.js';
import { judgeSample, needsProof, type Proof, type WatchState } from '../../model/watch.js';
import { failure, messageOf } from '../failure.js';
import { takeLook } from '../incident/look.js';
import { adapterFor, type Registry } from '../incident/registry.js';

/** One sample may take this long, then it is a gap; a look for proof a little longer. Milliseconds. */
const sampleLimitMs = 15_000;
const proofLimitMs = 20_000;

/** What an attempt knows of itself: from the Temporal activity context, or from a test. */
export interface WatchAttempt {
  readonly signal: AbortSignal;
  /** The workflow wants it to end: what it has seen is its answer. Otherwise the worker stops: another goes on. */
  endWanted(): boolean;
  /** What an earlier attempt last said. */
  readonly previous: WatchState | undefined;
  heartbeat(state: WatchState): void;
  /** Rejects when the attempt is cancelled. */
  sleep(ms: number): Promise<void>;
}

/**
 * Samples until something is to be told, or the time is over. One heartbeat a sample, whose details are all that is
 * remembered: where a worker dies, the next attempt goes on from them, and so knows how long nobody looked.
 */
export async function watchTarget(
  registry: Registry,
  { plan, state: given, until }: WatchRequest,
  attempt: WatchAttempt,
): Promise<WatchResult> {
  const { everySeconds } = plan;
  let state = attempt.previous ?? given;
  try {
    for (;;) {
      const due = dueIn(state, everySeconds, registry.now());
      const left = Date.parse(until) - registry.now().getTime();
      if (due > left) {
        await attempt.sleep(Math.max(0, left));
        return { state, tell: [] };
      }
      await attempt.sleep(due);
      const sample = await sampleOnce(registry, plan, attempt.signal);
      const proof = needsProof(state, sample, plan) ? await prove(registry, plan, state, attempt) : undefined;
      const judged = judgeSample(state, sample, plan, proof);
      state = judged.state;
      attempt.heartbeat(state);
      if (judged.tell.length > 0) return { state, tell: judged.tell };
    }
  } catch (error) {
    if (attempt.signal.aborted && attempt.endWanted()) return { state, tell: [] };
    throw error;
  }
}

/** Milliseconds until the next sample: the rhythm is kept over attempts and runs. */
function dueIn({ samples }: WatchState, everySeconds: number, now: Date): number {
  const last = samples.at(-1);
  if (!last) return 0;
  const due = Date.parse(last.at) + everySeconds * 1000 - now.getTime();
  return Math.min(Math.max(0, due), everySeconds * 1000);
}

type Plan = WatchRequest['plan'];

async function sampleOnce(registry: Registry, { target }: Plan, cancelled: AbortSignal): Promise<Sample> {
  const adapter = adapterFor(registry, target);
  if (!adapter)
    throw failure('Misconfigured', `no adapter of this worker reads a ${target.kind} (${target.key})`);
  const at = registry.now().toISOString();
  const signal = AbortSignal.any([cancelled, AbortSignal.timeout(sampleLimitMs)]);
  try {
    const { settings } = registry.policyFor(target);
    return await adapter.sample(target, settings, { signal, since: at, now: registry.now });
  } catch (error) {
    cancelled.throwIfAborted();
    return { at, gap: signal.aborted ? `not read within ${sampleLimitMs / 1000} s` : messageOf(error) };
  }
}

/** A full look at what happened since the target was last seen. One that fails proves nothing. */
async function prove(
  registry: Registry,
  { target, runbook }: Plan,
  state: WatchState,
  { signal: cancelled, heartbeat }: WatchAttempt,
): Promise<Proof> {
  const { seen, samples } = state;
  // A slow sample and a slow look together must not be taken for a death.
  heartbeat(state);
  const since = seen?.at ?? samples.at(-1)?.at ?? registry.now().toISOString();
  const signal = AbortSignal.any([cancelled, AbortSignal.timeout(proofLimitMs)]);
  try {
    const request = { target, runbook, why: 'what happened since the last sample', since };
    return proofOf(await takeLook(registry, request, signal));
  } catch {
    cancelled.throwIfAborted();
    return { witnesses: '' };
  }
}

/** The evidence that counts kills with a time, where the adapter gives it, by the name that looks have for it. */
function proofOf({ evidence }: AnyLook): Proof {
  const recent = evidence.find(({ name }) => name === 'oomKills.recent');
  if (!recent || isGap(recent) || typeof recent.value !== 'number') return { witnesses: '' };
  return { kills: recent.value, witnesses: recent.source };
}
