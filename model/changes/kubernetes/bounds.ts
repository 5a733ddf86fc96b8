import { bytes } from '../../format.js';
import type { Bound, WorkloadLook, WorkloadReading } from '../../kubernetes/details.js';

/** Memory of all pods of a change together, bytes: what is wanted besides what they have. */
export interface MemoryRise {
  readonly limits: number;
  readonly requests: number;
}

/** Limit and request of one container, bytes. */
export interface MemoryFigures {
  readonly limitBytes: number;
  readonly requestBytes: number;
}

const questions: Readonly<Record<Bound, string>> = {
  hpa: 'an autoscaler owns the number of replicas',
  vpa: 'a VerticalPodAutoscaler owns requests and limits',
  budget: 'a disruption budget forbids it',
  quota: 'the namespace’s quota has the room',
  limitRange: 'a LimitRange allows it',
  heapFlags: 'its heap has a fixed size',
};

/** Why it can't be told whether one of these forbids a change, or null where all of them were read. */
export function notKnown({ details }: WorkloadLook, ...bounds: readonly Bound[]): string | null {
  const bound = bounds.find((one) => details.unread?.[one] !== undefined);
  return bound === undefined
    ? null
    : `whether ${questions[bound]} is not known: ${details.unread?.[bound]?.replace(/\.$/, '')}`;
}

/** Why a VPA forbids setting memory, or null. `harmless`: modes in which it leaves alone what is set. */
export function vpaForbids(look: WorkloadLook, harmless: readonly string[]): string | null {
  const { vpa } = look.details.autoscaling;
  if (vpa === undefined || harmless.includes(vpa.mode)) return notKnown(look, 'vpa');
  return `the VerticalPodAutoscaler ${vpa.name} (${vpa.mode}) owns requests and limits`;
}

/** Why the namespace has not the room, or null. */
export function quotaForbids(look: WorkloadLook, { limits, requests }: MemoryRise): string | null {
  const { quota } = look.details;
  if (quota?.limitsLeft !== undefined && quota.limitsLeft < limits)
    return `the namespace’s quota has ${bytes(quota.limitsLeft)} of limits left, ${bytes(limits)} more were wanted`;
  if (quota?.requestsLeft !== undefined && quota.requestsLeft < requests)
    return `the namespace’s quota has ${bytes(quota.requestsLeft)} of requests left, ${bytes(requests)} more were wanted`;
  return notKnown(look, 'quota');
}

/** Why a LimitRange forbids this limit, or null. */
export function limitRangeForbids(look: WorkloadLook, { limitBytes }: MemoryFigures): string | null {
  const max = look.details.limitRange?.max;
  return max !== undefined && max < limitBytes
    ? `a LimitRange allows ${bytes(max)} at most`
    : notKnown(look, 'limitRange');
}

/** What so many more pods of the present template want. */
export function riseOfReplicas({ details: { workload } }: WorkloadLook, added: number): MemoryRise {
  const { limits, requests } = templateMemory(workload);
  return { limits: limits * added, requests: requests * added };
}

/** What a rollout to larger figures wants at its height: all new pods, and as many old ones as it may surge by. */
export function riseOfRollout(look: WorkloadLook, wanted: MemoryFigures): MemoryRise {
  const { workload } = look.details;
  const { limits, requests } = templateMemory(workload);
  const surge = Math.min(surgeOf(workload), workload.replicas);
  return {
    limits: (wanted.limitBytes - limits) * workload.replicas + limits * surge,
    requests: (wanted.requestBytes - requests) * workload.replicas + requests * surge,
  };
}

/** Of one container; what has no request has its limit for one. */
function templateMemory({ templateLimitBytes, templateRequestBytes }: WorkloadReading): MemoryRise {
  const limits = templateLimitBytes ?? 0;
  return { limits, requests: templateRequestBytes ?? limits };
}

/** Pods that a rollout makes before it takes old ones away. Rounds up, as the Deployment controller does. */
export function surgeOf({ kind, strategy, maxSurge = '25%', replicas }: WorkloadReading): number {
  if (kind !== 'Deployment' || strategy !== 'RollingUpdate') return 0;
  return maxSurge.endsWith('%')
    ? Math.ceil((replicas * Number.parseFloat(maxSurge)) / 100)
    : Number(maxSurge);
}

/** Pods that a rollout may take away before their successors are ready. Rounds down, as the controller does. */
export function unavailableOf({ maxUnavailable = '25%', replicas }: WorkloadReading): number {
  return maxUnavailable.endsWith('%')
    ? Math.floor((replicas * Number.parseFloat(maxUnavailable)) / 100)
    : Number(maxUnavailable);
}

/** A reason as a sentence of its own. */
export function sentence(reason: string | null): string | null {
  return reason === null ? null : `${reason.charAt(0).toUpperCase()}${reason.slice(1).replace(/\.$/, '')}.`;
}
