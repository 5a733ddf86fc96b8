import { isObject } from '../../docker/appliers/journal.js';
import type { Workload } from '../workload.js';
import { unlessAway } from './follow.js';
import { podsOf } from './pods-of.js';
import type { Tools } from './tools.js';
import { notReadyWords, readyOf, troubleOf } from './trouble.js';
import { readObject, type WorkloadRef } from './workload-object.js';

const everyMs = 1_000;
/** Names of pods that were there before; more than that are not kept. */
const mostKnown = 200;

/** How a number of replicas was come to. */
export type ReplicasEnd =
  | { readonly end: 'done'; readonly words: string }
  | { readonly end: 'failed'; readonly why: string; readonly said: string };

/** Notes the pods that were there before a change, once: what goes wrong with the others is the change's. */
export async function notePodsBefore(tools: Tools, ref: WorkloadRef, workload: Workload): Promise<void> {
  if (tools.journal.notes.known !== undefined) return;
  const pods = await podsOf(tools, ref, workload);
  tools.journal.note({ known: pods.slice(0, mostKnown).map(({ metadata }) => metadata?.uid ?? '') });
}

/**
 * Follows a change of the number of replicas: until at least so many are ready (`atLeast`), or at most so many are
 * left (`atMost`); or until the new ones can't become ready.
 */
export async function followReplicas(
  tools: Tools,
  ref: WorkloadRef,
  wanted: { readonly atLeast: number } | { readonly atMost: number },
  progressSeconds: number,
): Promise<ReplicasEnd> {
  const { journal, context, sleep } = tools;
  const clock = (): number => context.now().getTime();
  const since = sinceOf(journal.notes.since) ?? clock();
  let troubled: { readonly words: string; readonly since: number } | undefined;
  for (;;) {
    const state = await unlessAway(() => stateOf(tools, ref));
    if (state !== undefined) {
      const { ready, replicas, trouble, notReady } = state;
      if ('atMost' in wanted ? replicas <= wanted.atMost : ready >= wanted.atLeast)
        return { end: 'done', words: `${ready} pods are ready` };
      const words = trouble && `${trouble.why} ${trouble.pod}`;
      troubled =
        words === undefined
          ? undefined
          : { words, since: troubled?.words === words ? troubled.since : clock() };
      const late = clock() - since > progressSeconds * 1000;
      if (trouble && troubled && (late || clock() - troubled.since >= trouble.patienceSeconds * 1000))
        return { end: 'failed', why: trouble.why, said: `pod ${trouble.pod}: ${trouble.said}` };
      if (late) return { end: 'failed', why: 'neverReady', said: notReady };
    }
    journal.note({
      phase: 'scaling',
      said: state === undefined ? 'no answer' : `${state.ready} ready`,
      since,
    });
    await sleep(everyMs);
  }
}

async function stateOf(tools: Tools, ref: WorkloadRef) {
  const workload = await readObject(tools, ref);
  const pods = await podsOf(tools, ref, workload);
  const known = knownOf(tools.journal.notes.known);
  const added = pods.filter(({ metadata }) => !known.has(metadata?.uid ?? ''));
  return {
    // By the pods themselves: the workload's status is a moment behind, and counts one that is being deleted.
    ready: readyOf(pods).length,
    replicas: pods.length,
    trouble: troubleOf(added),
    notReady: readyOf(added).length === added.length ? 'the added pods were not made' : notReadyWords(added),
  };
}

function sinceOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function knownOf(value: unknown): ReadonlySet<string> {
  if (!Array.isArray(value) || isObject(value)) return new Set();
  return new Set(value.filter((one): one is string => typeof one === 'string'));
}
