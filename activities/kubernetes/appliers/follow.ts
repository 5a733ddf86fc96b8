import type { V1Deployment } from '@kubernetes/client-node';
import type { JsonObject } from '../../../model/json.js';
import { isObject } from '../../docker/appliers/journal.js';
import { failureType } from '../../failure.js';
import { iso } from '../pods.js';
import { rolloutOf } from '../rollout.js';
import type { Workload } from '../workload.js';
import { newPodsOf } from './pods-of.js';
import type { Tools } from './tools.js';
import { notReadyWords, type Trouble, troubleOf, type Why } from './trouble.js';
import { readObject, type WorkloadRef } from './workload-object.js';

const everyMs = 1_000;
/** A Deployment's controller says itself that a deadline has passed; only where it does not, we say it. Seconds. */
const afterTheController = 15;

/** How what was begun came to its end. */
export type RolloutEnd =
  | { readonly end: 'done'; readonly words: string; readonly seconds: number }
  | {
      readonly end: 'failed';
      readonly why: Why;
      readonly said: string;
      readonly deadline: boolean;
      readonly pod?: string;
    }
  | { readonly end: 'superseded'; readonly said: string };

export interface Following {
  readonly ref: WorkloadRef;
  readonly uid: string;
  /** How long without any progress counts as failed, seconds. */
  readonly progressSeconds: number;
  /** Whether the template is still the one that this change made. */
  readonly mine: (workload: Workload) => boolean;
  /** When its controller last called it stuck before this change: that was about another rollout. */
  readonly stuckBefore?: string;
  /** What helps it along while it is followed; it tells what it waits for. */
  readonly help?: (() => Promise<string | undefined>) | undefined;
}

/** What following has seen so far; kept over attempts. */
interface Seen {
  readonly since: number;
  readonly progressAt: number;
  readonly progress: string;
  readonly trouble?: string;
  readonly troubleSince?: number;
}

/**
 * Follows a rollout to its end: all pods are of the new template and ready; or it can't come to that, with the
 * reason; or somebody else has taken over. An API server that is away for a while is waited for. A later attempt
 * goes on where the last one was.
 */
export async function followRollout(tools: Tools, following: Following): Promise<RolloutEnd> {
  const { journal, context, sleep } = tools;
  const clock = (): number => context.now().getTime();
  let seen = seenBefore(journal.notes.follow) ?? { since: clock(), progressAt: clock(), progress: '' };
  let waits: string | undefined;
  for (;;) {
    const state = await unlessAway(() => stateOf(tools, following));
    if (state !== undefined) {
      seen = advanced(seen, state, clock());
      const end = judge(state, seen, following, clock());
      if (end)
        return end.end === 'failed' && waits !== undefined ? { ...end, said: `${end.said}; ${waits}` } : end;
      waits = await unlessAway(async () => following.help?.());
    }
    journal.note({ phase: 'rolling out', said: waits ?? seen.progress, follow: { ...seen } });
    await sleep(everyMs);
  }
}

/** What one reading of a rollout says. */
export interface RolloutState {
  /** Why it is not through, or undefined. */
  readonly rollout: string | undefined;
  readonly replicas: number;
  readonly ready: number;
  readonly updated: number;
  readonly paused: boolean;
  readonly mine: boolean;
  /** Its controller says that its deadline has passed. */
  readonly stuck: boolean;
  readonly trouble: Trouble | undefined;
  /** What the pods that are not ready say. */
  readonly notReady: string;
}

async function stateOf(tools: Tools, following: Following): Promise<RolloutState> {
  const { ref, uid, mine, stuckBefore } = following;
  const workload = await readObject(tools, ref, uid);
  const { rollout, replicas, readyReplicas, updatedReplicas, paused } = rolloutOf(workload, ref.kind);
  const through = rollout === undefined && readyReplicas >= replicas;
  // Until its controller has seen the template, what it calls new are pods of the one before: maybe the very bad ones.
  const pods = through || !observed(workload) ? [] : await newPodsOf(tools, ref, workload);
  const stuckAt = stuckTime(workload);
  return {
    rollout: through ? undefined : (rollout ?? `${readyReplicas} of ${replicas} pods are ready`),
    replicas,
    ready: readyReplicas,
    updated: updatedReplicas,
    paused,
    mine: mine(workload),
    stuck: stuckAt !== undefined && stuckAt !== stuckBefore && observed(workload),
    trouble: troubleOf(pods) ?? noPods(workload),
    notReady: notReadyWords(pods),
  };
}

