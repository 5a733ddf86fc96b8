import type { Effect } from '../../../model/change.js';
import type { Endpoint } from '../../../model/container.js';
import type { ApplyContext } from '../../adapter.js';
import { failure } from '../../failure.js';
import type { DockerEngine } from '../client.js';
import { type ContainerState, type PlannedContainer, readContainer } from './container-state.js';
import { effect } from './effects.js';
import { containerEvents, engineClock } from './engine-events.js';
import type { Journal } from './journal.js';
import { commandsSent, type RestartNotes } from './restart-notes.js';
import { sendRestart, sendStart } from './restart-send.js';
import { claim, claimStart, restartEpisodes, stoppedByCommand, stopUnderWay } from './restart-story.js';
import { restartEffect } from './restart-tell.js';

/** One container to restart, as it was planned and as the look of this attempt found it. */
export interface RestartPlan extends PlannedContainer {
  readonly stopTimeoutSeconds: number;
  /** Start time by the look that was taken just now, or by the plan. */
  readonly startedAt?: string;
  readonly restartCount?: number;
  /** False: it was not running when it was looked at, so whoever stopped it is known. */
  readonly wasRunning: boolean;
  readonly drain?: { readonly endpoint: Endpoint; readonly key: string };
}

/** What one restart works with. */
export interface RestartWork {
  readonly engine: DockerEngine;
  readonly context: ApplyContext;
  readonly journal: Journal;
  readonly plan: RestartPlan;
  /** What earlier attempts noted of this container. */
  readonly notes: RestartNotes | undefined;
  /** Notes for later attempts; heartbeats. */
  note(notes: RestartNotes): void;
  /** Part of the change was sent already (other containers). */
  readonly begun: boolean;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  readonly fetch?: typeof fetch;
}

/** How often a container that is being waited for is looked at. */
const pollMs = 500;
/** Between the two halves of a restart an engine needs this long at most, unless it lost the second one. */
const betweenHalvesMs = 3000;
/** What an engine needs after the grace time, before the container has ended. */
const afterGraceMs = 2000;

/**
 * Restarts one container, once, whatever earlier attempts and others do. Docker's restart has no key, so every
 * attempt finds out first: a changed start time is ours only if the engine shows a restart that began when ours was
 * sent, and as many restarts as we sent; otherwise something else has restarted it.
 */
export async function restartOne(work: RestartWork): Promise<Effect> {
  const { engine, context, plan } = work;
  const first = await readContainer(engine, plan, context.signal);
  refuse(first, work);
  const notes = notesFor(first, work);
  if (first.startedAt !== notes.startedAtBefore) return moved(first, notes, work);
  if (first.restarting) return sendRestart(first, notes, work);
  const settled = await settle(first, notes, work);
  if (settled.startedAt !== notes.startedAtBefore) return moved(settled, notes, work);
  if (settled.running) return sendRestart(settled, notes, work);
  await refuseStopped(settled, notes, work);
  return sendStart(settled, notes, work);
}

/** States in which a restart does harm or can't be known to have worked. */
function refuse(state: ContainerState, { plan: { name } }: RestartWork): void {
  if (state.paused) {
    throw failure(
      'PreconditionChanged',
      `Container ${name} is paused, and the engine would kill it without its grace time. Unpause it first: docker unpause ${name}`,
    );
  }
  if (state.autoRemove) {
    throw failure(
      'Unsupported',
      `Container ${name} was started with --rm: should the restart be interrupted, it would be gone for good. Run it again without --rm.`,
    );
  }
  if (state.status === 'removing' || state.status === 'dead') {
    throw failure('PreconditionChanged', `Container ${name} is ${state.status}: it is being removed.`);
  }
}

/**
 * The life that is to end. A container in a crash loop starts anew all the time: there an older start time means
 * nothing, and the restart that people approved still goes ahead.
 */
