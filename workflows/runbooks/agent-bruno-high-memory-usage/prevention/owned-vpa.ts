import type { MemoryFigures } from '../../../../model/changes/kubernetes/bounds.js';
import { quantity } from '../../../../model/changes/kubernetes/memory-fields.js';
import { bytes } from '../../../../model/format.js';
import type { JsonObject } from '../../../../model/json.js';
import type { Autoscaling, WorkloadLook } from '../../../../model/kubernetes/details.js';
import type { Recommendation } from '../../../../model/runbook.js';
import { patchOf } from './patches.js';

type Vpa = NonNullable<Autoscaling['vpa']>;

/** A least request for a VPA, which sets the limit in proportion. A list is replaced as a whole: the rest is kept. */
export function vpaPatch(
  look: WorkloadLook,
  { name, mode, policies = [] }: Vpa,
  figures: MemoryFigures,
): Recommendation {
  const { container, namespace } = look.details.workload;
  const own = policies.find(({ containerName }) => containerName === container);
  const usual = policies.find(({ containerName }) => containerName === '*');
  const others = policies.filter((one) => one !== own);
  const wanted = withLeast(container, own ?? usual ?? {}, figures);
  return {
    title: `Raise the limit through the VerticalPodAutoscaler ${name}`,
    why: `It owns requests and limits (${mode}), so Nightshift leaves them alone. With this it asks for ${bytes(figures.requestBytes)} at least, and sets the limit in proportion. Merge it into VerticalPodAutoscaler ${namespace}/${name} where that is defined.`,
    snippet: patchOf(
      { kind: 'VerticalPodAutoscaler', name, namespace },
      { spec: { resourcePolicy: { containerPolicies: [...others, wanted] } } },
    ),
  };
}

function withLeast(container: string, policy: JsonObject, { requestBytes }: MemoryFigures): JsonObject {
  const memory = quantity(requestBytes);
  const { maxAllowed } = policy;
  return {
    ...policy,
    containerName: container,
    minAllowed: { ...objectOf(policy.minAllowed), memory },
    // A bound below it would be refused.
    ...(maxAllowed !== undefined && { maxAllowed: { ...objectOf(maxAllowed), memory } }),
  };
}

function objectOf(value: JsonObject[string] | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}
