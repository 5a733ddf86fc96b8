import type {
  V1ConfigMap,
  V1Container,
  V1DaemonSet,
  V1Deployment,
  V1PodTemplateSpec,
  V1StatefulSet,
} from '@kubernetes/client-node';
import type { FieldOwner, LatelyChanged, WorkloadReading } from '../../model/kubernetes/details.js';
import type { WorkloadSettings } from '../../model/kubernetes/settings.js';
import { failure } from '../failure.js';
import type { CallOptions, Cluster } from './client.js';
import { ownersElsewhere, ownersOf } from './owners.js';
import { paths } from './paths.js';
import { runningIn } from './pods.js';
import { quantityOf } from './quantity.js';
import { rolloutOf } from './rollout.js';
import { inWords } from './selectors.js';
import { templateDigest } from './template-digest.js';
import { environmentOf, heapFlagsOf, type Variable, variableOf } from './variables.js';

export type Workload = V1Deployment | StatefulSet | DaemonSet;
type StatefulSet = V1StatefulSet;
type DaemonSet = V1DaemonSet;

/** Reads the workload itself. Throws `TargetGone`, `Unreachable`, `PermissionDenied`. */
export function readWorkload(
  cluster: Cluster,
  settings: WorkloadSettings,
  options: CallOptions,
): Promise<Workload> {
  const { namespace, kind, name } = settings;
  return cluster.get<Workload>(paths.workload(namespace, kind, name), options);
}

/** The container that is meant. Throws `Misconfigured` where it can't be told. */
export function containerOf(workload: Workload, settings: WorkloadSettings): V1Container {
  const containers = templateOf(workload).spec?.containers ?? [];
  const [only] = containers;
  const wanted = settings.container ?? (containers.length === 1 ? only?.name : settings.name);
  const found = containers.find(({ name }) => name === wanted);
  if (found) return found;
  const names = containers.map(({ name }) => name).join(', ');
  const what = `${settings.kind} ${settings.namespace}/${settings.name}`;
  throw failure(
    'Misconfigured',
    settings.container === undefined
      ? `${what} has several containers (${names}): say which one with container: in nightshift.yaml.`
      : `${what} has no container ${settings.container}; it has ${names}.`,
  );
}

export function templateOf(workload: Workload): V1PodTemplateSpec {
  return workload.spec?.template ?? {};
}

/** Whether its pods have one container, and no side-car. */
export function isAlone(workload: Workload): boolean {
  return runningIn(templateOf(workload).spec).length === 1;
}

export function selectorOf(workload: Workload): string {
  return inWords(workload.spec?.selector ?? {});
}

/** More ConfigMaps are not read. */
const mostConfigMaps = 10;

/** ConfigMaps that the container's variables come from, then those that the pod mounts, by name. */
export function configMapsOf(workload: Workload, container: V1Container): readonly string[] {
  const names = [
    ...environmentOf(container),
    ...(templateOf(workload).spec?.volumes ?? []).flatMap(({ configMap, projected }) => [
      configMap?.name,
      ...(projected?.sources ?? []).map((source) => source.configMap?.name),
    ]),
  ];
  const own = names.filter((name) => name !== undefined && name !== '' && name !== clusterAuthority);
  return [...new Set(own)].filter((name) => name !== undefined).slice(0, mostConfigMaps);
}

/** ConfigMaps that variables of the container come from, by name. */
export function environmentMaps(workload: Workload, settings: WorkloadSettings): readonly string[] {
  return environmentOf(containerOf(workload, settings)).filter((name) => name !== undefined);
}

/** In every namespace and in every pod that talks to the API: it is the cluster's, and no setting. */
const clusterAuthority = 'kube-root-ca.crt';

/** What the look tells of the workload. */
export function workloadReading(
  workload: Workload,
  settings: WorkloadSettings,
  configMaps: ReadonlyMap<string, V1ConfigMap>,
  lately: readonly LatelyChanged[] = [],
): WorkloadReading {
  const container = containerOf(workload, settings);
  const { metadata } = workload;
  const rollout = rolloutOf(workload, settings.kind);
  const resources = container.resources;
  const templateLimitBytes = quantityOf(resources?.limits?.memory);
  const templateRequestBytes = quantityOf(resources?.requests?.memory);
  const names = settings.env.map(({ name }) => name);
  const env = names.map((name) => variableOf(name, container, configMaps));
  const revision = metadata?.annotations?.['deployment.kubernetes.io/revision'];
  return {
    kind: settings.kind,
    name: settings.name,
    namespace: settings.namespace,
    uid: metadata?.uid ?? '',
    generation: metadata?.generation ?? 0,
    templateDigest: templateDigest(templateOf(workload)),
    resourceVersion: metadata?.resourceVersion ?? '',
    ...rollout,
    selector: selectorOf(workload),
    container: container.name,
    containers: (templateOf(workload).spec?.containers ?? []).map(({ name }) => name),
    ...(templateLimitBytes !== undefined && { templateLimitBytes }),
    ...(templateRequestBytes !== undefined && { templateRequestBytes }),
    heapFlags: heapFlagsOf(container, configMaps),
    env,
    owners: [
      ...ownersOf(metadata, {
        container: container.name,
        variables: env.filter(({ from }) => from !== 'configMap').map(({ name }) => name),
        ...releasedIn(lately),
      }),
      ...env.flatMap((one) => ownersOfVariable(one, container.name, configMaps)),
    ],
    ...(revision !== undefined && { revision }),
  };
}

/** What the last release changed, as differences are called. */
function releasedIn(lately: readonly LatelyChanged[]) {
  const last = lately.findLast(({ kind, differs = [] }) => kind === 'rollout' && differs.length > 0);
  const fields = last?.differs?.map(({ name }) => name);
  return fields === undefined ? {} : { released: { fields, more: last?.more !== undefined } };
}

/** Who owns the ConfigMap that holds a variable owns the variable. */
function ownersOfVariable(
  { name, configMap }: Variable,
  container: string,
  configMaps: ReadonlyMap<string, V1ConfigMap>,
): readonly FieldOwner[] {
  if (configMap === undefined) return [];
  return ownersElsewhere({
    object: { kind: 'ConfigMap', name: configMap.name },
    meta: configMaps.get(configMap.name)?.metadata,
    at: ['f:data', `f:${configMap.key}`],
    field: `containers.${container}.env.${name}`,
  });
}
