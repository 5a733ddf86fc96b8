import type { AnyLook } from '../../../model/look.js';
import { nearAt } from '../nearness.js';
import type { Reply, Scene } from '../scene.js';
import { lookIn } from '../states.js';
import { isoOf, type Micros, moved } from '../times.js';
import { nobodyLooked, tooFar } from '../words.js';

/**
 * Of the looks in this state, those directly before a change among them, the one that was asked for nearest to this
 * moment, if it is near.
 */
export async function look(scene: Scene, now: Micros): Promise<Reply> {
  const call = scene.nearest(
    scene.calls((each) => each.type === 'look' || lookIn(each) !== undefined),
    now,
  );
  if (!call) return { unknown: nobodyLooked(scene.sentences), at: now };
  const stretched = scene.distance(call, now);
  if (stretched > nearAt(now - scene.entered))
    return { unknown: tooFar(stretched, scene.sentences), at: now };
  if (!call.answer) return scene.brokenOff(call, now, 'the look was broken off in the recording');
  const { at, order } = call.answer;
  const seen = lookIn(call);
  const took = call.type === 'look' ? at - call.askedAt : (seen?.tookMs ?? 0) * 1000;
  if (call.type === 'look') scene.used.add(call);
  const answer = seen ? { value: await underCandidate(scene, seen, now - call.askedAt) } : call.answer;
  return { answer, at: now + took, order, stretched, call };
}

/** Moved to the backtest's own time, and with the candidate's policy in force. */
async function underCandidate(scene: Scene, seen: AnyLook, by: Micros): Promise<AnyLook> {
  const policy = await scene.candidate.policy?.(seen.target, seen.policy, seen.settings);
  return {
    ...seen,
    at: moved(seen.at, by),
    evidence: seen.evidence.map((each) => ({ ...each, at: moved(each.at, by) })),
    ...(policy && { policy: policy.policy, policyDigest: policy.digest }),
  };
}

/** When a look that is asked for now has been had, as its worker's clock says. */
export function hadAt({ tookMs }: AnyLook, now: Micros): string {
  return isoOf(now + tookMs * 1000);
}
