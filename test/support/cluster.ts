import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Pod, V1PolicyRule } from '@kubernetes/client-node';
import { type Answer, type Cluster, connectCluster } from '../../activities/kubernetes/client.js';
import { rolloutOf } from '../../activities/kubernetes/rollout.js';
import { readWorkload, selectorOf } from '../../activities/kubernetes/workload.js';
import type { WorkloadKind, WorkloadSettings } from '../../model/kubernetes/settings.js';
import { AuditLog } from './audit-log.js';
import { type Manifest, pathFor } from './manifests.js';

/** The tests' real cluster, and the images in it; set by `npm test`. */
export const kubeconfig = process.env.NIGHTSHIFT_KUBECONFIG;
const clusterFolder = process.env.NIGHTSHIFT_CLUSTER;
/** Where the API server writes its audit log; only a cluster of our own has one that we can read. */
export const auditPath = clusterFolder && join(clusterFolder, 'audit.log');
export const needsCluster =
  'needs a Kubernetes cluster and its images: NIGHTSHIFT_KUBECONFIG, NIGHTSHIFT_CLUSTER, NIGHTSHIFT_BRUNO_IMAGE and NIGHTSHIFT_REDIS_IMAGE, which npm test sets';
/** The stand-in for agent-bruno, and Redis; the latter also serves as an app that starts at once. */
export const brunoImage = process.env.NIGHTSHIFT_BRUNO_IMAGE;
export const redisImage = process.env.NIGHTSHIFT_REDIS_IMAGE;
export const hasCluster = [kubeconfig, clusterFolder, brunoImage, redisImage].every(Boolean);

/** Namespaces that this process has opened: several files may run in it, and one that is gone is there for a while. */
let opened = 0;

/** A namespace of one test file. `close()` removes it with all that is in it. */
export class TestNamespace {
  readonly signal = new AbortController().signal;
  readonly #folder = mkdtempSync(join(tmpdir(), 'ns-cluster-'));

  private constructor(
    readonly cluster: Cluster,
    readonly name: string,
    readonly audit: AuditLog,
  ) {}

  /** `area`: lower-case letters and hyphens, which the namespace's name says. */
  static async open(area: string): Promise<TestNamespace> {
    const cluster = connectCluster({ name: 'test', kubeconfig: kubeconfig ?? '' });
    opened += 1;
    const name = `ns-test-${area}-${process.pid}-${opened}`;
    const made = new TestNamespace(cluster, name, new AuditLog(auditPath ?? ''));
    const labels = { 'nightshift.dev/test': area };
    await made.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
    // Without it no pod is let in.
    await until(
      'the service account is there',
      async () => (await made.find('ServiceAccount', 'default')) !== undefined,
    );
    return made;
  }

  /** What a configuration says of a workload in here. */
  settings(kind: WorkloadKind, name: string, more: Partial<WorkloadSettings> = {}): WorkloadSettings {
    return {
      cluster: this.cluster.name,
      namespace: this.name,
      kind,
      name,
      caches: [],
      env: [],
      capacitySeconds: 3600,
      inspect: true,
      ...more,
    };
  }

  create<T>(manifest: Manifest): Promise<T> {
    const { kind, apiVersion, metadata } = manifest;
    return this.cluster.post<T>(
      pathFor(kind, this.name, undefined, apiVersion),
      {
        ...manifest,
        metadata: kind === 'Namespace' ? metadata : { ...metadata, namespace: this.name },
      },
      this,
    );
  }

  get<T>(kind: string, name: string): Promise<T> {
    return this.cluster.get<T>(pathFor(kind, this.name, name), this);
  }

  find<T>(kind: string, name: string): Promise<T | undefined> {
    return this.cluster.find<T>(pathFor(kind, this.name, name), this);
  }

  /** Somebody else's change: a merge patch by another field manager than Nightshift's. */
  patch<T>(kind: string, name: string, body: object): Promise<T> {
    const path = `${pathFor(kind, this.name, name)}?fieldManager=somebody`;
    return this.cluster.patch<T>(path, body, 'application/merge-patch+json', this);
  }

  async remove(kind: string, name: string): Promise<void> {
    await this.cluster.call('DELETE', `${pathFor(kind, this.name, name)}?gracePeriodSeconds=0`, this);
  }

