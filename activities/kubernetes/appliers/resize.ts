import type { V1Pod } from '@kubernetes/client-node';
import type { Change, Effect } from '../../../model/change.js';
import { kubectlWhere } from '../../../model/changes/kubernetes/object.js';
import type { PodResizeParams } from '../../../model/changes/kubernetes/params.js';
import { landedWords } from '../../../model/changes/kubernetes/pod-resize.js';
import { undoes } from '../../../model/changes/kubernetes/undoes.js';
import { shellCommand } from '../../../model/changes/shell.js';
import type { JsonObject } from '../../../model/json.js';
import type { Applier } from '../../adapter.js';
import { effect } from '../../docker/appliers/effects.js';
import { failure, failureType, messageOf } from '../../failure.js';
import { pathOf } from '../paths.js';
import { statusOf } from '../pods.js';
import type { KubernetesApplierDependencies } from './dependencies.js';
import { unlessAway } from './follow.js';
import { isSet, memoryWords, refuseMemoryDrift } from './memory.js';
import { memoryNow, memoryResources } from './template-patches.js';
import { type Tools, withTools } from './tools.js';
import { readPlanned, versionOf } from './workload-object.js';
import { type Compared, compareAndSet, type Write } from './write.js';

const everyMs = 500;
/** A node that has no room at once may have some in a moment; after that it is told as it stands. */
const waitSeconds = 45;

/**
 * Sets limit and request of one running pod, in place, and follows what its node makes of it. What the node does not
 * do would stay in the pod's spec, to be done at any later time: its effect went wrong (`details.failed`), so that
 * the figures are set back (`fresh.undoes`).
 */
export function resizeApplier(dependencies: KubernetesApplierDependencies): Applier<PodResizeParams> {
  return (change, context) =>
    withTools(dependencies, context, async (tools) => {
      const { now, written } = await set(tools, change);
      if (!written && !tools.sentBefore && actuated(now, change))
        return effect(context, 'alreadyDone', `it was so before: ${memoryWords(change.fields)}`);
      return follow(tools, change);
    });
}

async function set(tools: Tools, change: Change<PodResizeParams>): Promise<Compared<V1Pod>> {
  try {
    return await compareAndSet<V1Pod>(tools, {
      read: () => readPlanned<V1Pod>(tools, change.params.ref, change.object.uid),
      judge: (pod) => judged(tools, change, pod),
    });
  } catch (error) {
    // Before Kubernetes 1.34 no limit is lowered in place, not even one that the node never took up.
    if (undoes(change) === undefined || failureType(error) !== 'Unsupported') throw error;
    throw staysInSpec(change, messageOf(error), error);
  }
}

function judged(tools: Tools, change: Change<PodResizeParams>, pod: V1Pod): Write | 'done' {
  const { params, fields } = change;
  const { ref, container } = params;
  if (pod.metadata?.deletionTimestamp !== undefined)
    throw failure('TargetGone', `Pod ${ref.name} is being deleted.`);
  const resources = specOf(pod, container);
  if (isSet(resources, fields)) return 'done';
  if (undoes(change) !== undefined && hasLanded(pod, change))
    throw failure('PreconditionChanged', landedWords(ref.name));
  refuseMemoryDrift(resources, fields, `container ${container} of pod ${ref.name}`);
  if (tools.journal.notes.restarts === undefined)
    tools.journal.note({ restarts: statusOf(pod, container)?.restartCount ?? 0 });
  const wanted = { name: container, resources: memoryResources(fields) };
  const body = { metadata: versionOf(pod), spec: { containers: [wanted] } };
  return { path: `${pathOf(ref)}/resize`, body, type: 'application/strategic-merge-patch+json' };
}

/** What is to be taken back was done by the node after all: now it runs with it, and a lower limit could kill it. */
function hasLanded(pod: V1Pod, { params: { container }, fields }: Change<PodResizeParams>): boolean {
  const resources = statusOf(pod, container)?.resources;
  const limit = fields.find(({ name }) => name === 'limits.memory');
  return resources !== undefined && limit !== undefined && memoryNow(resources, limit.name) === limit.before;
}

function staysInSpec({ params: { ref } }: Change<PodResizeParams>, why: string, cause?: unknown) {
  const gone = shellCommand(['kubectl', ...kubectlWhere(ref), 'delete', 'pod', ref.name]);
  return failure(
    'Unsupported',
    `The raised figures stay in the spec of pod ${ref.name}, and its node may still take them up: ${why} They end with the pod: ${gone}`,
    cause,
  );
}

