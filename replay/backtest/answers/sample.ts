import type { SampleRequest, SampleResult } from '../../../model/activities.js';
import { canonicalJson } from '../../../model/json.js';
import { nearAt } from '../nearness.js';
import { nowhereEasier, synthesise } from '../samples.js';
import { type Reply, type Scene, unordered } from '../scene.js';
import type { Call } from '../tape.js';
import { isoOf, type Micros, moved, second } from '../times.js';
import { inState } from '../words.js';

/**
 * A wait: the recorded one where the same was asked at the same moment; else what it would have seen of what was read
 * in this state; else the same wait where it was asked for near this moment. Beyond that nothing is known.
 */
export function sample(scene: Scene, request: SampleRequest, now: Micros): Reply {
  const twin = twinOf(scene, request, now);
  const distance = twin ? scene.distance(twin, now) : Number.POSITIVE_INFINITY;
  if (twin && distance <= request.everySeconds * second) return played(scene, twin, now);
  const { later, state, entered } = scene;
  const made = synthesise(state?.readings ?? [], now - later, now - entered, request, later);
  if ('result' in made) {
    const { result, at, stretched } = made;
    return { answer: { value: result }, at: at + later, order: unordered, stretched };
  }
  if (twin && distance <= nearAt(now - entered)) return played(scene, twin, now);
  const known = Math.max(now, made.knownUntil + later, silentUntil(scene, request, now));
  const at = Math.min(known, now + request.seconds * second);
  return { unknown: `nothing was read of the target from ${isoOf(at)} on, ${inState(scene.sentences)}`, at };
}

/** The recorded wait with the same request in this state that is nearest to now. */
function twinOf(scene: Scene, request: SampleRequest, now: Micros): Call | undefined {
  const wanted = canonicalJson(request);
  const same = scene.calls(
    ({ type, request: asked }) => type === 'sample' && canonicalJson(asked) === wanted,
  );
  return scene.nearest(same, now);
}

function played(scene: Scene, call: Call, now: Micros): Reply {
  if (!call.answer) return scene.brokenOff(call, now, 'the wait was broken off in the recording');
  scene.used.add(call);
  const { at, order } = call.answer;
  const by = now - call.askedAt;
  const reply = { at: at + by, order, stretched: scene.distance(call, now), call };
  if (!('value' in call.answer)) return { ...reply, answer: call.answer };
  const result = call.answer.value as SampleResult;
  const samples = result.samples.map((one) => ({ ...one, at: moved(one.at, by) }));
  return { ...reply, answer: { value: { ...result, samples } } };
}

/** A wait that was broken off says that nothing had ended it until then. */
function silentUntil(scene: Scene, request: SampleRequest, now: Micros): Micros {
  const { later, entered, tape } = scene;
  const silent = scene.calls(
    (call) =>
      call.type === 'sample' &&
      !call.answer &&
      call.askedAt + later <= now + nearAt(now - entered) &&
      nowhereEasier((call.request as SampleRequest).stopWhen, request.stopWhen),
  );
  return Math.max(now, ...silent.map(({ cancelledAt }) => (cancelledAt ?? tape.endedAt) + later));
}
