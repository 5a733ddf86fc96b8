import type { V1Pod } from '@kubernetes/client-node';
import type { Change, Effect } from '../../../model/change.js';
import type { PodCall, PodClearCacheParams, PodGcParams } from '../../../model/changes/kubernetes/params.js';
import { bytes as sized } from '../../../model/format.js';
import type { JsonObject } from '../../../model/json.js';
import type { Applier } from '../../adapter.js';
import { effect } from '../../docker/appliers/effects.js';
import { figures } from '../../docker/appliers/endpoint-calls.js';
import { isObject } from '../../docker/appliers/journal.js';
import { failure } from '../../failure.js';
import { asExpected, briefly, callPod } from '../app.js';
import type { Answer } from '../client.js';
import { iso, statusOf } from '../pods.js';
import type { KubernetesApplierDependencies } from './dependencies.js';
import { liveBytes } from './live-bytes.js';
import { type Tools, withTools } from './tools.js';
import { readPlanned } from './workload-object.js';

/** Freed pages go back to the system a moment after the collection, milliseconds. */
const givenBackAfterMs = 300;

/**
 * Has the app in one pod collect its garbage, and reads what its process holds before and after. The change's id is
 * the idempotency key; for an app that knows no such key, collecting twice does no harm.
 */
export function podGcApplier(dependencies: KubernetesApplierDependencies): Applier<PodGcParams> {
  return (change, context) =>
    withTools(dependencies, context, async (tools) => {
      const { ref, container, call } = change.params;
      const pod = await sameLife(tools, change, container);
      const before = rememberedBytes(tools) ?? (await liveBytes(tools, ref, container, pod));
      if (before !== undefined) tools.journal.note({ bytesBefore: before });
      const said = await asked(tools, change, call, pod);
      await tools.sleep(givenBackAfterMs);
      const after = await liveBytes(tools, ref, container, pod);
      return collected(tools, change.object.name, before, after, said);
    });
}

/** Clears one cache of the app in one pod, once for the change's id. */
export function podClearCacheApplier(
  dependencies: KubernetesApplierDependencies,
): Applier<PodClearCacheParams> {
  return (change, context) =>
    withTools(dependencies, context, async (tools) => {
      const pod = await sameLife(tools, change, undefined);
      const said = await asked(tools, change, change.params.call, pod);
      return cleared(tools, change, said);
    });
}

type PodChange = Change<PodGcParams> | Change<PodClearCacheParams>;

/** The pod, the planned one, in the life that was planned for: a process started since has none of that memory. */
async function sameLife(tools: Tools, change: PodChange, container: string | undefined): Promise<V1Pod> {
  const { ref } = change.params;
  const pod = await readPlanned<V1Pod>(tools, ref, change.object.uid);
  if (pod.metadata?.deletionTimestamp !== undefined)
    throw failure('TargetGone', `Pod ${ref.name} is being deleted.`);
  const { startedAt } = change.fresh;
  const lives =
    container === undefined
      ? (pod.status?.containerStatuses ?? []).map(({ state }) => iso(state?.running?.startedAt))
      : [iso(statusOf(pod, container)?.state?.running?.startedAt)];
  if (typeof startedAt !== 'string' || lives.includes(startedAt)) return pod;
  throw failure(
    'PreconditionChanged',
    `The container in pod ${ref.name} was started anew since this was planned.`,
  );
}

async function asked(tools: Tools, change: PodChange, call: PodCall, pod: V1Pod): Promise<JsonObject> {
  const { cluster, context, journal } = tools;
  const { ref } = change.params;
  const { signal } = context;
  await journal.confirm();
  const secret = (name: string): string => context.secret(name);
  const ip = pod.status?.podIP;
  const answer = await callPod(
    { cluster, namespace: ref.namespace, signal, secret },
    { name: ref.name, ...(ip !== undefined && { ip }) },
    call,
    change.id,
  );
  if (!asExpected(call, answer)) throw refused(call, answer, ref.name);
  return figures(objectIn(answer.text));
}

/** A 5xx may be better in a moment, and the idempotency key makes asking again safe. */
function refused({ method, path }: PodCall, answer: Answer, pod: string) {
  const what = `${method} ${path} of pod ${pod} answered ${briefly(answer)}`;
  const { status } = answer;
  if (status >= 500 || [408, 425, 429].includes(status)) return failure('Unreachable', `${what}.`);
  return failure('EndpointRefused', `${what}. Correct the endpoint in nightshift.yaml.`);
}

function objectIn(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function rememberedBytes({ journal }: Tools): number | undefined {
  const { bytesBefore } = journal.notes;
  return typeof bytesBefore === 'number' ? bytesBefore : undefined;
}

function collected(
  { context }: Tools,
  name: string,
  before: number | undefined,
  after: number | undefined,
  said: JsonObject,
): Effect {
  const details: JsonObject = {
    ...(before !== undefined && { rssBefore: before }),
    ...(after !== undefined && { rssAfter: after }),
    ...(Object.keys(said).length > 0 && { answer: said }),
  };
  if (before === undefined || after === undefined) {
    const own =
      typeof said.freedBytes === 'number' ? `${sized(said.freedBytes)} by its own account` : 'unknown';
    const note = `pod ${name} collected its garbage; what its process holds could not be read, freed: ${own}`;
    return effect(context, 'applied', note, details);
  }
  const note =
    before > after
      ? `pod ${name} collected its garbage: ${sized(before - after)} of resident memory less`
      : `pod ${name} collected its garbage: its resident memory did not shrink`;
  return effect(context, 'applied', note, details);
}

function cleared({ context }: Tools, change: Change<PodClearCacheParams>, said: JsonObject): Effect {
  const count = first(said, ['cleared', 'removed', 'deleted', 'evicted', 'entries', 'items', 'count']);
  const freedBytes = first(said, ['freedBytes', 'bytes', 'freed_bytes']);
  const who = `the ${change.params.cache} cache of pod ${change.object.name} was cleared`;
  const details: JsonObject = {
    ...(count !== undefined && { cleared: count }),
    ...(freedBytes !== undefined && { freedBytes }),
    answer: said,
  };
  if (count === undefined && freedBytes === undefined)
    return effect(context, 'applied', `${who}; the app does not say how much`, details);
  const parts = [
    ...(count === undefined ? [] : [`${count} items`]),
    ...(freedBytes === undefined ? [] : [`${sized(freedBytes)} by its own account`]),
  ];
  const status = (count ?? 0) === 0 && (freedBytes ?? 0) === 0 ? 'nothing' : 'applied';
  return effect(context, status, `${who}: ${parts.join(', ')}`, details);
}

function first(said: JsonObject, names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = said[name];
    if (typeof value === 'number' && Number.isFinite(value)) return value;
  }
  return undefined;
}
