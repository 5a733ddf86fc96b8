import type { V1ObjectMeta } from '@kubernetes/client-node';
import type { FieldOwner } from '../../model/kubernetes/details.js';

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
  readonly variables: readonly string[];
}

/** A ConfigMap that holds one of the variables. */
interface HoldingMap {
  readonly variable: string;
  readonly key: string;
  readonly meta: V1ObjectMeta;
}

/**
 * Who else owns fields that a remedy may set: by managed fields, by the marks of GitOps controllers and Helm, and as
 * an operator's own object. `maps`: the ConfigMaps that hold variables; who owns one owns the variable.
 */
export function ownersOf(
  meta: V1ObjectMeta | undefined,
  wanted: Wanted,
  maps: readonly HoldingMap[] = [],
): readonly FieldOwner[] {
  const found = [
    ...byManagedFields(meta, wanted),
    ...byMarks(meta, allFields(wanted)),
    ...byController(meta, allFields(wanted)),
    ...byHelm(meta),
    ...maps.flatMap((map) => ofMap(map, wanted.container)),
  ];
  const seen = new Set<string>();
  return found.filter(({ owner, field }) => {
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
  ];
}

function byManagedFields(meta: V1ObjectMeta | undefined, wanted: Wanted): readonly FieldOwner[] {
  return (meta?.managedFields ?? []).flatMap(({ manager = '', subresource, fieldsV1 }) => {
    if (nobody.test(manager) || subresource === 'status') return [];
    const known = knownAs(manager);
    const reconciles = known !== undefined || looksLikeReconciler.test(manager);
    return fieldsIn(fieldsV1, wanted).map((field) => ({
      owner: known?.owner ?? manager,
      field,
      reconciles,
      by: `managed fields of ${manager}`,
    }));
  });
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

function inside(tree: unknown, ...keys: readonly string[]): object | undefined {
  let at: unknown = tree;
  for (const key of keys) at = isObject(at) ? at[key] : undefined;
  return isObject(at) ? at : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
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

/** Who sets a ConfigMap's key again sets the variable again. */
function ofMap({ variable, key, meta }: HoldingMap, container: string): readonly FieldOwner[] {
  const field = `containers.${container}.env.${variable}`;
  const where = `ConfigMap ${meta.name}`;
  const written = (meta.managedFields ?? []).flatMap(({ manager = '', fieldsV1 }) => {
    if (nobody.test(manager) || !inside(fieldsV1, 'f:data', `f:${key}`)) return [];
    const known = knownAs(manager);
    const reconciles = known !== undefined || looksLikeReconciler.test(manager);
    return [
      { owner: known?.owner ?? manager, field, reconciles, by: `managed fields of ${manager} in ${where}` },
    ];
  });
  const marked = [...byMarks(meta, [field]), ...byController(meta, [field])];
  return [...written, ...marked.map((one) => ({ ...one, by: `${one.by} of ${where}` }))];
}

/** Helm sets its fields at the next upgrade only: a change of ours lasts until then. */
function byHelm(meta: V1ObjectMeta | undefined): readonly FieldOwner[] {
  return meta?.labels?.['app.kubernetes.io/managed-by'] === 'Helm'
    ? [{ owner: 'helm', field: 'spec', reconciles: false, by: 'app.kubernetes.io/managed-by' }]
    : [];
}