  /** Pods of a workload, the oldest first; those that are being deleted too. */
  async pods(kind: WorkloadKind, name: string): Promise<readonly V1Pod[]> {
    const workload = await readWorkload(this.cluster, this.settings(kind, name), this);
    const path = `/api/v1/namespaces/${this.name}/pods?labelSelector=${encodeURIComponent(selectorOf(workload))}`;
    const { items } = await this.cluster.get<{ readonly items: readonly V1Pod[] }>(path, this);
    const made = ({ metadata }: V1Pod): string => String(metadata?.creationTimestamp);
    return items.toSorted((a, b) => made(a).localeCompare(made(b)));
  }

  /** Waits until the workload is rolled out, and all its replicas are ready. */
  whenReady(kind: WorkloadKind, name: string, withinMs = 120_000): Promise<void> {
    return until(
      `${kind} ${name} is ready`,
      async () => {
        const workload = await readWorkload(this.cluster, this.settings(kind, name), this);
        const { rollout, readyReplicas, replicas } = rolloutOf(workload, kind);
        return rollout === undefined && readyReplicas === replicas && replicas > 0;
      },
      withinMs,
    );
  }

  /** A call to a pod's own HTTP server, by the API server's proxy. */
  call(pod: string, method: string, path: string, body?: unknown): Promise<Answer> {
    return this.cluster.call(method, `/api/v1/namespaces/${this.name}/pods/${pod}:8080/proxy${path}`, {
      signal: this.signal,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  /** Path of a kubeconfig that may do only what `rules` say in this namespace. */
  async kubeconfigFor(name: string, rules: readonly V1PolicyRule[]): Promise<string> {
    const group = 'rbac.authorization.k8s.io';
    await this.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } });
    await this.create({ apiVersion: `${group}/v1`, kind: 'Role', metadata: { name }, rules });
    await this.create({
      apiVersion: `${group}/v1`,
      kind: 'RoleBinding',
      metadata: { name },
      roleRef: { apiGroup: group, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: this.name }],
    });
    const asked = await this.cluster.post<{ readonly status: { readonly token: string } }>(
      `${pathFor('ServiceAccount', this.name, name)}/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
      this,
    );
    return this.writeKubeconfig(name, { server: this.cluster.server, token: asked.status.token });
  }

  /** A kubeconfig for another way to the same API server; with the tests' own rights where no token is given. */
  writeKubeconfig(
    name: string,
    { server, token }: { readonly server: string; readonly token?: string },
  ): string {
    const { config } = this.cluster;
    const user = token === undefined ? config.getCurrentUser() : { name, token };
    const ca = config.getCurrentCluster();
    const path = join(this.#folder, `${name}.json`);
    const given = {
      clusters: [{ name, cluster: { server, ...certificateOf(server, ca) } }],
      users: [{ name, user: token === undefined ? userOf(user) : { token } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      'current-context': name,
    };
    writeFileSync(path, JSON.stringify(given), { mode: 0o600 });
    return path;
  }

  /** Does not wait until all is gone: that takes a while, and nobody needs the name again. */
  async close(): Promise<void> {
    await this.cluster
      .call('DELETE', pathFor('Namespace', this.name, this.name), this)
      .catch(() => undefined);
    this.cluster.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

type Config = Cluster['config'];

function certificateOf(server: string, ca: ReturnType<Config['getCurrentCluster']>): object {
  // The client refuses plain HTTP unless it is told that nothing is to be verified.
  if (!server.startsWith('https:')) return { 'insecure-skip-tls-verify': true };
  return {
    ...(ca?.caFile && { 'certificate-authority': ca.caFile }),
    ...(ca?.caData && { 'certificate-authority-data': ca.caData }),
  };
}

function userOf(user: ReturnType<Config['getCurrentUser']>): object {
  return {
    ...(user?.certFile && { 'client-certificate': user.certFile }),
    ...(user?.certData && { 'client-certificate-data': user.certData }),
    ...(user?.keyFile && { 'client-key': user.keyFile }),
    ...(user?.keyData && { 'client-key-data': user.keyData }),
    ...(user?.token && { token: user.token }),
  };
}

/** Waits until it holds; fails after `withinMs`, with the last error where there was one. */
export async function until(what: string, holds: () => Promise<boolean>, withinMs = 60_000): Promise<void> {
  let last = '';
  const once = (): Promise<boolean> =>
    holds().catch((error: unknown) => {
      last = `: ${String(error)}`;
      return false;
    });
  for (const end = Date.now() + withinMs; !(await once()); ) {
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}${last}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