function observed({ metadata, status }: Workload): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
}

/** When a Deployment's controller called its rollout stuck, if it does. */
export function stuckTime(workload: Workload): string | undefined {
  const condition = (workload as V1Deployment).status?.conditions?.find(
    ({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded',
  );
  return iso(condition?.lastUpdateTime);
}

/** The controller may not make pods at all: a quota, an admission policy. */
function noPods(workload: Workload): Trouble | undefined {
  const condition = (workload as V1Deployment).status?.conditions?.find(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  );
  if (condition === undefined) return undefined;
  return {
    why: 'noPods',
    pod: '',
    said: `its controller may not make pods: ${condition.message ?? condition.reason ?? 'no reason given'}`,
    patienceSeconds: 30,
  };
}

/** Progress is any movement of its counts; a trouble lasts for as long as it is the same one. */
export function advanced(seen: Seen, state: RolloutState, now: number): Seen {
  const progress = `${state.updated} of ${state.replicas} replaced, ${state.ready} ready`;
  const moved = progress !== seen.progress;
  const trouble = state.trouble && `${state.trouble.why} ${state.trouble.pod}`;
  const same = trouble !== undefined && trouble === seen.trouble;
  return {
    since: seen.since,
    progress,
    progressAt: moved ? now : seen.progressAt,
    ...(trouble !== undefined && { trouble, troubleSince: same ? (seen.troubleSince ?? now) : now }),
  };
}

/** Whether it has come to an end, and to which. */
export function judge(
  state: RolloutState,
  seen: Seen,
  { progressSeconds }: Pick<Following, 'progressSeconds'>,
  now: number,
): RolloutEnd | undefined {
  const { trouble } = state;
  if (!state.mine) return { end: 'superseded', said: 'somebody else has changed the template meanwhile' };
  if (state.replicas === 0) return { end: 'superseded', said: 'somebody has scaled it to 0 meanwhile' };
  if (state.rollout === undefined)
    return {
      end: 'done',
      words: `${state.ready} of ${state.replicas} pods are replaced and ready`,
      seconds: Math.round((now - seen.since) / 1000),
    };
  if (state.paused)
    return { end: 'failed', why: 'paused', said: 'somebody has paused its rollouts', deadline: false };
  const waited = (now - seen.progressAt) / 1000;
  const deadline = state.stuck || waited > progressSeconds + afterTheController;
  const lasts = (now - (seen.troubleSince ?? now)) / 1000;
  if (trouble !== undefined && (deadline || lasts >= trouble.patienceSeconds))
    return {
      end: 'failed',
      why: trouble.why,
      said: trouble.pod === '' ? trouble.said : `pod ${trouble.pod}: ${trouble.said}`,
      deadline,
      ...(trouble.pod !== '' && { pod: trouble.pod }),
    };
  return deadline ? { end: 'failed', why: 'neverReady', said: state.notReady, deadline } : undefined;
}

function seenBefore(notes: unknown): Seen | undefined {
  if (!isObject(notes as JsonObject)) return undefined;
  const { since, progressAt, progress, trouble, troubleSince } = notes as JsonObject;
  if (typeof since !== 'number' || typeof progressAt !== 'number' || typeof progress !== 'string')
    return undefined;
  return {
    since,
    progressAt,
    progress,
    ...(typeof trouble === 'string' && { trouble }),
    ...(typeof troubleSince === 'number' && { troubleSince }),
  };
}

/** A reading, or undefined where the API server can't be reached now. */
export async function unlessAway<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (failureType(error) === 'Unreachable') return undefined;
    throw error;
  }
}
