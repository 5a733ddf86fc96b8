import type { SampleRequest, SampleResult } from '../../model/activities.js';
import type { Sample } from '../../model/evidence.js';
import { stop, thin } from '../../model/sampling.js';
import { failure } from '../failure.js';
import { adapterFor, type Registry } from './registry.js';

/** One sample may take this long, then it is a gap. */
const sampleTimeoutMs = 15_000;

export interface Waiting {
  readonly signal: AbortSignal;
  /** What an earlier attempt of this wait had collected. */
  readonly previous: Progress | undefined;
  heartbeat(progress: Progress): void;
  sleep(ms: number): Promise<void>;
}

/** Heartbeat details: what live views show, and what a new worker goes on from. */
export interface Progress {
  readonly startedAt: string;
  readonly samples: readonly Sample[];
  readonly seconds: number;
}

/** Waits and samples. Returns what it saw, never a verdict. Goes on where a dead worker's attempt stopped. */
export async function sampleFor(
  registry: Registry,
  request: SampleRequest,
  waiting: Waiting,
): Promise<SampleResult> {
  const { target, seconds, everySeconds, stopWhen } = request;
  const adapter = adapterFor(registry, target);
  if (!adapter)
    throw failure('Misconfigured', `no adapter of this worker reads a ${target.kind} (${target.key})`);
  const startedAt = waiting.previous?.startedAt ?? registry.now().toISOString();
  const until = Date.parse(startedAt) + seconds * 1000;
  let samples: Sample[] = [...(waiting.previous?.samples ?? [])];
  for (;;) {
    const { settings } = registry.policyFor(target);
    const began = registry.now().getTime();
    const sample = await within(sampleTimeoutMs, waiting.signal, (signal) =>
      adapter.sample(target, settings, { signal, since: startedAt, now: registry.now }),
    );
    samples = thin([...samples, sample]);
    waiting.heartbeat({ startedAt, samples, seconds });
    const stoppedBy = stop(samples, stopWhen);
    if (stoppedBy) return { samples, stoppedBy };
    const now = registry.now().getTime();
    if (now >= until) return { samples, stoppedBy: 'time' };
    await waiting.sleep(Math.max(0, Math.min(everySeconds * 1000 - (now - began), until - now)));
  }
}

/**
 * A signal for one piece of work, that ends with its time or with the whole wait. Not by `AbortSignal.any`, which
 * leaves something behind at the outer signal every time: a wait may have thousands of samples.
 */
async function within<T>(
  ms: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const inner = new AbortController();
  const abort = (): void => inner.abort(outer.reason);
  if (outer.aborted) abort();
  outer.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(
    () => inner.abort(new DOMException(`no sample within ${ms} ms`, 'TimeoutError')),
    ms,
  );
  try {
    return await work(inner.signal);
  } finally {
    clearTimeout(timer);
    outer.removeEventListener('abort', abort);
  }
}
