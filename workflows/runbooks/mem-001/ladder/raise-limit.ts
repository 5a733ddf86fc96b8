import { planMemoryLimit } from '../../../../model/changes/memory-limit.js';
import type { ContainerReading, DockerLook } from '../../../../model/container.js';
import type { Diagnosis } from '../../../../model/diagnosis.js';
import { bytes } from '../../../../model/format.js';
import { rightSize } from '../../../../model/memory/right-size.js';
import type { Proposal, Remedy } from '../../../../model/runbook.js';
import { largestHeap } from '../causes/growing.js';
import { killsOf } from '../figures.js';
import { leading } from './pieces.js';

const mebibyte = 1024 ** 2;
/** So much of the host's memory stays free whatever a container wants. */
const hostReserve = 0.1;
/** A smaller raise is not worth a change. */
const worthwhile = 1.1;

/** Only where the limit is too small for honest use, the configuration allows it, and the host has the room. */
export const raiseLimit: Remedy<DockerLook> = {
  name: 'raise-limit',
  title: "Raise the container's memory limit",
  usually: 'none',
  propose(look, diagnosis) {
    const { container } = look.details;
    if (look.target.kind !== 'container' || container === undefined)
      return { skip: 'the target is not a single container' };
    const limitBytes = container.limitBytes;
    if (limitBytes === undefined) return { skip: 'it has no limit of its own' };
    if (leading(diagnosis) !== 'limit-too-small') return { skip: notTooSmall(diagnosis) };
    if (look.settings.maxMemoryBytes === undefined)
      return { skip: 'the configuration allows no larger limit (maxMemory: in nightshift.yaml)' };
    return propose(look, { ...container, limitBytes }, look.settings.maxMemoryBytes);
  },
};

function notTooSmall(diagnosis: Diagnosis): string {
  const cause = diagnosis.causes[0];
  if (cause === undefined) return 'that the limit is too small is not shown by anything';
  return cause.name === 'leak'
    ? 'a leak would fill a larger limit too'
    : `the limit is not what is wrong most likely: ${cause.summary}`;
}

function propose(
  look: DockerLook,
  container: ContainerReading & { readonly limitBytes: number },
  allowed: number,
): Proposal {
  const { limitBytes } = container;
  const peak = container.workingSetBytes ?? look.measure?.used;
  if (peak === undefined) return { skip: 'what it uses is not known' };
  const fixed = heapSkip(container, limitBytes);
  if (fixed !== undefined) return { skip: fixed };
  const { host, hostGap } = look.details;
  if (host === undefined)
    return { skip: `whether the host has the room is not known: ${hostGap ?? 'its memory was not read'}` };
  const killed = killsOf(look).length > 0;
  const heap = largestHeap(container.heapFlags) ?? 0;
  const wanted = Math.max(
    rightSize({ peakBytes: peak, limitBytes, killed, leaking: false }) ?? 0,
    Math.ceil(heap / 0.75 / mebibyte) * mebibyte,
  );
  const room = limitBytes + Math.max(0, host.memAvailableBytes - host.memTotalBytes * hostReserve);
  const next = Math.floor(Math.min(wanted, allowed, room) / mebibyte) * mebibyte;
  if (next >= limitBytes * worthwhile) return { changes: [planMemoryLimit(container, next)] };
  if (allowed < limitBytes * worthwhile)
    return { skip: `its limit is ${bytes(limitBytes)}, and the configuration allows ${bytes(allowed)}` };
  return { skip: `the host has only ${bytes(host.memAvailableBytes)} available, a tenth of it stays free` };
}

/** A heap with a fixed size gets nothing from a larger limit, unless it was already allowed to fill this one. */
function heapSkip({ heapFlags }: ContainerReading, limitBytes: number): string | undefined {
  const heap = largestHeap(heapFlags);
  return heap === undefined || heap >= limitBytes * 0.75
    ? undefined
    : `its heap is fixed at ${bytes(heap)} (${heapFlags.join(' ')}): a larger limit gives it nothing; raise that first`;
}
