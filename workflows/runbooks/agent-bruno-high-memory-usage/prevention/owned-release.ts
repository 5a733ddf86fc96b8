import type { FieldChange } from '../../../../model/change.js';
import type { Diagnosis } from '../../../../model/diagnosis.js';
import type { JsonObject } from '../../../../model/json.js';
import type { WorkloadLook } from '../../../../model/kubernetes/details.js';
import { redacted } from '../../../../model/redact.js';
import type { Recommendation } from '../../../../model/runbook.js';
import { notFor } from '../ladder/pieces.js';
import { causesOfReleases, ownerOfRelease } from '../ladder/undo-release.js';
import { growthBegan, type Release } from '../release.js';
import { patchOf } from './patches.js';

/** The release with which the growth began, where a reconciler would roll it out again: images and variables back. */
export function releaseHandedOver(look: WorkloadLook, diagnosis: Diagnosis): readonly Recommendation[] {
  if (notFor(diagnosis, causesOfReleases) !== null) return [];
  const release = growthBegan(look);
  const owner = release?.latest ? ownerOfRelease(look, release) : undefined;
  if (release === undefined || owner === undefined) return [];
  const { kind, name, namespace } = look.details.workload;
  const containers = backIn(release.differs);
  const left = leftOut(release);
  return [
    {
      title: `Go back to revision ${release.previous} through ${owner.owner}`,
      why: `It began with ${release.what}. ${owner.owner} owns ${owner.field} (${owner.by}), so Nightshift leaves it alone. Take the release back where ${owner.owner} reads it${left === '' ? '' : `, with what this patch leaves out: ${left}`}.`,
      ...(containers.length > 0 && {
        snippet: patchOf(
          { kind, name, namespace },
          { spec: { template: { spec: { containers: [...containers] } } } },
        ),
      }),
    },
  ];
}

const image = /^containers\.([^.]+)\.image$/;
const variable = /^containers\.([^.]+)\.env\.([^.]+)$/;

/** What can be told as a patch: images and variables that are plain texts. */
function backIn(differs: readonly FieldChange[]): readonly JsonObject[] {
  const told = differs.filter(isTold);
  const names = new Set(told.flatMap(({ name }) => (image.exec(name) ?? variable.exec(name))?.[1] ?? []));
  return [...names].map((container): JsonObject => {
    const own = told.filter(({ name }) => name.startsWith(`containers.${container}.`));
    const before = own.find(({ name }) => image.test(name))?.before;
    const env = own.flatMap(({ name, before: value }): readonly JsonObject[] => {
      const variableName = variable.exec(name)?.[2];
      if (variableName === undefined) return [];
      return value === null ? [{ name: variableName, $patch: 'delete' }] : [{ name: variableName, value }];
    });
    return {
      name: container,
      ...(before !== undefined && { image: before }),
      ...(env.length > 0 && { env }),
    };
  });
}

/** Of what is left out, so many are named. */
const mostNames = 5;
/** A value as long as the longest that is told may have been cut. */
const longestTold = 200;

function isTold({ name, before }: FieldChange): boolean {
  if (before === null) return variable.test(name);
  if (typeof before !== 'string' || before.includes(redacted) || before.length >= longestTold) return false;
  return image.test(name) || variable.test(name);
}

function leftOut({ differs, more = 0 }: Release): string {
  const names = differs.filter((one) => !isTold(one)).map(({ name }) => name);
  const rest = Math.max(0, names.length - mostNames) + more;
  return [...names.slice(0, mostNames), ...(rest > 0 ? [`${rest} more fields`] : [])].join(', ');
}
