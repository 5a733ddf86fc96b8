import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readMongo } from '../../activities/mongo/connections.js';
import { freePort } from '../../client/up/ports.js';
import { type Bruno, deployBruno, targetText } from '../../test/support/bruno-night.js';
import { until } from '../../test/support/cluster.js';
import type { Manifest, WorkloadOptions } from '../../test/support/manifests.js';

/** What speaks MongoDB's protocol; `npm run bench` names it. */
export const mongoServer = process.env.NIGHTSHIFT_MONGO_SERVER;

/** An agent-bruno with everything beside it that a look can read. */
export interface Subject {
  readonly bruno: Bruno;
  /** A kubeconfig of an account that nobody else uses, so that the audit log tells its requests apart. */
  readonly kubeconfig: string;
  /** As the audit log calls it. */
  readonly user: string;
  close(): Promise<void>;
}

/** Deploys it, with an autoscaler, a disruption budget, a quota and limits beside it. */
export async function openSubject(area: string, options: Partial<WorkloadOptions>): Promise<Subject> {
  const bruno = await deployBruno(area, options);
  const { namespace } = bruno;
  for (const manifest of besides(options.replicas ?? 1)) await namespace.create(manifest);
  const kubeconfig = await namespace.kubeconfigFor('nightshift', []);
  const everything = `/apis/rbac.authorization.k8s.io/v1/clusterrolebindings`;
  await namespace.cluster.post(everything, mayAll(namespace.name), namespace);
  const close = async (): Promise<void> => {
    await namespace.cluster.call('DELETE', `${everything}/${namespace.name}`, namespace);
    await namespace.close();
  };
  return { bruno, kubeconfig, user: `system:serviceaccount:${namespace.name}:nightshift`, close };
}

/** Of every source of a look one that is there. */
export function everySource(
  { bruno }: Subject,
  {
    prometheus,
    mongo,
    cluster,
  }: { readonly prometheus: string; readonly mongo: string; readonly cluster: string },
): string {
  const workload = `      inspect: true
      mongo: { url: '${mongo}', appName: agent-bruno }
      gc: { port: 8080, path: /admin/gc, method: POST }
      env: [{ name: SESSION_TTL, to: '3600', against: sessions, harm: sessions end after an hour }]
      maxMemory: 256MiB
      maxReplicas: 3`;
  return targetText(bruno, { cluster, prometheus, workload });
}

/** Starts a MongoDB-protocol server on loopback; gives its address. */
export async function startMongo(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const port = await freePort('127.0.0.1');
  const url = `mongodb://127.0.0.1:${port}`;
  const args = ['--bind_ip', '127.0.0.1', '--port', String(port)];
  const child: ChildProcess = spawn(mongoServer ?? '', args, { stdio: 'ignore' });
  const { signal } = new AbortController();
  await until('the MongoDB server answers', async () => {
    const { reading } = await readMongo({ url }, () => '', signal);
    return reading.current >= 0;
  });
  const close = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return { url, close };
}

function besides(replicas: number): readonly Manifest[] {
  const memory = { type: 'Utilization', averageUtilization: 900 };
  return [
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'agent-bruno' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'agent-bruno' },
        minReplicas: replicas,
        maxReplicas: replicas,
        metrics: [{ type: 'Resource', resource: { name: 'memory', target: memory } }],
      },
    },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'agent-bruno' },
      spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'agent-bruno' } } },
    },
    {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'memory' },
      spec: { hard: { 'limits.memory': '2Gi' } },
    },
    {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'bounds' },
      spec: { limits: [{ type: 'Pod', max: { memory: '1Gi' } }] },
    },
  ];
}

/** The bench measures looks, not rights: nothing is to be missing for want of one. */
function mayAll(namespace: string): object {
  const group = 'rbac.authorization.k8s.io';
  return {
    apiVersion: `${group}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: namespace },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'nightshift', namespace }],
  };
}
