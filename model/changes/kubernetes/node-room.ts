import { bytes } from '../../format.js';
import type { NodeReading, PodReading, WorkloadLook } from '../../kubernetes/details.js';
import { lowerHeadroom } from '../memory-limit.js';
import { type MemoryFigures, type MemoryRise, surgeOf, unavailableOf } from './bounds.js';

/** This share of a node's memory stays free. */
const reserve = lowerHeadroom / 3;

/** Why the pod's own node has not the room for more, or null. What is not known is a refusal. */
export function podNodeForbids(
  look: WorkloadLook,
  pod: PodReading | undefined,
  more: MemoryRise,
): string | null {
  const node = look.details.nodes.find(({ name }) => name === pod?.node);
  return node === undefined ? unknownUse(pod?.node ?? '') : nodeForbids(node, more);
}

/**
 * Why pods of a new template would find no room, or null. Where a pod goes before its successor comes, one without
 * room would be an outage: what its node has promised must be known. One that comes besides only waits, and the
 * rollout is taken back.
 */
export function rolloutNodesForbid(look: WorkloadLook, wanted: MemoryFigures): string | null {
  const { workload } = look.details;
  if (surgeOf(workload) === 0) return replacedForbids(look, wanted);
  const surge = surgeForbids(look, wanted);
  if (surge === null || unavailableOf(workload) === 0) return surge;
  return replacedForbids(look, wanted) === null ? null : surge;
}

/** One pod more, on any of the nodes that are known. */
function surgeForbids({ details: { nodes } }: WorkloadLook, wanted: MemoryFigures): string | null {
  const more = { limits: wanted.limitBytes, requests: wanted.requestBytes };
  const reasons = nodes.map((node) => nodeForbids(node, more));
  if (reasons.includes(null)) return null;
  return reasons.length === 0
    ? 'what the nodes of its pods use is not known'
    : `no node of its pods has room for one more, which comes before an old one goes: ${reasons[0]}`;
}

/** Each pod larger, where it is: the room of the old one is its successor's. */
function replacedForbids({ details: { nodes, pods } }: WorkloadLook, wanted: MemoryFigures): string | null {
  const names = new Set(pods.flatMap(({ node, deleting }) => (node === undefined || deleting ? [] : [node])));
  for (const name of names) {
    const node = nodes.find((one) => one.name === name);
    if (node === undefined) return unknownUse(name);
    const more = riseOn(
      pods.filter((pod) => pod.node === name && !pod.deleting),
      wanted,
    );
    if (node.requestedBytes === undefined && more.requests > 0)
      return `what its node ${name} has promised to others is not known, and a pod is deleted before its successor is placed`;
    const why = nodeForbids(node, more);
    if (why !== null) return why;
  }
  return null;
}

function riseOn(pods: readonly PodReading[], wanted: MemoryFigures): MemoryRise {
  const rise = (now: number | undefined, after: number) => Math.max(0, after - (now ?? 0));
  return {
    limits: pods.reduce((sum, { limitBytes }) => sum + rise(limitBytes, wanted.limitBytes), 0),
    requests: pods.reduce(
      (sum, { requestBytes, limitBytes }) => sum + rise(requestBytes ?? limitBytes, wanted.requestBytes),
      0,
    ),
  };
}

function nodeForbids(node: NodeReading, { limits, requests }: MemoryRise): string | null {
  const { name, usedBytes, requestedBytes, allocatableBytes } = node;
  if (usedBytes === undefined) return unknownUse(name);
  if (node.memoryPressure) return `its node ${name} is short of memory itself`;
  const unasked = requestedBytes === undefined ? undefined : allocatableBytes - requestedBytes;
  if (unasked !== undefined && unasked < requests)
    return `its node ${name} has ${bytes(Math.max(0, unasked))} left for requests, ${bytes(requests)} more were wanted`;
  const free = allocatableBytes * (1 - reserve) - usedBytes;
  return free >= limits
    ? null
    : `its node ${name} has only ${bytes(Math.max(0, free))} to spare, ${bytes(limits)} more were wanted`;
}

function unknownUse(node: string): string {
  return `what its node ${node} uses is not known`;
}
