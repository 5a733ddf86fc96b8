import type { MemoryFigures } from '../../../../model/changes/kubernetes/memory.js';
import type { Diagnosis } from '../../../../model/diagnosis.js';
import { bytes } from '../../../../model/format.js';
import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import { rightSize } from '../../../../model/memory/right-size.js';
import { causes } from '../names.js';
import { leading } from './pieces.js';

const mebibyte = 1024 ** 2;
/** The source raises 1Gi to 2Gi and 256Mi to 512Mi: twice what it was, where the peak asks for no more. */
const usualFactor = 2;
/** A smaller raise is not worth a change. */
const worthwhile = 1.1;

export interface Skip {
  readonly skip: string;
}

export function isSkip<T extends object>(value: T | Skip): value is Skip {
  return 'skip' in value;
}

/**
 * Limit and request that fit what was seen: twice the present ones, or more where the peak is to be 70 % of the
 * limit, within what the configuration, the quota and the LimitRange allow. Or why there are none.
 */
export function rightSizeOf(look: WorkloadLook, diagnosis: Diagnosis): MemoryFigures | Skip {
  const { workload, limitRange, oomKills } = look.details;
  const { maxMemoryBytes } = look.settings;
  const limitBytes = workload.templateLimitBytes;
  if (limitBytes === undefined) return { skip: 'it has no memory limit' };
  if (maxMemoryBytes === undefined)
    return { skip: 'the configuration allows no larger limit (maxMemory: in nightshift.yaml)' };
  const heap = fixedHeap(look);
  if (heap !== undefined) return { skip: heap };
  const peak = peakOf(look);
  const killed = oomKills.some(({ recent }) => recent);
  const leaking = leading(diagnosis) === causes.leak;
  const right = rightSize({ peakBytes: peak ?? limitBytes, limitBytes, killed, leaking }) ?? limitBytes;
  const allowed = Math.min(maxMemoryBytes, limitRange?.max ?? Number.POSITIVE_INFINITY);
  const wanted = Math.min(Math.max(right, limitBytes * usualFactor), allowed);
  const limit = Math.floor(wanted / mebibyte) * mebibyte;
  if (limit < limitBytes * worthwhile)
    return { skip: `its limit is ${bytes(limitBytes)}, and no more than ${bytes(allowed)} is allowed` };
  return withinQuota(look, limit, limitBytes);
}

function withinQuota(look: WorkloadLook, limit: number, before: number): MemoryFigures | Skip {
  const { workload, quota, limitRange } = look.details;
  const request = workload.templateRequestBytes ?? before;
  // Guaranteed pods stay guaranteed: their request is their limit. No others become it: that can't be done in place.
  const requestBytes =
    request === before
      ? limit
      : Math.min(limit - mebibyte, Math.floor((request * usualFactor) / mebibyte) * mebibyte);
  const moreLimits = (limit - before) * workload.replicas;
  const moreRequests = (requestBytes - request) * workload.replicas;
  if (quota?.limitsLeft !== undefined && quota.limitsLeft < moreLimits)
    return {
      skip: `the namespace's quota has ${bytes(quota.limitsLeft)} of limits left, ${bytes(moreLimits)} more were wanted`,
    };
  if (quota?.requestsLeft !== undefined && quota.requestsLeft < moreRequests)
    return {
      skip: `the namespace's quota has ${bytes(quota.requestsLeft)} of requests left, ${bytes(moreRequests)} more were wanted`,
    };
  if (limitRange?.maxRatio !== undefined && limit / requestBytes > limitRange.maxRatio)
    return { limitBytes: limit, requestBytes: Math.ceil(limit / limitRange.maxRatio / mebibyte) * mebibyte };
  return { limitBytes: limit, requestBytes };
}

/** The highest working set of any pod that was seen, bytes. */
export function peakOf({ details, measure }: WorkloadLook): number | undefined {
  const seen = [
    ...(measure === undefined ? [] : [measure.used]),
    ...details.pods.flatMap(({ workingSetBytes }) => workingSetBytes ?? []),
    ...details.history.flatMap(({ points }) => points.map(({ bytes: used }) => used)),
  ];
  return seen.length === 0 ? undefined : Math.max(...seen);
}

function fixedHeap({ details: { workload } }: WorkloadLook): string | undefined {
  return workload.heapFlags.length === 0
    ? undefined
    : `its heap has a fixed size (${workload.heapFlags.join(' ')}): a larger limit gives it nothing; raise that first`;
}
