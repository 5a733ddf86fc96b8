import { type MemoryFigures, notKnown } from '../../../../model/changes/kubernetes/bounds.js';
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
 * limit, within what the configuration and the LimitRange allow. Or why there are none. Whether quota and nodes have
 * the room depends on how it is set.
 */
export function rightSizeOf(look: WorkloadLook, diagnosis: Diagnosis): MemoryFigures | Skip {
  const { workload, limitRange, oomKills } = look.details;
  const { maxMemoryBytes } = look.settings;
  const limitBytes = workload.templateLimitBytes;
  if (limitBytes === undefined)
    return {
      skip: look.details.pods.some(({ limitOf }) => limitOf === 'pod')
        ? 'its limit is the pod’s as a whole, which its containers share: only its manifest can raise that'
        : 'it has no memory limit',
    };
  if (maxMemoryBytes === undefined)
    return { skip: 'the configuration allows no larger limit (maxMemory: in nightshift.yaml)' };
  const heap = fixedHeap(look) ?? notKnown(look, 'heapFlags', 'limitRange');
  if (heap !== null) return { skip: heap };
  const peak = peakOf(look);
  const killed = oomKills.some(({ recent }) => recent);
  const leaking = leading(diagnosis) === causes.leak;
  const right = rightSize({ peakBytes: peak ?? limitBytes, limitBytes, killed, leaking }) ?? limitBytes;
  const allowed = Math.min(maxMemoryBytes, limitRange?.max ?? Number.POSITIVE_INFINITY);
  const wanted = Math.min(Math.max(right, limitBytes * usualFactor), allowed);
  const limit = Math.floor(wanted / mebibyte) * mebibyte;
  if (limit < limitBytes * worthwhile)
    return { skip: `its limit is ${bytes(limitBytes)}, and no more than ${bytes(allowed)} is allowed` };
  return withRequest(look, limit, limitBytes);
}

function withRequest({ details }: WorkloadLook, limit: number, before: number): MemoryFigures {
  const { workload, limitRange } = details;
  const request = workload.templateRequestBytes ?? before;
  // Guaranteed pods stay guaranteed: their request is their limit. No others become it: that can't be done in place.
  const requestBytes =
    request === before
      ? limit
      : Math.min(limit - mebibyte, Math.floor((request * usualFactor) / mebibyte) * mebibyte);
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

function fixedHeap({ details: { workload } }: WorkloadLook): string | null {
  return workload.heapFlags.length === 0
    ? null
    : `its heap has a fixed size (${workload.heapFlags.join(' ')}): a larger limit gives it nothing; raise that first`;
}
