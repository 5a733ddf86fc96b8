import type { DockerLook } from '../../../model/container.js';
import type { Diagnosis } from '../../../model/diagnosis.js';
import type { Sample } from '../../../model/evidence.js';
import type { Recommendation, Seen } from '../../../model/runbook.js';
import { diagnose } from './diagnosis.js';
import { appAdvice } from './prevention/app.js';
import { leakAdvice } from './prevention/evidence.js';
import { hostAdvice } from './prevention/host.js';
import type { Lessons } from './prevention/lessons.js';
import { limitAdvice } from './prevention/limits.js';
import { monitoringAdvice } from './prevention/monitoring.js';
import { restartPolicyAdvice } from './prevention/restart-policy.js';

/** MEM-001's prevention measures, with the figures of this incident. */
export function recommend(seen: Seen<DockerLook>): readonly Recommendation[] {
  const lessons: Lessons = { seen, worst: worstDiagnosis(seen) };
  return [
    ...leakAdvice(lessons),
    ...limitAdvice(lessons),
    ...restartPolicyAdvice(lessons),
    ...appAdvice(lessons),
    ...hostAdvice(lessons),
    ...monitoringAdvice(lessons),
  ];
}

/** The first look, judged with all readings up to the highest one. */
function worstDiagnosis({ first, latest, samples }: Seen<DockerLook>): Diagnosis {
  const look = first.measure === undefined ? latest : first;
  if (look.measure === undefined) return diagnose(look, []);
  const peak = highest(samples);
  if (peak?.used === undefined || peak.used <= look.measure.used)
    return diagnose(look, upTo(samples, look.at));
  const { limit } = look.measure;
  const measure = { ...look.measure, used: peak.used, percent: (peak.used / limit) * 100 };
  const startedAt = peak.startedAt ?? look.identity.startedAt;
  return diagnose(
    { ...look, at: peak.at, measure, identity: { ...look.identity, startedAt } },
    upTo(samples, peak.at),
  );
}

function highest(samples: readonly Sample[]): Sample | undefined {
  return samples.reduce<Sample | undefined>(
    (most, sample) => ((sample.used ?? -1) > (most?.used ?? -1) ? sample : most),
    undefined,
  );
}

function upTo(samples: readonly Sample[], at: string): readonly Sample[] {
  return samples.filter((sample) => Date.parse(sample.at) <= Date.parse(at));
}
