import type { V1Pod } from '@kubernetes/client-node';
import type { Change, Effect } from '../../../model/change.js';
import type { PodEvictParams } from '../../../model/changes/kubernetes/params.js';
import type { Applier } from '../../adapter.js';
import { effect } from '../../docker/appliers/effects.js';
import { failure, failureType } from '../../failure.js';
import type { Answer } from '../client.js';
import { translateAnswer } from '../errors.js';
import { paths } from '../paths.js';
import type { KubernetesApplierDependencies } from './dependencies.js';
import { podsOf } from './pods-of.js';
import { followReplicas, notePodsBefore, type ReplicasEnd } from './replicas.js';
import { type Tools, withTools } from './tools.js';
import { readyOf } from './trouble.js';
import { readObject, workloadOfTarget } from './workload-object.js';
import { managed, refusedByAdmission } from './write.js';

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
      await untilGone(tools, change);
      return told(tools, change, await followReplicas(tools, ref, { atLeast }, successorSeconds));
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
    const answer = await evict(tools, change);
    if (answer === 'sent') return answer;
    // Gone, or another one by now: the next reading tells which.
    if (answer === 'gone') continue;
    if (context.now().getTime() > until)
      return effect(context, 'nothing', `${answer.why}, for ${budgetSeconds} s on end`, {
        budget: answer.why,
      });
    journal.note({ phase: 'waiting', said: answer.why });
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

async function evict(
  { cluster }: Tools,
  { params: { ref }, object }: Change<PodEvictParams>,
): Promise<'sent' | 'gone' | { readonly why: string }> {
  const path = managed(`${paths.pod(ref.namespace, ref.name)}/eviction`);
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: ref.name, namespace: ref.namespace },
    // Another pod of that name is not the one that was meant.
    deleteOptions: { preconditions: { uid: object.uid } },
  };
  const answer = await cluster.call('POST', path, {
    signal: new AbortController().signal,
    body: JSON.stringify(body),
  });
  if (answer.status >= 200 && answer.status <= 299) return 'sent';
  if (answer.status === 404 || answer.status === 409) return 'gone';
  const budget = answer.status === 429 ? budgetWords(answer) : undefined;
  if (budget !== undefined) return { why: budget };
  throw refused(answer, path, cluster.server);
}

function refused(answer: Answer, path: string, server: string) {
  if (/more than one PodDisruptionBudget/i.test(answer.text))
    return failure(
      'Unsupported',
      'The pod is selected by more than one disruption budget, and then no eviction is allowed: mend the budgets.',
    );
  const error = translateAnswer(answer, 'POST', path, server);
  return refusedByAdmission(error) ?? error;
}

interface Status {
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

/** Which budget says wait; undefined where the API server itself is busy. */
export function budgetWords({ text }: Pick<Answer, 'text'>): string | undefined {
  let said: Status | null;
  try {
    said = JSON.parse(text) as Status | null;
  } catch {
    return undefined;
  }
  const cause = said?.details?.causes?.find(({ reason }) => reason === 'DisruptionBudget');
  if (cause) return `a disruption budget says wait: ${cause.message ?? said?.message ?? 'no reason given'}`;
  return /disruption budget/i.test(said?.message ?? '') ? said?.message : undefined;
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

function told({ context }: Tools, { object }: Change<PodEvictParams>, end: ReplicasEnd): Effect {
  const details = { podUid: object.uid };
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
