import type { Change } from '../../change.js';
import type { WorkloadLook, WorkloadReading } from '../../kubernetes/details.js';

/** The template that a change was planned for; absent in changes that were planned before looks told it. */
export type PlannedTemplate = { readonly template?: string };

/**
 * What is approved with a change of the template as a whole: that it is of this template. By its digest; the generation
 * of old looks also changes when an autoscaler scales, which would void every approval.
 */
export function plannedTemplate({ details: { workload } }: WorkloadLook): {
  readonly generation?: number;
  readonly params: PlannedTemplate;
} {
  const { templateDigest: template, generation } = workload;
  return template === undefined ? { generation, params: {} } : { params: { template } };
}

/** Why it is no longer the one that was planned for, or null. */
export function templateMoved(
  change: Pick<Change<PlannedTemplate>, 'generation' | 'params'>,
  now: Pick<WorkloadReading, 'name' | 'generation' | 'templateDigest'>,
): string | null {
  const { generation, params } = change;
  if (params.template !== undefined)
    return now.templateDigest === params.template
      ? null
      : `${now.name} was changed since this was planned: its template is another one.`;
  return generation === undefined || now.generation === generation
    ? null
    : `${now.name} was changed since this was planned (generation ${now.generation}, not ${generation}).`;
}
