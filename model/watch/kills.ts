import type { Sample } from '../evidence.js';
import type { Proof, WatchState } from '../watch.js';

/**
 * OOM kills since the last sample. Two witnesses, neither of which suffices: the counter of the samples, which may
 * know less after a worker's death or another container's start; and a full look, which counts kills with a time.
 * What neither can tell is said, never taken for none.
 */
export function killsSince(
  state: WatchState,
  sample: Sample,
  proof: Proof | undefined,
): {
  readonly count: number;
  /** What later samples are compared with; absent: never counted yet. */
  readonly baseline?: number;
  /** Why it can't be told whether there were kills. */
  readonly unknown?: string;
} {
  const { kills: before, seen } = state;
  const now = sample.kills;
  const baseline = now ?? before;
  const counted = baseline === undefined ? {} : { baseline };
  // What happened before this watch began is not its news.
  if (seen === undefined) return { count: 0, ...counted };
  const comparable = !isOther(state, sample) && now !== undefined && before !== undefined && now >= before;
  // The look has the same witnesses as the counter, and others' kills among them: it speaks only where the counter can't.
  if (comparable) return { count: now - before, ...counted };
  if (proof?.kills !== undefined) return { count: proof.kills, ...counted };
  // A passing gap in the counting is made up for by the next sample.
  return proof === undefined
    ? { count: 0, ...counted }
    : { count: 0, ...counted, unknown: whyUnknown(state, sample) };
}

/** Another thing stands behind the name than when it was last seen. */
export function isOther({ seen }: WatchState, { id }: Sample): boolean {
  return seen?.id !== undefined && id !== undefined && seen.id !== id;
}

function whyUnknown(state: WatchState, sample: Sample): string {
  if (isOther(state, sample)) return 'it is another one now, and the kills of the former are not known';
  return sample.kills === undefined ? 'they could not be counted' : 'their counter has begun anew';
}
