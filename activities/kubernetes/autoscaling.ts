import type { V1PodDisruptionBudget, V2HorizontalPodAutoscaler, V2MetricSpec } from '@kubernetes/client-node';
import type { JsonObject } from '../../model/json.js';
import type { Autoscaling } from '../../model/kubernetes/details.js';
import type { WorkloadSettings } from '../../model/kubernetes/settings.js';
import type { CallOptions, Cluster } from './client.js';
import { ownersElsewhere } from './owners.js';
import { paths } from './paths.js';
import { selects } from './selectors.js';

interface List<T> {
  readonly items?: readonly T[];
}

interface VerticalPodAutoscaler {
  readonly metadata?: { readonly name?: string };
  readonly spec?: {
    readonly targetRef?: { readonly kind?: string; readonly name?: string };
    readonly updatePolicy?: { readonly updateMode?: string };
    readonly resourcePolicy?: { readonly containerPolicies?: readonly JsonObject[] };
  };
}

/** The autoscaler that owns the number of replicas, if one does. */
export async function readHpa(
  cluster: Cluster,
  settings: WorkloadSettings,
  options: CallOptions,
): Promise<Autoscaling['hpa']> {
  const list = await cluster.get<List<V2HorizontalPodAutoscaler>>(
    paths.autoscalers(settings.namespace),
    options,
  );
  const found = list.items?.find(
    ({ spec }) => spec?.scaleTargetRef.kind === settings.kind && spec.scaleTargetRef.name === settings.name,
  );
  if (!found) return undefined;
  const { metadata, spec, status } = found;
  const scaledObject = metadata?.ownerReferences?.find(({ kind }) => kind === 'ScaledObject');
  const note = conditionWords(found);
  const owners = ownersElsewhere({
    object: { kind: 'HorizontalPodAutoscaler', name: metadata?.name ?? '' },
    meta: metadata,
    at: ['f:spec', 'f:minReplicas'],
    field: 'spec.minReplicas',
  });
  return {
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    min: spec?.minReplicas ?? 1,
    max: spec?.maxReplicas ?? 1,
    current: status?.currentReplicas ?? 0,
    desired: status?.desiredReplicas ?? 0,
    metrics: (spec?.metrics ?? []).map(metricWords),
    resourceVersion: metadata?.resourceVersion ?? '',
    generation: metadata?.generation ?? 0,
    keda:
      scaledObject !== undefined || metadata?.labels?.['app.kubernetes.io/managed-by'] === 'keda-operator',
    ...(scaledObject && { scaledObject: scaledObject.name }),
    ...(owners.length > 0 && { owners }),
    ...(note !== undefined && { note }),
  };
}

function metricWords({ type, resource, containerResource }: V2MetricSpec): string {
  const named = resource ?? containerResource;
  if (!named) return type;
  const { averageUtilization, averageValue } = named.target;
  return `${named.name} ${averageUtilization === undefined ? (averageValue ?? '') : `${averageUtilization} %`}`.trim();
}

/** Why it does not scale as it would: it reads no metric, or it is at a bound. */
function conditionWords(hpa: V2HorizontalPodAutoscaler): string | undefined {
  const said = (hpa.status?.conditions ?? []).find(
    ({ type, status }) =>
      (status === 'False' && (type === 'ScalingActive' || type === 'AbleToScale')) ||
      (status === 'True' && type === 'ScalingLimited'),
  );
  return said && `${said.reason ?? said.type}: ${said.message ?? ''}`.slice(0, 200);
}

/** A VerticalPodAutoscaler of the workload. Clusters without one have no such path: undefined. */
export async function readVpa(
  cluster: Cluster,
  settings: WorkloadSettings,
  options: CallOptions,
): Promise<Autoscaling['vpa']> {
  const list = await cluster.find<List<VerticalPodAutoscaler>>(
    paths.verticalAutoscalers(settings.namespace),
    options,
  );
  const found = list?.items?.find(
    ({ spec }) => spec?.targetRef?.kind === settings.kind && spec.targetRef.name === settings.name,
  );
  const policies = found?.spec?.resourcePolicy?.containerPolicies;
  return (
    found && {
      name: found.metadata?.name ?? '',
      mode: found.spec?.updatePolicy?.updateMode ?? 'Auto',
      ...(policies && { policies }),
    }
  );
}

/** The strictest disruption budget that selects these pods. */
export async function readBudget(
  cluster: Cluster,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  options: CallOptions,
): Promise<Autoscaling['budget']> {
  const list = await cluster.get<List<V1PodDisruptionBudget>>(paths.budgets(namespace), options);
  const found = (list.items ?? [])
    .filter(({ spec }) => selects(spec?.selector, labels))
    .toSorted((a, b) => (a.status?.disruptionsAllowed ?? 0) - (b.status?.disruptionsAllowed ?? 0));
  const [strictest] = found;
  if (!strictest) return undefined;
  const { minAvailable: least } = strictest.spec ?? {};
  return {
    name: strictest.metadata?.name ?? '',
    disruptionsAllowed: strictest.status?.disruptionsAllowed ?? 0,
    ...(least !== undefined && { minAvailable: String(least) }),
  };
}