function specOf(pod: V1Pod, container: string) {
  return pod.spec?.containers.find(({ name }) => name === container)?.resources;
}

/** The node has done it: what the container runs with is as wanted, and nothing is under way. */
function actuated(pod: V1Pod, { params: { container }, fields }: Change<PodResizeParams>): boolean {
  const resources = statusOf(pod, container)?.resources;
  const underWay = pod.status?.conditions?.some(
    ({ type, status }) => type.startsWith('PodResize') && status === 'True',
  );
  return resources !== undefined && isSet(resources, fields) && underWay !== true;
}

async function follow(tools: Tools, change: Change<PodResizeParams>): Promise<Effect> {
  const { context, journal, sleep } = tools;
  const { object, fields } = change;
  const details: JsonObject = {
    podUid: object.uid,
    ...Object.fromEntries(fields.map(({ name, after }) => [name, after])),
  };
  const until = context.now().getTime() + waitSeconds * 1000;
  for (;;) {
    const pod = await unlessAway(() => readOrGone(tools, change));
    if (pod === 'gone')
      return effect(
        context,
        'superseded',
        `pod ${object.name} ended before its node had resized it`,
        details,
      );
    if (pod !== undefined) {
      if (actuated(pod, change)) return done(tools, change, pod, details);
      const late = context.now().getTime() > until;
      // A refusal is what is taken back: it stands there until the node has seen that it is.
      const refused = undoes(change) !== undefined && !late ? undefined : refusal(pod, late);
      if (refused !== undefined) return notDone(tools, change, refused, details);
    }
    journal.note({ phase: 'resizing' });
    await sleep(everyMs);
  }
}

async function readOrGone(tools: Tools, change: Change<PodResizeParams>): Promise<V1Pod | 'gone'> {
  try {
    return await readPlanned<V1Pod>(tools, change.params.ref, change.object.uid);
  } catch (error) {
    const type = failureType(error);
    if (type === 'TargetGone' || type === 'PreconditionChanged') return 'gone';
    throw error;
  }
}

/** It is in the pod's spec, and so goes on by itself until it is set back. */
function notDone(
  { context }: Tools,
  change: Change<PodResizeParams>,
  refused: string,
  details: JsonObject,
): Effect {
  if (undoes(change) !== undefined) throw staysInSpec(change, `${refused}.`);
  const note = `${memoryWords(change.fields)}: ${refused}`;
  return effect(context, 'applied', note, { ...details, failed: true, why: 'notResized', said: refused });
}

function done(tools: Tools, change: Change<PodResizeParams>, pod: V1Pod, details: JsonObject): Effect {
  if (undoes(change) !== undefined)
    return effect(
      tools.context,
      'applied',
      `pod ${change.object.name}: ${memoryWords(change.fields)} in its spec; its node had never raised it`,
      details,
    );
  const before = tools.journal.notes.restarts;
  const now = statusOf(pod, change.params.container)?.restartCount ?? 0;
  const restarted = typeof before === 'number' && now > before;
  const how = restarted ? 'its container was restarted for it' : 'in place, without a restart';
  const note = `pod ${change.object.name}: ${memoryWords(change.fields)}, ${how}; it ends with the pod`;
  return effect(tools.context, 'applied', note, { ...details, restarted });
}

/** Why the node does not do it, or undefined while it may yet. */
export function refusal(pod: V1Pod, late: boolean): string | undefined {
  // What its node said of another resize before this one is not about this one.
  const conditions = (pod.status?.conditions ?? []).filter(
    ({ observedGeneration = Number.POSITIVE_INFINITY }) =>
      observedGeneration >= (pod.metadata?.generation ?? 0),
  );
  const pending = conditions.find(({ type, status }) => type === 'PodResizePending' && status === 'True');
  const said = pending?.message ?? 'no reason given';
  if (pending?.reason === 'Infeasible') return `its node can not do that: ${said}`;
  if (!late) return undefined;
  if (pending)
    return `its node has no room for it now (${pending.reason ?? 'pending'}): ${said}. It does it when it has.`;
  const going = conditions.find(({ type, status }) => type === 'PodResizeInProgress' && status === 'True');
  return going?.message !== undefined
    ? `its node did not get it done: ${going.message}`
    : `its node has not done it within ${waitSeconds} s, and does not say why`;
}
