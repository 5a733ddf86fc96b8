import type {
  V1ConfigMap,
  V1ControllerRevision,
  V1ObjectMeta,
  V1PodTemplateSpec,
  V1ReplicaSet,
} from '@kubernetes/client-node';
import type { FieldChange } from '../../model/change.js';
import type { Json } from '../../model/json.js';
import type { LatelyChanged } from '../../model/kubernetes/details.js';
import type { WorkloadSettings } from '../../model/kubernetes/settings.js';
import { isSecretName, redact, redacted } from '../../model/redact.js';
import type { CallOptions, Cluster } from './client.js';
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
/** Of what differs, in one line. */
const mostCharacters = 300;

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

/** So many of the fields that differ, and how many more there are: going back replaces them all. */
export function atMost(
  differs: readonly FieldChange[],
  most: number,
  besides = 0,
): Pick<LatelyChanged, 'differs' | 'more'> {
  const more = Math.max(0, differs.length - most) + besides;
  return { differs: differs.slice(0, most), ...(more > 0 && { more }) };
}

/** Whole fields, as many as there is room for, and how many more. */
export function differenceWords(differs: readonly FieldChange[]): string {
  const words = differs.map(({ name, before, after }) => `${name}: ${show(before)} → ${show(after)}`);
  const ends = words.map((_, i) => words.slice(0, i + 1).join(', ').length);
  const fits = ends.filter((end) => end <= mostCharacters).length;
  if (fits === words.length) return words.join(', ');
  const [first = ''] = words;
  const told = fits === 0 ? [`${first.slice(0, mostCharacters)}…`] : words.slice(0, fits);
  const more = words.length - told.length;
  return `${told.join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}

function show(value: Json): string {
  return value === null ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);
}

/** Marks of restarts and hashes of the controllers: no difference that anybody made on purpose. */
const noise = /restartedAt|pod-template-hash|controller-revision-hash|nightshift\.dev\//;

/**
 * Fields of two templates that differ, flat: `containers.agent.image`, `containers.agent.env.SESSION_TTL`. Of a secret
 * it is told that it differs, not what it is.
 */
export function difference(before: V1PodTemplateSpec, after: V1PodTemplateSpec): readonly FieldChange[] {
  const [a, b] = [flat(before), flat(after)];
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((name) => !noise.test(name) && a.get(name) !== b.get(name))
    .toSorted()
    .map((name) => ({ name, before: shown(name, a.get(name)), after: shown(name, b.get(name)) }));
}

function shown(name: string, value: string | undefined): string | null {
  if (value === undefined) return null;
  if (isSecretName(name.split('.').at(-1) ?? '')) return redacted;
  const line = redact(`${name}=${value}`);
  return (line.startsWith(`${name}=`) ? line.slice(name.length + 1) : redacted).slice(0, 200);
}

function flat(template: V1PodTemplateSpec): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  walk(
    { annotations: template.metadata?.annotations, labels: template.metadata?.labels, ...template.spec },
    '',
    found,
  );
  return found;
}

function walk(value: unknown, path: string, found: Map<string, string>): void {
  if (value === null || value === undefined) return;
  if (typeof value !== 'object') {
    found.set(path, String(value));
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    if (!Array.isArray(value) || typeof inner !== 'object' || inner === null || !('name' in inner)) {
      walk(inner, at, found);
      continue;
    }
    // One of a list is called by its name, so that one put before it changes nothing of it.
    const { name, ...rest } = inner;
    const named = `${path}.${String(name)}`;
    // A variable is its value.
    walk('value' in rest && Object.keys(rest).length === 1 ? rest.value : rest, named, found);
  }
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
