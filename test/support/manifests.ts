import type { V1Container, V1PodSpec } from '@kubernetes/client-node';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string } & Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

const known: Readonly<Record<string, readonly [group: string, plural: string]>> = {
  Namespace: ['', 'namespaces'],
  Pod: ['', 'pods'],
  Service: ['', 'services'],
  ConfigMap: ['', 'configmaps'],
  Secret: ['', 'secrets'],
  ServiceAccount: ['', 'serviceaccounts'],
  Event: ['', 'events'],
  ResourceQuota: ['', 'resourcequotas'],
  LimitRange: ['', 'limitranges'],
  Deployment: ['apps/v1', 'deployments'],
  StatefulSet: ['apps/v1', 'statefulsets'],
  DaemonSet: ['apps/v1', 'daemonsets'],
  ReplicaSet: ['apps/v1', 'replicasets'],
  HorizontalPodAutoscaler: ['autoscaling/v2', 'horizontalpodautoscalers'],
  VerticalPodAutoscaler: ['autoscaling.k8s.io/v1', 'verticalpodautoscalers'],
  ScaledObject: ['keda.sh/v1alpha1', 'scaledobjects'],
  PodDisruptionBudget: ['policy/v1', 'poddisruptionbudgets'],
  Role: ['rbac.authorization.k8s.io/v1', 'roles'],
  RoleBinding: ['rbac.authorization.k8s.io/v1', 'rolebindings'],
};

/** Path of an object, or of its collection where no name is given. */
export function pathFor(kind: string, namespace: string, name?: string, apiVersion?: string): string {
  const [group, plural] = known[kind] ?? [];
  if (plural === undefined) throw new Error(`the tests know no plural of ${kind} (${apiVersion ?? ''})`);
  const root = group === '' ? '/api/v1' : `/apis/${group}`;
  const where = kind === 'Namespace' ? root : `${root}/namespaces/${namespace}`;
  return name === undefined ? `${where}/${plural}` : `${where}/${plural}/${name}`;
}

export interface WorkloadOptions {
  readonly kind?: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  readonly name: string;
  readonly image: string;
  /** Default 1; a DaemonSet has none. */
  readonly replicas?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** `160Mi`; default 64Mi. */
  readonly limit?: string;
  /** Default 16Mi. */
  readonly request?: string;
  readonly container?: Partial<V1Container>;
  readonly pod?: Partial<V1PodSpec>;
  /** More of the workload's spec. */
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A workload of one container, called as the workload is. Its pods end at once when told to. */
export function aWorkload(options: WorkloadOptions): Manifest {
  const { kind = 'Deployment', name, image, replicas = 1, env = {}, spec = {}, metadata = {} } = options;
  const labels = { app: name };
  const container: V1Container = {
    name,
    image,
    imagePullPolicy: 'Never',
    env: Object.entries(env).map(([variable, value]) => ({ name: variable, value })),
    resources: {
      limits: { memory: options.limit ?? '64Mi' },
      requests: { memory: options.request ?? '16Mi' },
    },
    ...options.container,
  };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, labels, ...metadata },
    spec: {
      ...(kind !== 'DaemonSet' && { replicas }),
      ...(kind === 'StatefulSet' && { serviceName: name }),
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          // There is no DNS in the tests' cluster.
          dnsPolicy: 'Default',
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 1,
          containers: [container],
          ...options.pod,
        },
      },
      ...spec,
    },
  };
}

/** The stand-in for agent-bruno, as examples/agent-bruno has it: it listens on 8080, and /ready says when. */
export function brunoWorkload(options: Omit<WorkloadOptions, 'name'> & { readonly name?: string }): Manifest {
  return aWorkload({
    name: 'agent-bruno',
    limit: '160Mi',
    request: '40Mi',
    ...options,
    container: {
      ports: [{ containerPort: 8080 }],
      readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 },
      ...options.container,
    },
  });
}

/** A Service for pods that a workload of that name has. */
export function serviceFor(name: string, port: number): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ port }] },
  };
}
