import type { V1LimitRange, V1PodSpec, V1ResourceQuota } from '@kubernetes/client-node';
import type { WorkloadDetails } from '../../model/kubernetes/details.js';
import type { CallOptions, Cluster } from './client.js';
import { paths } from './paths.js';
import { runningIn } from './pods.js';
import { quantityOf } from './quantity.js';

interface List<T> {
  readonly items?: readonly T[];
}

/** Rules on memory in the namespace, as they stand there. */
export async function readQuotas(
  cluster: Cluster,
  namespace: string,
  options: CallOptions,
): Promise<readonly V1ResourceQuota[]> {
  return (await cluster.get<List<V1ResourceQuota>>(paths.quotas(namespace), options)).items ?? [];
}

export async function readLimitRanges(
  cluster: Cluster,
  namespace: string,
  options: CallOptions,
): Promise<readonly V1LimitRange[]> {
  return (await cluster.get<List<V1LimitRange>>(paths.limitRanges(namespace), options)).items ?? [];
}

/** What the quotas that count these pods leave, the strictest of them. Bytes. */
export function quotaLeft(
  quotas: readonly V1ResourceQuota[],
  pod: V1PodSpec | undefined,
): NonNullable<WorkloadDetails['quota']> {
  const own = quotas.filter((quota) => counts(quota, pod));
  const left = (...names: readonly string[]): number | undefined =>
    least(
      own.flatMap(({ spec, status }) =>
        names.map((name) => {
          const hard = quantityOf(status?.hard?.[name] ?? spec?.hard?.[name]);
          return hard === undefined ? undefined : hard - (quantityOf(status?.used?.[name]) ?? 0);
        }),
      ),
    );
  const limitsLeft = left('limits.memory');
  // The old name of the same thing is still allowed, and both may be there.
  const requestsLeft = left('requests.memory', 'memory');
  return {
    ...(limitsLeft !== undefined && { limitsLeft }),
    ...(requestsLeft !== undefined && { requestsLeft }),
  };
}

/** Whether a quota counts pods such as this: its scopes all have to fit. */
function counts({ spec }: V1ResourceQuota, pod: V1PodSpec | undefined): boolean {
  const scopes = [
    ...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists', values: undefined })),
    ...(spec?.scopeSelector?.matchExpressions ?? []),
  ];
  const ends = pod?.activeDeadlineSeconds !== undefined;
  const bestEffort = (pod?.containers ?? []).every(
    ({ resources }) => Object.keys({ ...resources?.requests, ...resources?.limits }).length === 0,
  );
  return scopes.every(({ scopeName, operator, values = [] }) => {
    switch (scopeName) {
      case 'Terminating':
        return ends;
      case 'NotTerminating':
        return !ends;
      case 'BestEffort':
        return bestEffort;
      case 'NotBestEffort':
        return !bestEffort;
      case 'PriorityClass':
        return ofPriority(pod?.priorityClassName, operator, values);
      default:
        // Of a scope that is not known here it can't be said that it leaves these pods out.
        return true;
    }
  });
}

function ofPriority(name: string | undefined, operator: string, values: readonly string[]): boolean {
  if (operator === 'Exists') return name !== undefined;
  if (operator === 'DoesNotExist') return name === undefined;
  const listed = name !== undefined && values.includes(name);
  return operator === 'In' ? listed : !listed;
}

/** What LimitRanges let this container of the pod have; what they let the pod have, less what its others have. */
export function limitBounds(
  ranges: readonly V1LimitRange[],
  pod: V1PodSpec | undefined,
  container: string,
): NonNullable<WorkloadDetails['limitRange']> {
  const rules = ranges.flatMap(({ spec }) => spec?.limits ?? []);
  const others = runningIn(pod)
    .filter(({ name }) => name !== container)
    .reduce((sum, { resources }) => sum + (quantityOf(resources?.limits?.memory) ?? 0), 0);
  const max = least(
    rules.map(({ type, max: most }) => {
      const bytes = quantityOf(most?.memory);
      if (bytes === undefined) return undefined;
      return type === 'Container' ? bytes : type === 'Pod' ? Math.max(0, bytes - others) : undefined;
    }),
  );
  const own = rules.filter(({ type }) => type === 'Container' || type === 'Pod');
  const maxRatio = least(own.map(({ maxLimitRequestRatio }) => quantityOf(maxLimitRequestRatio?.memory)));
  return { ...(max !== undefined && { max }), ...(maxRatio !== undefined && { maxRatio }) };
}

function least(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