function notesFor(state: ContainerState, { plan, notes }: RestartWork): RestartNotes {
  if (notes && commandsSent(notes).length > 0) return notes;
  const restarts = state.restartCount - (plan.restartCount ?? state.restartCount);
  const looping = state.restarting || restarts > 1;
  const known = notes?.startedAtBefore ?? plan.startedAt ?? state.startedAt;
  return {
    startedAtBefore: looping ? state.startedAt : known,
    restartSent: [],
    startSent: [],
    drained: notes?.drained,
  };
}

/** It has started anew since: by us, or by something else? */
async function moved(state: ContainerState, notes: RestartNotes, work: RestartWork): Promise<Effect> {
  const { engine, context, plan } = work;
  const details = { startedAtBefore: notes.startedAtBefore, startedAtAfter: state.startedAt };
  const since = [...commandsSent(notes)].sort()[0];
  if (since === undefined) {
    const note = `container ${plan.name} was restarted by something else before this was sent: looked at anew`;
    return effect(context, 'superseded', note, details);
  }
  const events = await containerEvents(engine, plan.id, since, context.signal);
  const { ours, others } = claim(restartEpisodes(events), milliseconds(notes.restartSent));
  if (others.length > 0) {
    const note = `container ${plan.name} was restarted by something else at the same time: looked at anew`;
    return effect(context, 'superseded', note, details);
  }
  const episode = ours.at(-1);
  if (episode || claimStart(events, milliseconds(notes.startSent))) {
    return restartEffect({ state, notes, episode, work });
  }
  const note = `container ${plan.name} was started anew, and the engine shows no restart by us: by its own restart policy, by the engine's own restart, or by somebody else`;
  return effect(context, 'superseded', note, details);
}

/**
 * Waits while the container is on its way down, by whosever command. On a retry the whole grace time is waited out:
 * the command of an earlier attempt may be at work without a trace.
 */
async function settle(
  first: ContainerState,
  notes: RestartNotes,
  work: RestartWork,
): Promise<ContainerState> {
  const { context, plan, sleep } = work;
  const graceMs = plan.stopTimeoutSeconds * 1000 + afterGraceMs;
  const limitMs = first.running ? await downMs(first, notes, work, graceMs) : betweenHalvesMs;
  const same = (state: ContainerState): boolean => state.startedAt === first.startedAt;
  let state = first;
  for (let waited = 0; waited < limitMs && same(state) && state.running === first.running; waited += pollMs) {
    await work.journal.whileBeating(sleep(pollMs, context.signal));
    state = await readContainer(work.engine, plan, context.signal);
  }
  // It has come down meanwhile: give whoever stopped it the time to start it again.
  return same(state) && first.running && !state.running && !state.restarting
    ? settle(state, notes, work)
    : state;
}

/** How long it may still take to come down, milliseconds; 0: nothing points to it. */
async function downMs(first: ContainerState, notes: RestartNotes, work: RestartWork, graceMs: number) {
  const { engine, context } = work;
  const lastSent = [...commandsSent(notes)].sort().at(-1);
  if (lastSent !== undefined) {
    const now = Date.parse(await engineClock(engine, context.signal));
    return Math.max(0, graceMs - (now - Date.parse(lastSent)));
  }
  if (context.attempt > 1) return graceMs;
  const events = await containerEvents(engine, first.id, first.startedAt, context.signal);
  return stopUnderWay(events, first.stopSignal) ? graceMs : 0;
}

/** What people stopped by hand while this was on its way stays stopped. */
async function refuseStopped(state: ContainerState, notes: RestartNotes, work: RestartWork): Promise<void> {
  if (!work.plan.wasRunning || commandsSent(notes).length > 0) return;
  const events = await containerEvents(work.engine, state.id, state.startedAt, work.context.signal);
  if (!stoppedByCommand(events)) return;
  throw failure(
    'PreconditionChanged',
    `Container ${state.name} was stopped by somebody else meanwhile. To start it: docker start ${state.name}`,
  );
}

function milliseconds(times: readonly string[]): readonly number[] {
  return times.map((time) => Date.parse(time));
}
