import type {
  V1ConfigMap,
  V1ControllerRevision,
  V1ObjectMeta,
  V1PodTemplateSpec,
  V1ReplicaSet,
} from '@kubernetes/client-node';
import type { LatelyChanged } from '../../model/kubernetes/details.js';
import type { WorkloadSettings } from '../../model/kubernetes/settings.js';
import type { CallOptions, Cluster } from './client.js';
import { atMost, difference, differenceWords } from './differences.js';
import { paths } from './paths.js';
import { iso } from './pods.js';

interface List<T> {
  readonly items?: readonly T[];
}

interface Revision {
  readonly number: number;
  readonly at: string;
  /** It had this number before: somebody went back to it. */
  readonly again?: string;
  readonly template: V1PodTemplateSpec;
}

const most = 10;
/** Fields that differ beyond these are only counted. */
const mostFields = 30;

/** The last rollouts, newest last, each with what differs from the one before it. */
export async function readRollouts(
  cluster: Cluster,
  settings: WorkloadSettings,
  uid: string,
  selector: string,
  options: CallOptions,
): Promise<readonly LatelyChanged[]> {
  const revisions =
    settings.kind === 'Deployment'
      ? await ofDeployment(cluster, settings.namespace, uid, selector, options)
      : await ofOthers(cluster, settings.namespace, uid, selector, options);
  const sorted = revisions.toSorted((a, b) => a.number - b.number).slice(-most);
  return sorted.map((revision, index) => told(revision, sorted[index - 1]));
}

async function ofDeployment(
  cluster: Cluster,
  namespace: string,
  uid: string,
  selector: string,
  options: CallOptions,
): Promise<readonly Revision[]> {
  const { items = [] } = await cluster.get<List<V1ReplicaSet>>(
    paths.replicaSets(namespace, selector),
    options,
  );
  return items
    .filter(({ metadata }) => metadata?.ownerReferences?.some((owner) => owner.uid === uid))
    .map(({ metadata, spec }) => {
      const again = metadata?.annotations?.['deployment.kubernetes.io/revision-history']?.split(',').at(-1);
      return {
        number: Number(metadata?.annotations?.['deployment.kubernetes.io/revision'] ?? 0),
        at:
          (again === undefined ? undefined : lastWritten(metadata)) ?? iso(metadata?.creationTimestamp) ?? '',
        template: spec?.template ?? {},
        ...(again !== undefined && { again }),
      };
    });
}

/** A ReplicaSet that was gone back to is as old as ever; what it was last told is from that time. */
function lastWritten(metadata: V1ObjectMeta | undefined): string | undefined {
  return (metadata?.managedFields ?? [])
    .filter(({ subresource }) => subresource === undefined)
    .flatMap(({ time }) => iso(time) ?? [])
    .toSorted()
    .at(-1);
}

async function ofOthers(
  cluster: Cluster,
  namespace: string,
  uid: string,
  selector: string,
  options: CallOptions,
): Promise<readonly Revision[]> {
  const { items = [] } = await cluster.get<List<V1ControllerRevision>>(
    paths.controllerRevisions(namespace, selector),
    options,
  );
  return items
    .filter(({ metadata }) => metadata?.ownerReferences?.some((owner) => owner.uid === uid))
    .map(({ metadata, revision, data }) => ({
      number: revision,
      at: iso(metadata?.creationTimestamp) ?? '',
      template: templateIn(data),
    }));
}

function templateIn(data: object | undefined): V1PodTemplateSpec {
  const { spec } = (data ?? {}) as { readonly spec?: { readonly template?: V1PodTemplateSpec } };
  return spec?.template ?? {};
}

function told(revision: Revision, before: Revision | undefined): LatelyChanged {
  const again = revision.again === undefined ? '' : `, which was ${revision.again}`;
  const base = { at: revision.at, kind: 'rollout' as const, revision: String(revision.number) };
  const what = `revision ${revision.number}${again}`;
  if (before === undefined) return { ...base, what };
  const differs = difference(before.template, revision.template);
  return {
    ...base,
    what: differs.length === 0 ? what : `${what}: ${differenceWords(differs)}`,
    previous: String(before.number),
    ...atMost(differs, mostFields),
  };
}

/** When the ConfigMaps that its variables come from were last written, as their managed fields say. */
export function configChanges(maps: Iterable<V1ConfigMap>): readonly LatelyChanged[] {
  return [...maps].flatMap(({ metadata }) => {
    const last = (metadata?.managedFields ?? [])
      .toSorted((a, b) => (iso(a.time) ?? '').localeCompare(iso(b.time) ?? ''))
      .at(-1);
    const at = iso(last?.time);
    return at === undefined
      ? []
      : [
          {
            at,
            kind: 'config' as const,
            what: `ConfigMap ${metadata?.name} was written by ${last?.manager ?? 'somebody'}`,
          },
        ];
  });
}
