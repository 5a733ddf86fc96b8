import type { Change, ChangeDraft } from '../../change.js';
import type { JsonObject } from '../../json.js';
import type { WorkloadLook, WorkloadReading } from '../../kubernetes/details.js';

/** The template that a change was planned for; absent in changes that were planned before looks told it. */
export type PlannedTemplate = { readonly template?: string };

/**
 * The draft for the template that the look tells, by its digest: what is approved is approved for it. The generation,
 * which drafts from old looks go by, also changes when an autoscaler scales, and would void every approval.
 */
export function forTemplate<Params extends PlannedTemplate & JsonObject>(
  { details: { workload } }: WorkloadLook,
  draft: ChangeDraft<Params>,
): ChangeDraft<Params> {
  const { templateDigest: template } = workload;
  if (template === undefined) return draft;
  const { generation: _, ...rest } = draft;
  return { ...rest, params: { ...draft.params, template } };
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
