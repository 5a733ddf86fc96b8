import type { V1ObjectMeta } from '@kubernetes/client-node';
import { coversField } from '../../model/kubernetes/covers-field.js';
import type { FieldOwner } from '../../model/kubernetes/details.js';
import { inside, templateFields } from './managed-fields.js';

/** Managers that set their fields again by themselves, by the names under which they write. */
const reconcilers: readonly { readonly owner: string; readonly name: RegExp }[] = [
  { owner: 'argocd', name: /^argocd/ },
  { owner: 'flux', name: /^(kustomize|helm)-controller$|^flux/ },
  { owner: 'keda', name: /^keda/ },
  { owner: 'vpa', name: /^vpa-/ },
];
/** What is a controller or operator by its name sets again what it owns. */
const looksLikeReconciler = /(controller|operator|reconciler)$/;
/** The control plane writes status and what others asked for; people write by hand. */
const nobody = /^(kube-controller-manager|kube-scheduler|kubelet|kubectl.*|nightshift.*)$/;

/** Labels and annotations by which a reconciler marks what it owns as a whole. */
const marks: readonly { readonly owner: string; readonly key: string }[] = [
  { owner: 'argocd', key: 'argocd.argoproj.io/tracking-id' },
  { owner: 'argocd', key: 'argocd.argoproj.io/instance' },
  { owner: 'flux', key: 'kustomize.toolkit.fluxcd.io/name' },
  { owner: 'flux', key: 'helm.toolkit.fluxcd.io/name' },
];

/** Fields that Nightshift may want to set, as a workload's managed fields name them. */
interface Wanted {
  readonly container: string;
  /** Those that are set in the template itself: who owns another's place owns nothing of its value. */
  readonly variables: readonly string[];
  /** What the last release changed: going back would set it. `more`: not all of it is told here. */
  readonly released?: { readonly fields: readonly string[]; readonly more: boolean };
}

/** Of what the last release changed, so many fields of one owner are told: the first is reason enough. */
const mostReleased = 3;
/** All that is in the template. */
const wholeTemplate = 'template';

/**
 * Who else owns fields of a workload that a remedy may set: by managed fields, by the marks of GitOps controllers and
 * Helm, and as an operator's own object.
 */
export function ownersOf(meta: V1ObjectMeta | undefined, wanted: Wanted): readonly FieldOwner[] {
  return once([
    ...byManagedFields(meta, wanted),
    ...byMarks(meta, allFields(wanted)),
    ...byController(meta, allFields(wanted)),
    ...byHelm(meta),
  ]);
}

/** One field of another object than the workload. */
interface Elsewhere {
  readonly object: NonNullable<FieldOwner['object']>;
  readonly meta: V1ObjectMeta | undefined;
  /** Where it is in managed fields: `f:data`, `f:SESSION_TTL`. */
  readonly at: readonly string[];
  /** As owners call it. */
  readonly field: string;
}

/** Who else sets it again: a key of a ConfigMap, an autoscaler's `minReplicas`. */
export function ownersElsewhere({ object, meta, at, field }: Elsewhere): readonly FieldOwner[] {
  const where = `${object.kind} ${object.name}`;
  const written = (meta?.managedFields ?? []).flatMap(({ manager = '', subresource, fieldsV1 }) =>
    nobody.test(manager) || subresource === 'status' || !inside(fieldsV1, ...at)
      ? []
      : [{ ...writer(manager, field), by: `managed fields of ${manager} in ${where}` }],
  );
  const marked = [...byMarks(meta, [field]), ...byController(meta, [field])];
  const all = [...written, ...marked.map((one) => ({ ...one, by: `${one.by} of ${where}` }))];
  return once(all.map((one) => ({ ...one, object })));
}

