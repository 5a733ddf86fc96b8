import type { V1Pod } from '@kubernetes/client-node';
import type { Change, Effect } from '../../../model/change.js';
import type { PodEvictParams } from '../../../model/changes/kubernetes/params.js';
import type { Applier } from '../../adapter.js';
import { effect } from '../../docker/appliers/effects.js';
import { failureType } from '../../failure.js';
import { paths } from '../paths.js';
import type { KubernetesApplierDependencies } from './dependencies.js';
import { askEviction } from './eviction.js';
import { podsOf } from './pods-of.js';
import { followReplicas, notePodsBefore, type ReplicasEnd } from './replicas.js';
import { type Tools, withTools } from './tools.js';
import { readyOf } from './trouble.js';
import { orUnseen, type Unseen, unseenWords } from './unseen.js';
import { readObject, workloadOfTarget } from './workload-object.js';

/** A disruption budget that says wait is waited for so long, seconds: then somebody must decide. */
const budgetSeconds = 120;
const firstPauseMs = 1_000;
const longestPauseMs = 10_000;
const everyMs = 500;
/** A successor that is not ready by then is told of, seconds. */
const successorSeconds = 240;

/**
 * Evicts one pod, by its uid, so that disruption budgets hold; done when it is gone and its successor is ready. A
 * budget that forbids it is waited for, and named.
 */
export function evictApplier(dependencies: KubernetesApplierDependencies): Applier<PodEvictParams> {
  return (change, context) =>
    withTools(dependencies, context, async (tools) => {
      const ref = workloadOfTarget(tools);
      await notePodsBefore(tools, ref, await readObject(tools, ref));
      const atLeast = await readyAfterwards(tools, change);
      const sent = await send(tools, change);
      if (sent !== 'sent') return sent;
      const end = await orUnseen(async () => {
        await untilGone(tools, change);
        return followReplicas(tools, ref, { atLeast }, successorSeconds);
      });
      return told(tools, change, end);
    });
}

/** As many as were ready besides the pod, and its successor. Noted once: a later attempt finds it gone. */
async function readyAfterwards(tools: Tools, { object }: Change<PodEvictParams>): Promise<number> {
  const noted = tools.journal.notes.atLeast;
  if (typeof noted === 'number') return noted;
  const ref = workloadOfTarget(tools);
  const pods = await podsOf(tools, ref, await readObject(tools, ref));
  const atLeast = readyOf(pods).filter(({ metadata }) => metadata?.uid !== object.uid).length + 1;
  tools.journal.note({ atLeast });
  return atLeast;
}

/** Asks for the eviction until it is granted. An effect: it was not, and why. */
async function send(tools: Tools, change: Change<PodEvictParams>): Promise<Effect | 'sent'> {
  const { context, journal, sleep, sentBefore } = tools;
  const until = context.now().getTime() + budgetSeconds * 1000;
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    const pod = await find(tools, change);
    if (pod === undefined || pod.metadata?.deletionTimestamp !== undefined) {
      if (sentBefore) return 'sent';
      return effect(
        context,
        'superseded',
        `pod ${change.object.name} went away by itself, or somebody took it away`,
      );
    }
    await journal.confirm();
    const { ref, uid } = { ref: change.params.ref, uid: change.object.uid };
    const answer = await askEviction(tools, { namespace: ref.namespace, name: ref.name, uid });
    if (answer === 'sent') return answer;
    if (answer !== 'gone') {
      const { notNow, budget } = answer;
      if (context.now().getTime() > until)
        return effect(context, 'nothing', `${notNow}, for ${budgetSeconds} s on end`, {
          ...(budget && { budget: notNow }),
        });
      journal.note({ phase: 'waiting', said: notNow });
    }
    await sleep(pause);
  }
}

/** The pod that was planned for, or undefined where it is gone, replaced by one of its name included. */
async function find(
  { cluster, context }: Tools,
  { params, object }: Change<PodEvictParams>,
): Promise<V1Pod | undefined> {
  const { namespace, name } = params.ref;
  const pod = await cluster.find<V1Pod>(paths.pod(namespace, name), { signal: context.signal });
  return pod?.metadata?.uid === object.uid ? pod : undefined;
}

async function untilGone(tools: Tools, change: Change<PodEvictParams>): Promise<void> {
  const { journal, sleep, context } = tools;
  for (;;) {
    try {
      if ((await find(tools, change)) === undefined) return;
    } catch (error) {
      if (failureType(error) !== 'Unreachable') throw error;
    }
    context.signal.throwIfAborted();
    journal.note({ phase: 'stopping', said: `pod ${change.object.name} ends` });
    await sleep(everyMs);
  }
}

function told({ context }: Tools, { object }: Change<PodEvictParams>, end: ReplicasEnd | Unseen): Effect {
  const details = { podUid: object.uid };
  if (end.end === 'unseen') {
    const note = `pod ${object.name} was evicted; ${unseenWords(end)}`;
    return effect(context, 'applied', note, { ...details, unseen: true });
  }
  return end.end === 'done'
    ? effect(context, 'applied', `pod ${object.name} was evicted; ${end.words}`, details)
    : effect(
        context,
        'applied',
        `pod ${object.name} was evicted, but what follows it does not become ready: ${end.said}`,
        {
          ...details,
          failed: true,
          why: end.why,
          said: end.said,
        },
      );
}
