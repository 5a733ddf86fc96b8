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

/** Who else owns fields that a remedy may set: by managed fields, and by the marks of GitOps controllers and Helm. */
export function ownersOf(meta: V1ObjectMeta | undefined, wanted: Wanted): readonly FieldOwner[] {
  const found = [...byManagedFields(meta, wanted), ...byMarks(meta, wanted), ...byHelm(meta)];
  const seen = new Set<string>();
  return found.filter(({ owner, field }) => {
    const key = `${owner} ${field}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function byManagedFields(meta: V1ObjectMeta | undefined, wanted: Wanted): readonly FieldOwner[] {
  return (meta?.managedFields ?? []).flatMap(({ manager = '', subresource, fieldsV1 }) => {
    if (nobody.test(manager) || subresource === 'status') return [];
    const known = reconcilers.find(({ name }) => name.test(manager));
    const reconciles = known !== undefined || looksLikeReconciler.test(manager);
    return fieldsIn(fieldsV1, wanted).map((field) => ({
      owner: known?.owner ?? manager,
      field,
      reconciles,
      by: `managed fields of ${manager}`,
    }));
  });
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

/** A GitOps controller that marks the object owns all that is in its manifest, whatever the fields say. */
function byMarks(meta: V1ObjectMeta | undefined, { container, variables }: Wanted): readonly FieldOwner[] {
  const all = { ...meta?.labels, ...meta?.annotations };
  return marks
    .filter(({ key }) => all[key] !== undefined)
    .flatMap(({ owner, key }) =>
      [
        'spec.replicas',
        `containers.${container}.resources`,
        `containers.${container}.image`,
        ...variables.map((name) => `containers.${container}.env.${name}`),
      ].map((field) => ({ owner, field, reconciles: true, by: key })),
    );
}

/** Helm sets its fields at the next upgrade only: a change of ours lasts until then. */
function byHelm(meta: V1ObjectMeta | undefined): readonly FieldOwner[] {
  return meta?.labels?.['app.kubernetes.io/managed-by'] === 'Helm'
    ? [{ owner: 'helm', field: 'spec', reconciles: false, by: 'app.kubernetes.io/managed-by' }]
    : [];
}
