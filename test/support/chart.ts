import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { V1ClusterRole, V1Role } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { connectCluster } from '../../activities/kubernetes/client.js';
import { kubeconfig, type TestNamespace } from './cluster.js';
import { pathFor } from './manifests.js';

/** The shipped chart, and Helm, which `npm test` names. */
export const chart = fileURLToPath(new URL('../../deploy/helm/nightshift', import.meta.url));
export const helm = process.env.NIGHTSHIFT_HELM;
export const needsHelm = 'needs Helm: NIGHTSHIFT_HELM, which npm test sets';

/** Runs Helm; gives what it prints. Rejects with what it complains of. */
export async function runHelm(...words: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(helm ?? 'helm', [...words], { maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

/** What the chart makes of these values, without a cluster. */
export async function rendered(values?: object): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ns-values-'));
  try {
    writeFileSync(join(folder, 'values.json'), JSON.stringify(values ?? {}));
    const given = ['-f', join(folder, 'values.json')];
    return await runHelm('template', 'nightshift', chart, '--kube-version', '1.34.0', ...given);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Each role that the chart makes of these values, without the release's name, and what it gives: `patch pods/resize`. */
export async function rightsOf(values: object): Promise<Readonly<Record<string, readonly string[]>>> {
  const documents = parseAllDocuments(await rendered(values)).map(
    (document) => document.toJS() as V1Role | V1ClusterRole | null,
  );
  const roles = documents.flatMap((one) => (/^(Cluster)?Role$/.test(one?.kind ?? '') && one ? [one] : []));
  return Object.fromEntries(
    roles.map(({ metadata, rules = [] }) => [
      (metadata?.name ?? '').replace(/^nightshift-/, ''),
      (rules ?? []).flatMap(({ verbs, resources = [] }) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
      ),
    ]),
  );
}

/** Installs the chart into the tests' cluster; gives back what takes it out again. */
export async function installed(
  release: string,
  namespace: string,
  values: object,
): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'ns-values-'));
  writeFileSync(join(folder, 'values.json'), JSON.stringify(values));
  const where = ['--kubeconfig', kubeconfig ?? '', '--namespace', namespace];
  await runHelm('install', release, chart, ...where, '-f', join(folder, 'values.json'));
  rmSync(folder, { recursive: true });
  return async () => {
    await runHelm('uninstall', release, ...where, '--ignore-not-found');
  };
}

/** The cluster, seen by a service account of the namespace; it is made where there is none. */
export async function asAccount(space: TestNamespace, name: string, roles: readonly RoleName[] = []) {
  const group = 'rbac.authorization.k8s.io';
  if ((await space.find('ServiceAccount', name)) === undefined)
    await space.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } });
  for (const role of roles)
    await space.create({
      apiVersion: `${group}/v1`,
      kind: 'RoleBinding',
      metadata: { name: `${name}-${role.name}` },
      roleRef: { apiGroup: group, ...role },
      subjects: [{ kind: 'ServiceAccount', name, namespace: space.name }],
    });
  const { status } = await space.cluster.post<{ readonly status: { readonly token: string } }>(
    `${pathFor('ServiceAccount', space.name, name)}/token`,
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    space,
  );
  const path = space.writeKubeconfig(name, { server: space.cluster.server, token: status.token });
  return { cluster: connectCluster({ name, kubeconfig: path }), kubeconfig: path };
}

export interface RoleName {
  readonly kind: 'Role' | 'ClusterRole';
  readonly name: string;
}
