import type { V1Node, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import type { NodeReading, PodReading } from '../../model/kubernetes/details.js';
import { messageOf } from '../failure.js';
import type { CallOptions, Cluster } from './client.js';
import { paths } from './paths.js';
import { isLive, runningIn } from './pods.js';
import { quantityOf } from './quantity.js';

interface List<T> {
  readonly items?: readonly T[];
}

/** Nodes of which use and promises are read: those of the fullest pods. */
export const mostNodes = 5;
/** Nodes of which it is read what they can give, for pods without a limit. */
export const mostGiving = 50;

/** Names of the nodes that these pods are on, in the pods' order. */
export function nodeNames(pods: readonly PodReading[]): readonly string[] {
  return [...new Set(pods.flatMap(({ node }) => node ?? []))];
}

/** Those on which pods have no limit of their own, those of the largest first: only they can tell how full these are. */
export function givingNodes(pods: readonly PodReading[]): readonly string[] {
  const unlimited = pods.filter(({ limitBytes }) => limitBytes === undefined);
  return nodeNames(unlimited.toSorted((a, b) => (b.workingSetBytes ?? 0) - (a.workingSetBytes ?? 0)));
}

/** One node's memory; what only its use or its pods would tell is left out, and told to `gap` with the reason. */
export async function readNode(
  cluster: Cluster,
  name: string,
  options: CallOptions,
  gap: (source: string, what: string, why: string) => void,
): Promise<NodeReading> {
  const orGap = async <T>(source: string, what: string, work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      gap(source, what, messageOf(error));
      return undefined;
    }
  };
  const [node, metrics, pods] = await Promise.all([
    cluster.get<V1Node>(paths.node(name), options),
    orGap(
      'kubectl top node',
      'node.used',
      cluster.get<{ readonly usage?: { readonly memory?: string } }>(paths.nodeMetrics(name), options),
    ),
    orGap(
      'kubectl describe node',
      'node.requested',
      cluster.get<List<V1Pod>>(paths.podsOnNode(name), options),
    ),
  ]);
  const usedBytes = quantityOf(metrics?.usage?.memory);
  const requestedBytes = pods?.items && requested(pods.items);
  return {
    name,
    ...statusIn(node),
    ...(usedBytes !== undefined && usedBytes > 0 && { usedBytes }),
    ...(requestedBytes !== undefined && { requestedBytes }),
  };
}

/** Only what a node can give, for pods without a limit. */
export async function readAllocatable(
  cluster: Cluster,
  name: string,
  options: CallOptions,
): Promise<NodeReading> {
  return { name, ...statusIn(await cluster.get<V1Node>(paths.node(name), options)) };
}

function statusIn({ status }: V1Node): Pick<NodeReading, 'allocatableBytes' | 'memoryPressure'> {
  const pressed = status?.conditions?.some(
    (condition) => condition.type === 'MemoryPressure' && condition.status === 'True',
  );
  return {
    allocatableBytes: quantityOf(status?.allocatable?.memory) ?? 0,
    memoryPressure: pressed ?? false,
  };
}

/** What the scheduler has promised there: to a pod as a whole where it says so, otherwise to its containers. */
function requested(pods: readonly V1Pod[]): number {
  return pods.filter(isLive).reduce((sum, { spec }) => sum + requestOf(spec), 0);
}

function requestOf(spec: V1PodSpec | undefined): number {
  const asked = runningIn(spec).map(({ resources }) => quantityOf(resources?.requests?.memory) ?? 0);
  return quantityOf(spec?.resources?.requests?.memory) ?? asked.reduce((sum, one) => sum + one, 0);
}
