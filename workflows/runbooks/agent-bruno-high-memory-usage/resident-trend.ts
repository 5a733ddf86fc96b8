import type { Sample } from '../../../model/evidence.js';
import type { PodReading, WorkloadLook } from '../../../model/kubernetes/details.js';
import { failed, notGrowingBack } from '../../../model/memory/soak-checks.js';
import type { Check } from '../../../model/runbook.js';
import { appFigures, type Trail, trailOf } from './app-figures.js';

const name = 'resident memory of the process not growing';
/** Fewer readings show no trend. */
const fewestReadings = 4;

/**
 * The source's trend of `process_resident_memory_bytes` over the soak, in the fullest pod: pages of files that go can
 * hide a process that grows, as long as there are any. From Prometheus, or from what the app itself told in the soak; a
 * check only where one of them has that figure: what was seen before, and can't be read now, has not passed.
 */
export function residentNotGrowing(
  look: WorkloadLook,
  before: WorkloadLook,
  samples: readonly Sample[],
): readonly Check[] {
  const [worst] = look.details.pods;
  const kept = trailOf(look.details, worst, 'residentBytes');
  const trail = kept.length > 0 ? kept : toldIn(samples, look, worst);
  if (trail.length === 0)
    return wasKept(before)
      ? [failed(name, 'Prometheus has no readings of process_resident_memory_bytes')]
      : [];
  const soak = ofSoak(trail, worst, samples);
  if (soak.length < fewestReadings) return tooFew(trail, soak.length, look, samples);
  const { measure } = look;
  const last = soak.at(-1)?.value ?? 0;
  if (measure === undefined) return [failed(name, 'memory could not be read')];
  const readings = soak.map(({ at, value }) => ({
    at: new Date(at).toISOString(),
    used: value,
    limit: measure.limit,
  }));
  const resident = { ...look, at: readings.at(-1)?.at ?? look.at, measure: { ...measure, used: last } };
  return [{ ...notGrowingBack(resident, readings.slice(0, -1)), name }];
}

/** What the app told in the soak of the pod that is the fullest at its end, and in the last look. */
function toldIn(samples: readonly Sample[], look: WorkloadLook, worst: PodReading | undefined): Trail {
  const told = samples.flatMap(({ at, resident }) =>
    resident !== undefined && resident.of === worst?.name
      ? [{ at: Date.parse(at), value: resident.bytes }]
      : [],
  );
  const last = appFigures(worst).residentBytes;
  return told.length === 0 || last === undefined ? told : [...told, { at: Date.parse(look.at), value: last }];
}

/** Prometheus had it. What the app told once is no promise: soaks of before this check did not ask for it. */
function wasKept({ details }: WorkloadLook): boolean {
  return trailOf(details, details.pods[0], 'residentBytes').length > 0;
}

/** Since the soak began, and of this process. */
function ofSoak(trail: Trail, worst: PodReading | undefined, samples: readonly Sample[]): Trail {
  const from = Math.max(time(samples[0]?.at), time(worst?.startedAt));
  return trail.filter(({ at }) => at >= from);
}

/** A soak that is shorter than a few scrapes has no trend to be checked; readings that ended have not passed. */
function tooFew(
  trail: Trail,
  count: number,
  look: WorkloadLook,
  samples: readonly Sample[],
): readonly Check[] {
  const end = Date.parse(look.at);
  const [last, one] = [trail.at(-1)?.at ?? 0, trail.at(-2)?.at ?? 0];
  const scrape = last - one;
  const soak = end - Math.max(time(samples[0]?.at), time(look.details.pods[0]?.startedAt));
  const expected = Math.floor(soak / scrape);
  return expected > fewestReadings && end - last > 2 * scrape
    ? [failed(name, `only ${count} readings of process_resident_memory_bytes in the soak`)]
    : [];
}

function time(at: string | undefined): number {
  return at === undefined ? 0 : Date.parse(at);
}
