import type { V1LimitRange, V1Node, V1Pod, V1ResourceQuota } from '@kubernetes/client-node';
import type { NodeReading, WorkloadDetails } from '../../model/kubernetes/details.js';
import type { CallOptions, Cluster } from './client.js';
import { paths } from './paths.js';
import { quantityOf } from './quantity.js';

interface List<T> {
  readonly items?: readonly T[];
}

/** One node's memory. What the metrics API or the rights don't give is left out. */
export async function readNode(cluster: Cluster, name: string, options: CallOptions): Promise<NodeReading> {
  const [node, metrics, pods] = await Promise.all([
    cluster.get<V1Node>(paths.node(name), options),
    cluster
      .find<{ readonly usage?: { readonly memory?: string } }>(paths.nodeMetrics(name), options)
      .catch(() => undefined),
    cluster.get<List<V1Pod>>(paths.podsOnNode(name), options).catch(() => undefined),
  ]);
  const usedBytes = quantityOf(metrics?.usage?.memory);
  const requestedBytes = pods?.items && requested(pods.items);
  return {
    name,
    allocatableBytes: quantityOf(node.status?.allocatable?.memory) ?? 0,
    ...(usedBytes !== undefined && { usedBytes }),
    ...(requestedBytes !== undefined && { requestedBytes }),
    memoryPressure:
      node.status?.conditions?.some(({ type, status }) => type === 'MemoryPressure' && status === 'True') ??
      false,
  };
}

function requested(pods: readonly V1Pod[]): number {
  return pods
    .filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending')
    .flatMap(({ spec }) => spec?.containers ?? [])
    .reduce((sum, { resources }) => sum + (quantityOf(resources?.requests?.memory) ?? 0), 0);
}

/** What the namespace's quotas leave, the strictest of them. */
export async function readQuota(
  cluster: Cluster,
  namespace: string,
  options: CallOptions,
): Promise<WorkloadDetails['quota']> {
  const { items = [] } = await cluster.get<List<V1ResourceQuota>>(paths.quotas(namespace), options);
  const left = (name: string): number | undefined => {
    const rooms = items.flatMap(({ status }) => {
      const hard = quantityOf(status?.hard?.[name]);
      return hard === undefined ? [] : [hard - (quantityOf(status?.used?.[name]) ?? 0)];
    });
    return rooms.length === 0 ? undefined : Math.min(...rooms);
  };
  const limitsLeft = left('limits.memory');
  const requestsLeft = left('requests.memory') ?? left('memory');
  return {
    ...(limitsLeft !== undefined && { limitsLeft }),
    ...(requestsLeft !== undefined && { requestsLeft }),
  };
}

/** What a LimitRange lets one container have. */
export async function readLimitRange(
  cluster: Cluster,
  namespace: string,
  options: CallOptions,
): Promise<WorkloadDetails['limitRange']> {
  const { items = [] } = await cluster.get<List<V1LimitRange>>(paths.limitRanges(namespace), options);
  const rules = items.flatMap(({ spec }) => spec?.limits ?? []).filter(({ type }) => type === 'Container');
  const least = (values: readonly (number | undefined)[]): number | undefined => {
    const known = values.filter((value) => value !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  };
  const max = least(rules.map((rule) => quantityOf(rule.max?.memory)));
  const maxRatio = least(rules.map(({ maxLimitRequestRatio }) => quantityOf(maxLimitRequestRatio?.memory)));
  return { ...(max !== undefined && { max }), ...(maxRatio !== undefined && { maxRatio }) };
}
