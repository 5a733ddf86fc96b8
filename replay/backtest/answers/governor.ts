import type { CarryOutRequest } from '../../../model/activities.js';
import { changeHash } from '../../../model/change.js';
import type { HoldOff, IncidentEnd, LeaseReply, LeaseRequest } from '../../../model/governor.js';
import { canonicalJson } from '../../../model/json.js';
import { leaseUnder } from '../lease.js';
import { nearest } from '../nearness.js';
import { type Reply, type Scene, unordered } from '../scene.js';
import type { Answer, Call } from '../tape.js';
import { type Micros, moved } from '../times.js';
import { inState } from '../words.js';

/** Permission to disrupt: what the governor said to the same change in this state, as far as it holds for today's limits. */
export async function askGovernor(scene: Scene, lease: LeaseRequest, now: Micros): Promise<Reply> {
  const facts = await scene.candidate.facts();
  const planned = facts.findLast((fact) => fact.type === 'planned' && fact.change.id === lease.changeId);
  const about = planned?.type === 'planned' ? planned : undefined;
  const what = about?.change.sentence ?? lease.changeId;
  const asked = scene.calls(
    (call) =>
      call.type === 'askGovernor' && call.answer !== undefined && isAbout(scene, call, about?.hash, lease),
  );
  const alike = asked.filter((call) => leaseOf(call).decided === lease.decided);
  const call = scene.nearest(alike.length > 0 ? alike : asked, now);
  if (!call?.answer)
    return { unknown: `the governor was never asked about '${what}' ${inState(scene.sentences)}`, at: now };
  const by = now - call.askedAt;
  const heard = { at: call.answer.at + by, order: call.answer.order, stretched: 0, call };
  if (!('value' in call.answer)) return { ...heard, answer: call.answer };
  const reply = leaseUnder({ lease: leaseOf(call), reply: call.answer.value as LeaseReply }, lease);
  if (!reply)
    return {
      unknown: `what the governor would have said to '${what}' under these limits can't be told from the recording`,
      at: now,
    };
  scene.used.add(call);
  return { ...heard, answer: { value: replyMoved(reply, by) } };
}

/** About the same change; where that was never said, about one that touches the same things. */
function isAbout(scene: Scene, call: Call, hash: string | undefined, lease: LeaseRequest): boolean {
  const recorded = leaseOf(call);
  const known = hashOf(scene, recorded.changeId);
  return known === undefined || hash === undefined
    ? canonicalJson(recorded.touches) === canonicalJson(lease.touches)
    : known === hash;
}

/** Which change a recorded id stood for: from the facts, and from what was carried out where there are none. */
function hashOf({ recorded, tape }: Scene, changeId: string): string | undefined {
  const planned = recorded?.find((fact) => fact.type === 'planned' && fact.change.id === changeId);
  if (planned?.type === 'planned') return changeHash(planned.change);
  const changes = tape.calls.filter(({ type }) => type === 'carryOut').map(changeOf);
  const carriedOut = changes.find(({ id }) => id === changeId);
  return carriedOut && changeHash(carriedOut);
}

function changeOf({ request }: Call): CarryOutRequest['change'] {
  return (request as CarryOutRequest).change;
}

function leaseOf({ request }: Call): LeaseRequest {
  return (request as { readonly lease: LeaseRequest }).lease;
}

function replyMoved(reply: LeaseReply, by: Micros): LeaseReply {
  if (reply.granted) return { ...reply, until: moved(reply.until, by) };
  return reply.askAgainAt === undefined ? reply : { ...reply, askAgainAt: moved(reply.askAgainAt, by) };
}

/** The end is told once. Where it was another end, the governor's answer is left out: it decides nothing any more. */
export function tellGovernor({ tape, used }: Scene, { outcome }: IncidentEnd, now: Micros): Reply {
  const call = nearest(
    tape.calls.filter(({ type, answer }) => type === 'tellGovernor' && answer),
    ({ askedAt }) => Math.abs(askedAt - now),
    (each) => !used.has(each),
  );
  if (!call?.answer) return { answer: { value: {} }, at: now, order: unordered, stretched: 0 };
  used.add(call);
  const by = now - call.askedAt;
  const sameEnd = (call.request as IncidentEnd).outcome === outcome;
  const answer = sameEnd ? holdOffMoved(call.answer, by) : { value: {} };
  return { answer, at: call.answer.at + by, order: call.answer.order, stretched: 0, call };
}

function holdOffMoved(answer: Answer, by: Micros): Answer {
  if (!('value' in answer)) return answer;
  const { holdOff } = answer.value as { readonly holdOff?: HoldOff };
  return holdOff ? { value: { holdOff: { ...holdOff, until: moved(holdOff.until, by) } } } : answer;
}