function once(owners: readonly FieldOwner[]): readonly FieldOwner[] {
  const seen = new Set<string>();
  return owners.filter(({ owner, field }) => {
    const key = `${owner} ${field}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function allFields({ container, variables }: Wanted): readonly string[] {
  return [
    'spec.replicas',
    `containers.${container}.resources`,
    `containers.${container}.image`,
    ...variables.map((name) => `containers.${container}.env.${name}`),
    wholeTemplate,
  ];
}

function byManagedFields(meta: V1ObjectMeta | undefined, wanted: Wanted): readonly FieldOwner[] {
  return (meta?.managedFields ?? []).flatMap(({ manager = '', subresource, fieldsV1 }) => {
    if (nobody.test(manager) || subresource === 'status') return [];
    const fields = [...fieldsIn(fieldsV1, wanted), ...releasedIn(fieldsV1, wanted)];
    return fields.map((field) => ({ ...writer(manager, field), by: `managed fields of ${manager}` }));
  });
}

function writer(manager: string, field: string): Omit<FieldOwner, 'by'> {
  const known = knownAs(manager);
  return {
    owner: known?.owner ?? manager,
    field,
    reconciles: known !== undefined || looksLikeReconciler.test(manager),
  };
}

function knownAs(manager: string) {
  return reconcilers.find(({ name }) => name.test(manager));
}

/** The fields of interest in a `fieldsV1` tree: `f:spec` → `f:template` → … */
function fieldsIn(tree: object | undefined, { container, variables }: Wanted): readonly string[] {
  const spec = inside(tree, 'f:spec');
  const own = inside(
    spec,
    'f:template',
    'f:spec',
    'f:containers',
    `k:${JSON.stringify({ name: container })}`,
  );
  const env = inside(own, 'f:env');
  return [
    ...(inside(spec, 'f:replicas') ? ['spec.replicas'] : []),
    ...(inside(own, 'f:resources') ? [`containers.${container}.resources`] : []),
    ...(inside(own, 'f:image') ? [`containers.${container}.image`] : []),
    ...variables
      .filter((name) => inside(env, `k:${JSON.stringify({ name })}`))
      .map((name) => `containers.${container}.env.${name}`),
  ];
}

/** Of what the last release changed, what is owned; all of the template where not all that it changed is known. */
function releasedIn(tree: object | undefined, { released }: Wanted): readonly string[] {
  if (released === undefined) return [];
  const own = templateFields(tree);
  const found = released.fields.filter((name) => own.some((field) => coversField(field, name)));
  if (found.length > 0) return found.slice(0, mostReleased);
  return released.more && own.length > 0 ? [wholeTemplate] : [];
}

/**
 * A GitOps controller that marks the object owns all that is in its manifest. Where the managed fields show which that
 * is, they are believed; otherwise it may be any of them.
 */
function byMarks(meta: V1ObjectMeta | undefined, fields: readonly string[]): readonly FieldOwner[] {
  const all = { ...meta?.labels, ...meta?.annotations };
  const writers = (meta?.managedFields ?? []).flatMap(({ manager = '' }) => knownAs(manager)?.owner ?? []);
  return marks
    .filter(({ key, owner }) => all[key] !== undefined && !writers.includes(owner))
    .flatMap(({ owner, key }) => fields.map((field) => ({ owner, field, reconciles: true, by: key })));
}

/** What an operator made from an object of its own, it makes so again. */
function byController(meta: V1ObjectMeta | undefined, fields: readonly string[]): readonly FieldOwner[] {
  const controller = meta?.ownerReferences?.find((reference) => reference.controller === true);
  if (controller === undefined) return [];
  const owner = `${controller.kind} ${controller.name}`;
  return fields.map((field) => ({ owner, field, reconciles: true, by: 'ownerReferences' }));
}

/** Helm sets its fields at the next upgrade only: a change of ours lasts until then. */
function byHelm(meta: V1ObjectMeta | undefined): readonly FieldOwner[] {
  return meta?.labels?.['app.kubernetes.io/managed-by'] === 'Helm'
    ? [{ owner: 'helm', field: 'spec', reconciles: false, by: 'app.kubernetes.io/managed-by' }]
    : [];
}
