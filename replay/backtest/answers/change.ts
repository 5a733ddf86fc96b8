import type { CarryOutRequest, CarryOutResult } from '../../../model/activities.js';
import { changeHash } from '../../../model/change.js';
import type { FreshJudgement } from '../../../model/fresh-verdicts.js';
import type { AnyLook } from '../../../model/look.js';
import { type Answered, type Reply, type Scene, unordered } from '../scene.js';
import type { Call } from '../tape.js';
import { type Micros, moved } from '../times.js';
import { whereElse } from '../words.js';
import { hadAt, look } from './look.js';

/**
 * A change: it has the recorded effect where the same change went ahead in this state. The look directly before it is
 * judged as today's code judges it, under the candidate's policy: so it may be refused where it went ahead then.
 */
export async function carryOut(scene: Scene, request: CarryOutRequest, now: Micros): Promise<Reply> {
  const same = scene.calls((call) => isSame(call, request));
  const fresh = await look(scene, now);
  if ('unknown' in fresh) return { ...fresh, at: now };
  if ('failure' in fresh.answer) return fresh;
  const seen = fresh.answer.value as AnyLook;
  const judged = await judge(scene, request, seen, fresh.call, now);
  const refusals = same.filter(wasRefused);
  if (judged.refused !== undefined) return refused(scene, judged, fresh, scene.nearest(refusals, now), now);
  const ahead = scene.nearest(
    same.filter((call) => !wasRefused(call)),
    now,
  );
  if (!ahead) return { unknown: whereElse(scene, request, scene.nearest(refusals, now)), at: now };
  scene.used.add(ahead);
  return wentAhead(scene, ahead, { ...fresh, look: seen, judged }, now);
}

interface Judged extends Answered {
  readonly look: AnyLook;
  readonly judged: FreshJudgement;
}

function wentAhead(scene: Scene, call: Call, { look: seen, judged, stretched }: Judged, now: Micros): Reply {
  if (!call.answer) return scene.brokenOff(call, now, 'the change had no answer in the recording');
  const by = now - call.askedAt;
  const reply = { at: call.answer.at + by, order: call.answer.order, call };
  // A failure brings no reading.
  if (!('value' in call.answer)) return { ...reply, stretched: 0, answer: call.answer };
  const result = call.answer.value as CarryOutResult;
  const effect = result.effect && { ...result.effect, at: moved(result.effect.at, by) };
  const value = { ...result, look: seen, verdicts: judged.verdicts, ...(effect && { effect }) };
  return { ...reply, stretched, answer: { value } };
}

/** An attempt that went on where an earlier one had begun was not judged again; nor is it here. */
async function judge(
  scene: Scene,
  request: CarryOutRequest,
  seen: AnyLook,
  source: Call | undefined,
  now: Micros,
): Promise<FreshJudgement> {
  const own = source && isSame(source, request) ? resultOf(source) : undefined;
  if (request.mode === 'do' && own?.effect && own.verdicts.length === 0) return { verdicts: [] };
  return scene.candidate.judge(request, seen, hadAt(seen, now));
}

function refused(
  scene: Scene,
  { verdicts, refused: why }: FreshJudgement,
  { answer, stretched }: Answered,
  recorded: Call | undefined,
  now: Micros,
): Reply {
  const seen = ('value' in answer ? answer.value : undefined) as AnyLook;
  const then = recorded && !scene.used.has(recorded) ? recorded.answer : undefined;
  if (recorded) scene.used.add(recorded);
  const took = recorded && then ? then.at - recorded.askedAt : seen.tookMs * 1000;
  return {
    answer: { value: { look: seen, verdicts, refused: why, attempts: 1 } },
    at: now + took,
    order: then?.order ?? unordered,
    stretched,
    ...(recorded && { call: recorded }),
  };
}

function isSame(call: Call, { mode, change }: CarryOutRequest): boolean {
  if (call.type !== 'carryOut') return false;
  const request = call.request as CarryOutRequest;
  return request.mode === mode && changeHash(request.change) === changeHash(change);
}

function resultOf({ answer }: Call): CarryOutResult | undefined {
  return answer && 'value' in answer ? (answer.value as CarryOutResult) : undefined;
}

function wasRefused(call: Call): boolean {
  const result = resultOf(call);
  return result !== undefined && !result.effect;
}
