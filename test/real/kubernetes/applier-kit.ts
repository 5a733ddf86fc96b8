import type { V1Pod } from '@kubernetes/client-node';
import { createKubernetesAppliers } from '../../../activities/kubernetes/appliers/index.js';
import { type Cluster, connectCluster } from '../../../activities/kubernetes/client.js';
import { templateDigest } from '../../../activities/kubernetes/template-digest.js';
import { templateOf, type Workload } from '../../../activities/kubernetes/workload.js';
import type { Change, ChangeKind, Effect, FieldChange } from '../../../model/change.js';
import { kubernetesKinds } from '../../../model/changes/kubernetes/index.js';
import type { ObjectRef } from '../../../model/changes/kubernetes/params.js';
import type { JsonObject } from '../../../model/json.js';
import type { WorkloadKind, WorkloadSettings } from '../../../model/kubernetes/settings.js';
import { type Attempt, type AttemptOptions, aChange, anAttempt } from '../../support/apply-context.js';
import type { TestNamespace } from '../../support/cluster.js';

export const MiB = 1024 ** 2;
const scope = 'kubernetes/test';
type Appliers = ReturnType<typeof createKubernetesAppliers>;
export type Kind = Exclude<keyof Appliers, 'sessions.shortenTtl'>;

/** Changes of one workload, as the choke point hands them on, and attempts to carry them out. */
export class Subject {
  #changes = 0;

  constructor(
    readonly ns: TestNamespace,
    readonly kind: WorkloadKind,
    readonly name: string,
    readonly settings: Partial<WorkloadSettings> = {},
  ) {}

  get ref(): ObjectRef {
    return { cluster: 'test', namespace: this.ns.name, kind: this.kind, name: this.name };
  }

  read(): Promise<Workload> {
    return this.ns.get<Workload>(this.kind, this.name);
  }

  ready(): Promise<void> {
    return this.ns.whenReady(this.kind, this.name);
  }

  async pods(): Promise<readonly V1Pod[]> {
    const all = await this.ns.pods(this.kind, this.name);
    return all.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  }

  async pod(): Promise<V1Pod> {
    const [pod] = await this.pods();
    if (!pod) throw new Error(`${this.name} has no pod`);
    return pod;
  }

  /** A change of the workload. */
  async change<Params extends JsonObject>(
    kind: Kind,
    given: {
      readonly params?: Params;
      readonly fields?: readonly FieldChange[];
      readonly fresh?: JsonObject;
      readonly object?: { readonly uid: string; readonly name: string };
      readonly ref?: ObjectRef;
    } = {},
  ): Promise<Change> {
    this.#changes += 1;
    const { metadata } = await this.read();
    const { uid, name } = given.object ?? { uid: metadata?.uid ?? '', name: this.name };
    return aChange<JsonObject>({
      kind,
      // Names of the tests' namespaces are unique; so are the ids.
      id: `${this.ns.name}-${this.name}/${this.#changes}`,
      uid,
      name,
      fields: given.fields ?? [],
      fresh: given.fresh ?? {},
      ...(metadata?.generation !== undefined && { generation: metadata.generation }),
      params: {
        ref: { ...(given.ref ?? this.ref) },
        container: this.name,
        progressSeconds: 30,
        ...given.params,
      },
    });
  }

  async ofPod<Params extends JsonObject>(
    kind: Kind,
    given: {
      readonly params?: Params;
      readonly fields?: readonly FieldChange[];
      readonly fresh?: JsonObject;
    } = {},
  ): Promise<Change> {
    const { metadata } = await this.pod();
    const name = metadata?.name ?? '';
    return this.change(kind, {
      ...given,
      object: { uid: metadata?.uid ?? '', name },
      ref: { ...this.ref, kind: 'Pod', name },
    });
  }

  async restart(): Promise<Change> {
    const template = templateDigest(templateOf(await this.read()));
    return this.change('workload.restart', { params: { template }, fresh: { at: new Date().toISOString() } });
  }

  memory(from: number, to: number): Promise<Change> {
    return this.change('workload.memory', {
      fields: [{ name: 'limits.memory', before: from * MiB, after: to * MiB }],
    });
  }

  env(variable: string, before: string | null, after: string | null, more: JsonObject = {}): Promise<Change> {
    return this.change('workload.setEnv', {
      fields: [{ name: `env.${variable}`, before, after }],
      params: { workload: { ...this.ref }, variable, ...more },
    });
  }

  scale(before: number, after: number): Promise<Change> {
    return this.change('workload.scale', {
      fields: [{ name: 'replicas', before, after }],
      params: { staysSeconds: 60 },
    });
  }

  evict(): Promise<Change> {
    return this.ofPod('pod.evict', { params: { graceSeconds: 5 } });
  }

  attempt(options: AttemptOptions = {}): Attempt {
    const key = `${scope}/${this.ns.name}/${this.kind.toLowerCase()}/${this.name}`;
    return anAttempt({
      target: { key, kind: 'workload', scope },
      settings: this.ns.settings(this.kind, this.name, this.settings),
      ...options,
    });
  }

  /** Carries it out by one attempt. */
  apply(change: Change, attempt = this.attempt(), cluster: Cluster = this.ns.cluster): Promise<Effect> {
    const appliers = createKubernetesAppliers({ cluster: () => cluster });
    const applier = appliers[change.kind as Kind] as (
      change: Change,
      context: Attempt['context'],
    ) => Promise<Effect>;
    return applier(change, attempt.context);
  }

  /** As the engine takes it back: by the registered undo. */
  async undone(change: Change, effect: Effect, attempt = this.attempt()): Promise<Effect> {
    const draft = undoOf(change, effect);
    if (!('kind' in draft)) throw new Error(draft.none);
    const { generation: _, ...rest } = change;
    return this.apply({ ...rest, ...draft, id: `${change.id}/undo` }, attempt);
  }
}

function undoOf(change: Change, effect: Effect): ReturnType<ChangeKind['undo']> {
  const kinds: Readonly<
    Record<string, { undo(change: never, effect: Effect): ReturnType<ChangeKind['undo']> }>
  > = kubernetesKinds;
  return kinds[change.kind]?.undo(change as never, effect) ?? { none: `no kind ${change.kind}` };
}

/** The cluster by another way: a proxy's address, or an account's token. */
export function clusterBy(kubeconfig: string): Cluster {
  return connectCluster({ name: 'test', kubeconfig });
}
