import type { ContainerReading, DockerLook } from '../../../../model/container.js';
import { bytes, percent } from '../../../../model/format.js';
import { composePatch } from '../../../../model/memory/compose-patch.js';
import { killedPeak, leakLeads, rightSize } from '../../../../model/memory/right-size.js';
import type { Recommendation } from '../../../../model/runbook.js';
import { largestHeap } from '../causes/growing.js';
import { killsOf } from '../figures.js';
import { chosenContainer } from '../ladder/pieces.js';
import type { Lessons } from './lessons.js';

/** Limit, reservation and swap limit from observed use, as a compose patch; and heap flags that don't fit them. */
export function limitAdvice(lessons: Lessons): readonly Recommendation[] {
  const container = chosenContainer(lessons.seen.first);
  if ('skip' in container) return [];
  const use = observedUse(lessons, container);
  if (use === undefined) return [];
  const killed = killsOf(lessons.seen.first)
    .concat(killsOf(lessons.seen.latest))
    .some((kill) => kill.containerId === container.id || kill.containerName === container.name);
  const leaking = leakLeads(lessons.worst);
  const { limitBytes } = container;
  const limit = rightSize({ peakBytes: use.peak, limitBytes, killed, leaking });
  const advice = heapAdvice(container, limit ?? limitBytes);
  if (limit === undefined) return [withoutLimit(container, use.peak), ...advice];
  const reservation = Math.min(limit, use.usual);
  return [
    {
      title: titleFor(container, limit),
      why: whyFor({ peak: use.peak, limit, before: limitBytes, killed, leaking }),
      snippet: {
        language: 'yaml',
        text: composePatch({
          service: container.composeService ?? container.name,
          limitBytes: limit,
          reservationBytes: reservation,
        }),
      },
    },
    ...advice,
  ];
}

interface Use {
  readonly peak: number;
  readonly usual: number;
}

/** The highest and the lowest use seen: what it needs at least is what it has right after it recovered. */
function observedUse({ seen }: Lessons, container: ContainerReading): Use | undefined {
  const own = seen.first.target.kind === 'container';
  const readings = [
    ...(own ? seen.samples.map(({ used }) => used) : []),
    ...[seen.first, seen.latest].map((look) => workingSet(look, container)),
  ].filter((used): used is number => used !== undefined && used > 0);
  return readings.length === 0 ? undefined : { peak: Math.max(...readings), usual: Math.min(...readings) };
}

function workingSet(look: DockerLook, { key }: ContainerReading): number | undefined {
  const { container, containers } = look.details;
  return [container, ...containers].find((one) => one?.key === key)?.workingSetBytes;
}

function titleFor({ name, limitBytes }: ContainerReading, limit: number): string {
  if (limitBytes === undefined) return `Give ${name} a memory limit: ${bytes(limit)}`;
  if (limit === limitBytes) return `Keep the limit of ${name} at ${bytes(limit)}, and make it stay`;
  return `${limit > limitBytes ? 'Raise' : 'Set'} the memory limit of ${name} ${limit > limitBytes ? 'from' : 'down from'} ${bytes(limitBytes)} to ${bytes(limit)}`;
}

function whyFor(given: {
  readonly peak: number;
  readonly limit: number;
  readonly before: number | undefined;
  readonly killed: boolean;
  readonly leaking: boolean;
}): string {
  const { peak, limit, before, killed, leaking } = given;
  const swap = 'No swap on top of it: swapping makes it slow long before it ends.';
  if (leaking)
    return `A leak leads the diagnosis: a larger limit would only let it grow for longer, so it is not raised. ${swap}`;
  if (killed && before !== undefined && before * killedPeak > peak)
    return `Its highest use of ${bytes(peak)} ended in an OOM kill, so it counts as ${bytes(before * killedPeak)}; the limit is such that this is 70 %. ${swap}`;
  return `Its highest use was ${bytes(peak)}, which is ${percent((peak / limit) * 100)} of this limit. ${swap}`;
}

function withoutLimit({ name }: ContainerReading, peak: number): Recommendation {
  return {
    title: `Give ${name} a memory limit`,
    why: `It has none and seems to leak (${bytes(peak)} at its highest), so it takes the whole host with it. How large the limit should be is known once the leak is mended; until then anything that leaves the host room helps.`,
  };
}

/** A heap that may grow past its container's limit is killed instead of collected. */
function heapAdvice(
  { name, heapFlags }: ContainerReading,
  limit: number | undefined,
): readonly Recommendation[] {
  const heap = largestHeap(heapFlags);
  if (heap === undefined || limit === undefined || heap <= limit * 0.75) return [];
  return [
    {
      title: `Set the heap of ${name} to at most ${bytes(limit * 0.75)}`,
      why: `${heapFlags.join(' ')} lets the heap alone have ${bytes(heap)}, of a limit of ${bytes(limit)}. What is outside the heap needs a quarter of it as a rule; a heap that meets the limit is killed before it collects.`,
    },
  ];
}
