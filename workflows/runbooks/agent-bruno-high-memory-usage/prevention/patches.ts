import { quantity } from '../../../../model/changes/kubernetes/memory-fields.js';
import type { Json, JsonObject } from '../../../../model/json.js';
import type { Recommendation } from '../../../../model/runbook.js';

/** An object that a patch is for. */
export interface Patched {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
}

const versions: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
  ConfigMap: 'v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
  VerticalPodAutoscaler: 'autoscaling.k8s.io/v1',
  ScaledObject: 'keda.sh/v1alpha1',
};

/** What is to be merged into an object, with the object's name: for Kustomize, `kubectl apply` or `kubectl patch`. */
export function patchOf({ kind, name, namespace }: Patched, body: JsonObject): Recommendation['snippet'] {
  const head = { apiVersion: versions[kind] ?? 'v1', kind, metadata: { name, namespace } };
  return { language: 'yaml', text: yaml({ ...head, ...body }) };
}

/** One container of a workload's template, by strategic merge. */
export function inContainer(container: string, body: JsonObject): JsonObject {
  return { spec: { template: { spec: { containers: [{ name: container, ...body }] } } } };
}

/** Limit and request, bytes. */
export function resourcesOf(limitBytes: number, requestBytes: number): JsonObject {
  return {
    resources: {
      limits: { memory: quantity(limitBytes) },
      requests: { memory: quantity(requestBytes) },
    },
  };
}

/** JSON as YAML in blocks. There is no YAML library in a workflow. */
export function yaml(value: JsonObject): string {
  return `${lines(value).join('\n')}\n`;
}

function lines(value: JsonObject): readonly string[] {
  return Object.entries(value).flatMap(([name, inner]) => {
    const key = /^[$A-Za-z][\w.-]{2,}$/.test(name) ? name : JSON.stringify(name);
    if (Array.isArray(inner) && inner.length > 0)
      return [`${key}:`, ...inner.flatMap((one: Json) => indented(item(one)))];
    return isBlock(inner) ? [`${key}:`, ...indented(lines(inner))] : [`${key}: ${scalar(inner)}`];
  });
}

function item(one: Json): readonly string[] {
  if (!isBlock(one)) return [`- ${scalar(one)}`];
  const [first = '', ...rest] = lines(one);
  return [`- ${first}`, ...indented(rest)];
}

function indented(texts: readonly string[]): readonly string[] {
  return texts.map((text) => `  ${text}`);
}

function isBlock(value: Json | undefined): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
  );
}

/** JSON is YAML; a plain word, which is neither a number nor a truth value in any version of it, needs no quotes. */
function scalar(value: Json): string {
  const plain = /^(?:[A-Za-z][\w./-]{3,}|\d+Mi)$/;
  return typeof value === 'string' && plain.test(value) && !/^(?:true|false|null|none)$/i.test(value)
    ? value
    : JSON.stringify(value);
}
