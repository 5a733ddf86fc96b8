import type { ObjectRef } from '../../../model/changes/kubernetes/params.js';
import type { WorkloadKind } from '../../../model/kubernetes/settings.js';
import { failure } from '../../failure.js';
import { pathOf, paths } from '../paths.js';
import type { Workload } from '../workload.js';
import type { Tools } from './tools.js';

/** A workload, as a change names it. */
export interface WorkloadRef extends ObjectRef {
  readonly kind: WorkloadKind;
}

/** The reference, where it is one to a workload. Throws `Unsupported` otherwise: that would be a defect. */
export function workloadRefOf(ref: ObjectRef): WorkloadRef {
  const { kind } = ref;
  if (kind === 'Deployment' || kind === 'StatefulSet' || kind === 'DaemonSet') return { ...ref, kind };
  throw failure('Unsupported', `${kind} ${ref.name} has no pods of its own.`);
}

/** The workload of an incident, by its target's key: `kubernetes/prod/bruno/deployment/agent-bruno`. */
export function workloadOfTarget({ context }: Tools): WorkloadRef {
  const { key } = context.look.target;
  const [, cluster = '', namespace = '', word = '', name = ''] = key.split('/');
  const kinds: readonly WorkloadKind[] = ['Deployment', 'StatefulSet', 'DaemonSet'];
  const kind = kinds.find((one) => one.toLowerCase() === word);
  if (kind === undefined) throw failure('Unsupported', `${key} names no workload.`);
  return { cluster, namespace, kind, name };
}

/** Reads it; throws `PreconditionChanged` where another one has its name, if `uid` is given. */
export async function readObject(tools: Tools, ref: WorkloadRef, uid?: string): Promise<Workload> {
  const { signal } = tools.context;
  const workload = await tools.cluster.get<Workload>(paths.workload(ref.namespace, ref.kind, ref.name), {
    signal,
  });
  return uid === undefined ? workload : sameObject(workload, ref, uid);
}

interface WithIdentity {
  readonly metadata?: { readonly uid?: string; readonly resourceVersion?: string };
}

/** Reads any object that a change names, the one that was planned for. */
export async function readPlanned<T extends WithIdentity>(
  tools: Tools,
  ref: ObjectRef,
  uid: string,
): Promise<T> {
  const { signal } = tools.context;
  return sameObject(await tools.cluster.get<T>(pathOf(ref), { signal }), ref, uid);
}

function sameObject<T extends WithIdentity>(object: T, { kind, name }: ObjectRef, uid: string): T {
  if (object.metadata?.uid === uid) return object;
  throw failure('PreconditionChanged', `${kind} ${name} was deleted and made anew since this was planned.`);
}

/** What names the state that a write is made for. */
export function versionOf({ metadata }: WithIdentity): { readonly resourceVersion: string } {
  return { resourceVersion: metadata?.resourceVersion ?? '' };
}
