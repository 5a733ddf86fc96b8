import type { ObjectRef } from '../../model/changes/kubernetes/params.js';
import type { WorkloadKind } from '../../model/kubernetes/settings.js';

const plurals: Readonly<Record<WorkloadKind, string>> = {
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
};

const part = encodeURIComponent;

/** Paths of the API, for one namespace. */
export const paths = {
  workload: (namespace: string, kind: WorkloadKind, name: string): string =>
    `/apis/apps/v1/namespaces/${part(namespace)}/${plurals[kind]}/${part(name)}`,
  replicaSets: (namespace: string, selector: string): string =>
    `/apis/apps/v1/namespaces/${part(namespace)}/replicasets?labelSelector=${part(selector)}`,
  controllerRevisions: (namespace: string, selector: string): string =>
    `/apis/apps/v1/namespaces/${part(namespace)}/controllerrevisions?labelSelector=${part(selector)}`,
  pods: (namespace: string, selector: string): string =>
    `/api/v1/namespaces/${part(namespace)}/pods?labelSelector=${part(selector)}`,
  pod: (namespace: string, name: string): string =>
    `/api/v1/namespaces/${part(namespace)}/pods/${part(name)}`,
  podMetrics: (namespace: string, selector: string): string =>
    `/apis/metrics.k8s.io/v1beta1/namespaces/${part(namespace)}/pods?labelSelector=${part(selector)}`,
  nodeMetrics: (name: string): string => `/apis/metrics.k8s.io/v1beta1/nodes/${part(name)}`,
  node: (name: string): string => `/api/v1/nodes/${part(name)}`,
  podsOnNode: (name: string): string => `/api/v1/pods?fieldSelector=${part(`spec.nodeName=${name}`)}`,
  warnings: (namespace: string): string =>
    `/api/v1/namespaces/${part(namespace)}/events?limit=500&fieldSelector=${part('involvedObject.kind=Pod,type=Warning')}`,
  /** Nodes are in no namespace, so their events are in this one. */
  nodeEvents: `/api/v1/namespaces/default/events?limit=500&fieldSelector=${part('involvedObject.kind=Node,type=Warning')}`,
  log: (
    namespace: string,
    pod: string,
    options: {
      readonly container: string;
      readonly previous: boolean;
      readonly tail: number;
      readonly bytes: number;
    },
  ): string =>
    `/api/v1/namespaces/${part(namespace)}/pods/${part(pod)}/log?container=${part(options.container)}&tailLines=${options.tail}&limitBytes=${options.bytes}&timestamps=true${options.previous ? '&previous=true' : ''}`,
  autoscalers: (namespace: string): string =>
    `/apis/autoscaling/v2/namespaces/${part(namespace)}/horizontalpodautoscalers`,
  autoscaler: (namespace: string, name: string): string => `${paths.autoscalers(namespace)}/${part(name)}`,
  verticalAutoscalers: (namespace: string): string =>
    `/apis/autoscaling.k8s.io/v1/namespaces/${part(namespace)}/verticalpodautoscalers`,
  budgets: (namespace: string): string =>
    `/apis/policy/v1/namespaces/${part(namespace)}/poddisruptionbudgets`,
  quotas: (namespace: string): string => `/api/v1/namespaces/${part(namespace)}/resourcequotas`,
  limitRanges: (namespace: string): string => `/api/v1/namespaces/${part(namespace)}/limitranges`,
  configMap: (namespace: string, name: string): string =>
    `/api/v1/namespaces/${part(namespace)}/configmaps/${part(name)}`,
  accessReview: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
  version: '/version',
} as const;

/** The path of the object that a change names. */
export function pathOf({ kind, namespace, name }: ObjectRef): string {
  switch (kind) {
    case 'Pod':
      return paths.pod(namespace, name);
    case 'ConfigMap':
      return paths.configMap(namespace, name);
    case 'HorizontalPodAutoscaler':
      return paths.autoscaler(namespace, name);
    default:
      return paths.workload(namespace, kind, name);
  }
}
