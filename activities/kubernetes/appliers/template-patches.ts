import type { FieldChange } from '../../../model/change.js';
import { quantity } from '../../../model/changes/kubernetes/memory-fields.js';
import type { Json, JsonObject } from '../../../model/json.js';
import { quantityOf } from '../quantity.js';
import { templateOf, type Workload } from '../workload.js';

/** On the template of what was restarted: the change's id, by which a later attempt finds its own. */
export const restartedBy = 'nightshift.dev/restarted-by';
/** As `kubectl rollout restart` writes it. */
const restartedAt = 'kubectl.kubernetes.io/restartedAt';

/** Part of a strategic merge patch: a template that is replaced by nothing but its marks. */
export function restartPatch(changeId: string, at: string): JsonObject {
  return {
    spec: { template: { metadata: { annotations: { [restartedBy]: changeId, [restartedAt]: at } } } },
  };
}

export function isRestartedBy(workload: Workload, changeId: string): boolean {
  return templateOf(workload).metadata?.annotations?.[restartedBy] === changeId;
}

/** Sets memory of one container; null takes the figure out. */
export function memoryPatch(container: string, fields: readonly FieldChange[]): JsonObject {
  return inContainer({ name: container, resources: memoryResources(fields) });
}

/** `limits.memory` and `requests.memory` as Kubernetes nests them. */
export function memoryResources(fields: readonly FieldChange[]): JsonObject {
  const of = (name: string): JsonObject => {
    const field = fields.find((one) => one.name === name);
    return field === undefined ? {} : { memory: field.after === null ? null : quantity(field.after) };
  };
  const [limits, requests] = [of('limits.memory'), of('requests.memory')];
  return {
    ...('memory' in limits && { limits }),
    ...('memory' in requests && { requests }),
  };
}

/** Resources of a container, as the API server gives them. */
export interface Resources {
  readonly limits?: Readonly<Record<string, string>>;
  readonly requests?: Readonly<Record<string, string>>;
}

/** Bytes, or null where none is set; undefined for a field that is none of memory's. */
export function memoryNow(resources: Resources | undefined, name: string): number | null | undefined {
  if (name === 'limits.memory') return quantityOf(resources?.limits?.memory) ?? null;
  // What has no request has its limit for one.
  if (name === 'requests.memory')
    return quantityOf(resources?.requests?.memory) ?? quantityOf(resources?.limits?.memory) ?? null;
  return undefined;
}

/** Sets variables of one container; null takes one out. */
export function envPatch(
  container: string,
  settings: readonly { readonly variable: string; readonly after: string | null }[],
): JsonObject {
  const env = settings.map(
    ({ variable, after }): JsonObject =>
      after === null ? { name: variable, $patch: 'delete' } : { name: variable, value: after },
  );
  return inContainer({ name: container, env });
}

function inContainer(container: JsonObject): JsonObject {
  return { spec: { template: { spec: { containers: [container] } } } };
}

/** The variable's value in the template; null where it has none there. */
export function envNow(workload: Workload, container: string, variable: string): Json {
  const found = templateOf(workload).spec?.containers.find(({ name }) => name === container);
  return found?.env?.findLast(({ name }) => name === variable)?.value ?? null;
}
