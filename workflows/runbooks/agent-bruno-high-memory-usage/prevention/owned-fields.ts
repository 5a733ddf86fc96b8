import type { FieldOwner, WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Recommendation, Seen } from '../../../../model/runbook.js';
import { isSkip, rightSizeOf } from '../ladder/figures-for-limits.js';
import { causes } from '../names.js';
import { templatePatch } from './limits.js';

/** What a reconciler owns is not changed but handed over as a patch, to apply where the reconciler reads it. */
export function ownedFields({ latest, first, diagnosis }: Seen<WorkloadLook>): readonly Recommendation[] {
  const owners = first.details.workload.owners.filter(({ reconciles }) => reconciles);
  const lead = diagnosis.causes[0]?.name;
  return owners.flatMap((owner) => patchFor(owner, first.measure === undefined ? latest : first, lead));
}

function patchFor(
  owner: FieldOwner,
  look: WorkloadLook,
  lead: string | undefined,
): readonly Recommendation[] {
  const { workload } = look.details;
  const where = `${owner.owner} owns ${owner.field} (${owner.by}), so Nightshift leaves it alone. Apply this where ${owner.owner} reads it.`;
  if (/resources/.test(owner.field) && lead === causes.limit) {
    const figures = rightSizeOf(look, { level: 'critical', levelWhy: '', causes: [] });
    if (isSkip(figures)) return [];
    const text = templatePatch(workload.container, figures.limitBytes, figures.requestBytes);
    return [
      { title: `Raise the limit through ${owner.owner}`, why: where, snippet: { language: 'yaml', text } },
    ];
  }
  const more = scaled(owner, look, lead);
  if (more !== undefined) return [{ title: `Scale out through ${owner.owner}`, why: where, snippet: more }];
  const rules = look.settings.env.filter((rule) => owner.field.includes(`env.${rule.name}`));
  return rules.map((rule) => ({
    title: `Set ${rule.name} to ${rule.to} through ${owner.owner}`,
    why: where,
    snippet: { language: 'yaml', text: envPatch(workload.container, rule.name, rule.to) },
  }));
}

function scaled(
  { field }: FieldOwner,
  look: WorkloadLook,
  lead: string | undefined,
): Recommendation['snippet'] {
  const { maxReplicas } = look.settings;
  const fits = lead === causes.traffic || lead === causes.sessions;
  const wanted = look.details.workload.replicas + 1;
  if (field !== 'spec.replicas' || !fits || maxReplicas === undefined || wanted > maxReplicas)
    return undefined;
  return { language: 'yaml', text: `spec:\n  replicas: ${wanted}\n` };
}

function envPatch(container: string, name: string, value: string): string {
  return [
    'spec:',
    '  template:',
    '    spec:',
    '      containers:',
    `        - name: ${container}`,
    `          env: [{ name: ${name}, value: ${JSON.stringify(value)} }]`,
    '',
  ].join('\n');
}
