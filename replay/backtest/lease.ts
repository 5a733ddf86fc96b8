import type { LeaseReply, LeaseRequest } from '../../model/governor.js';
import { refusedByRecurrence } from '../../model/governor-rules.js';

const day = 86_400;

/**
 * What the governor would have said to this request, told from what it said to the recorded one about the same change.
 * Undefined where that can't be told: its counts of other incidents are not in the recording.
 */
export function leaseUnder(
  recorded: { readonly lease: LeaseRequest; readonly reply: LeaseReply },
  asked: LeaseRequest,
): LeaseReply | undefined {
  const { lease, reply } = recorded;
  const { recurrence } = reply;
  const nothing = (['perObjectPerHour', 'perScopePerHour', 'atOnce'] as const).find(
    (name) => asked.budget[name] <= 0,
  );
  if (nothing !== undefined)
    return {
      granted: false,
      guardrail: 'budget',
      why: `0 disruptive changes are allowed (${nothing})`,
      recurrence,
    };
  if (!reply.granted) return lease.decided === asked.decided && sameLimits(lease, asked) ? reply : undefined;
  // Every use within the hour is one within the day.
  const objectHolds =
    asked.budget.perObjectPerHour >= lease.budget.perObjectPerHour ||
    recurrence.day < asked.budget.perObjectPerHour;
  const othersHold =
    asked.budget.perScopePerHour >= lease.budget.perScopePerHour &&
    asked.budget.atOnce >= lease.budget.atOnce;
  if (!objectHolds || !othersHold) return undefined;
  if (asked.decided) return reply;
  if (lease.decided) {
    const refusal = refusedByRecurrence(recurrence);
    if (refusal) return { granted: false, ...refusal, recurrence };
  }
  return cooledDown(lease, asked, recurrence) ? reply : undefined;
}

function sameLimits(a: LeaseRequest, b: LeaseRequest): boolean {
  return JSON.stringify([a.budget, a.cooldownSeconds]) === JSON.stringify([b.budget, b.cooldownSeconds]);
}

/** A grant without a decision has passed its own cooldown; otherwise no use for so long says as much. */
function cooledDown(
  lease: LeaseRequest,
  { cooldownSeconds }: LeaseRequest,
  recurrence: LeaseReply['recurrence'],
): boolean {
  if (cooldownSeconds === 0 || recurrence.month === 0) return true;
  if (!lease.decided && cooldownSeconds <= lease.cooldownSeconds) return true;
  return cooldownSeconds <= day && recurrence.day === 0;
}
