import type { Kubectl } from './kubectl.js';
import { isLeft, ownerOf } from './leftovers.js';

const MiB = 1024 ** 2;
const label = 'nightshift.dev/demo';
const ownerAnnotation = 'nightshift.dev/demo-owner';

/** Memory limit of each pod, bytes. */
export const workloadLimitBytes = 128 * MiB;

/**
 * What one pod is given: a cache that can be cleared, garbage that a collection frees, and a leak that only its end
 * frees. Below the limit: a pod that is killed while a person still reads the question shows nothing.
 */
export const faults = [
  { kind: 'load', speed: 20, size: 2 },
  { kind: 'cycles', speed: 20, size: 2 },
  { kind: 'leak', speed: 8, size: 95 },
  { kind: 'leak', speed: 0.2, size: 16 },
] as const;

export function demoNamespace(id: string): string {
  return `nightshift-demo-${id}`;
}

/** The namespace and the Deployment, as JSON that kubectl applies. */
export function manifests({
  namespace,
  name,
  image,
}: {
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
}): string {
  const labels = { app: name };
  const container = {
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    env: [{ name: 'SESSION_TTL', value: '86400' }],
    ports: [{ containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 },
    resources: { limits: { memory: `${workloadLimitBytes / MiB}Mi` }, requests: { memory: '32Mi' } },
  };
  const items = [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { [label]: '' }, annotations: { [ownerAnnotation]: ownerOf() } },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, labels },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            dnsPolicy: 'Default',
            automountServiceAccountToken: false,
            terminationGracePeriodSeconds: 2,
            containers: [container],
          },
        },
      },
    },
  ];
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

/** Removes namespaces of demos that were killed. */
export async function removeNamespaces(kubectl: Kubectl, log: (line: string) => void): Promise<void> {
  const { items } = JSON.parse(await kubectl(['get', 'namespaces', '-l', label, '-o', 'json'])) as {
    items: {
      metadata: { name: string; creationTimestamp: string; annotations?: Record<string, string> };
      status?: { phase?: string };
    }[];
  };
  for (const { metadata, status } of items) {
    const owner = metadata.annotations?.[ownerAnnotation];
    if (status?.phase === 'Terminating' || !isLeft(owner, Date.parse(metadata.creationTimestamp))) continue;
    await kubectl(['delete', 'namespace', metadata.name, '--ignore-not-found', '--wait=false']);
    log(`Removed namespace ${metadata.name}, which an earlier demo had left.`);
  }
}
