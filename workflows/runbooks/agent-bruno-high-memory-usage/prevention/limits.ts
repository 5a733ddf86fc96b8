import { bytes, percent } from '../../../../model/format.js';
import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import { killedPeak, rightSize } from '../../../../model/memory/right-size.js';
import type { Recommendation, Seen } from '../../../../model/runbook.js';
import { peakOf } from '../ladder/figures-for-limits.js';
import { causes } from '../names.js';
import { inContainer, resourcesOf, yaml } from './patches.js';

const mebibyte = 1024 ** 2;

/** Limit and request from observed use, as a patch of the template: the peak is to be 70 % of the limit. */
export function limitAdvice({
  first,
  latest,
  samples,
  diagnosis,
  applied,
}: Seen<WorkloadLook>): readonly Recommendation[] {
  const { workload } = latest.details;
  const limitBytes = workload.templateLimitBytes;
  const used = samples.flatMap((sample) => sample.used ?? []);
  const peakBytes = Math.max(peakOf(first) ?? 0, peakOf(latest) ?? 0, ...used);
  if (peakBytes === 0) return [];
  const killed = [first, latest].some(({ details }) => details.oomKills.some(({ recent }) => recent));
  const leaking = diagnosis.causes[0]?.name === causes.leak;
  const limit = rightSize({ peakBytes, limitBytes, killed, leaking });
  if (limit === undefined) return [];
  const usual = Math.min(...[...used, latest.measure?.used ?? peakBytes].filter((value) => value > 0));
  const request = Math.min(limit, Math.ceil(usual / mebibyte) * mebibyte);
  return [
    {
      title: titleOf(workload.name, limitBytes, limit),
      why: `${whyOf({ peakBytes, limit, limitBytes, killed, leaking })}${givenInPlace(latest, applied, limit)}`,
      // A strategic merge patch, for `kubectl patch` or a GitOps repository.
      snippet: {
        language: 'yaml',
        text: yaml(inContainer(workload.container, resourcesOf(limit, request))),
      },
    },
  ];
}

/** What was given to running pods ends with them; whether the patch gives as much, and if not, why not. */
function givenInPlace({ details }: WorkloadLook, applied: readonly string[], limit: number): string {
  if (!applied.includes('resize-pods')) return '';
  const given = Math.max(0, ...details.pods.flatMap(({ limitBytes }) => limitBytes ?? []));
  const ends = ` The limit that was raised in place${given === 0 ? '' : `, to ${bytes(given)},`} ends with each pod`;
  if (limit >= given) return `${ends}: this patch keeps it.`;
  return `${ends}. This patch gives less for good: that raise was made before it was known how much would be used.`;
}

function titleOf(name: string, before: number | undefined, limit: number): string {
  if (before === undefined) return `Give ${name} a memory limit: ${bytes(limit)}`;
  if (before === limit) return `Keep the limit of ${name} at ${bytes(limit)}`;
  return `${limit > before ? 'Raise' : 'Lower'} the memory limit of ${name} from ${bytes(before)} to ${bytes(limit)}`;
}

function whyOf(given: {
  readonly peakBytes: number;
  readonly limit: number;
  readonly limitBytes: number | undefined;
  readonly killed: boolean;
  readonly leaking: boolean;
}): string {
  const { peakBytes, limit, limitBytes, killed, leaking } = given;
  if (leaking)
    return 'A leak leads the diagnosis: a larger limit would only let it grow for longer, so it is not raised.';
  if (killed && limitBytes !== undefined && limitBytes * killedPeak > peakBytes)
    return `Its highest use of ${bytes(peakBytes)} ended in an OOM kill, so it counts as ${bytes(limitBytes * killedPeak)}; of this limit that is 70 %.`;
  return `Its highest use was ${bytes(peakBytes)}, which is ${percent((peakBytes / limit) * 100)} of this limit.`;
}
