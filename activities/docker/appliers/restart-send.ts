import type { Effect } from '../../../model/change.js';
import { failureType, messageOf } from '../../failure.js';
import { callEndpoint } from '../../service/call.js';
import { type ContainerState, readContainer } from './container-state.js';
import { effect } from './effects.js';
import { containerEvents, engineClock } from './engine-events.js';
import type { RestartNotes } from './restart-notes.js';
import type { RestartWork } from './restart-one.js';
import { claim, restartEpisodes } from './restart-story.js';
import { restartEffect } from './restart-tell.js';

/** What starting may take on a slow engine, besides the grace time, milliseconds. */
const startMs = 45_000;

/** Drains if that was asked for, restarts, and tells what happened. */
export async function sendRestart(
  before: ContainerState,
  notes: RestartNotes,
  work: RestartWork,
): Promise<Effect> {
  const { engine, context, journal, plan, begun } = work;
  const drained = await drain(notes, work);
  if (drained !== notes.drained) {
    const now = await readContainer(engine, plan, context.signal);
    if (now.startedAt !== before.startedAt) {
      const note = `container ${plan.name} was restarted by something else while it was drained: looked at anew`;
      return effect(context, 'superseded', note, { startedAtAfter: now.startedAt });
    }
  }
  const sentAt = await engineClock(engine, context.signal);
  const sent = { ...notes, drained, restartSent: [...notes.restartSent, sentAt] };
  work.note(sent);
  // A drained app must not be left so because the drain took long.
  await journal.confirm({ begun: begun || drained !== undefined });
  const from = performance.now();
  await command(`restart container ${plan.name}`, notes, work, (container, abortSignal) =>
    // Not the activity's signal: an engine whose client goes away may lose the second half.
    container.restart({ t: plan.stopTimeoutSeconds, abortSignal }),
  );
  const tookMs = Math.round(performance.now() - from);
  const state = await readContainer(engine, plan, context.signal);
  return settled(state, sent, work, tookMs);
}

/** Our command was answered. Was it the only one? */
async function settled(
  state: ContainerState,
  notes: RestartNotes,
  work: RestartWork,
  tookMs: number,
): Promise<Effect> {
  const { engine, context, plan } = work;
  const details = { startedAtBefore: notes.startedAtBefore, startedAtAfter: state.startedAt };
  if (state.startedAt === notes.startedAtBefore) {
    const note = `the engine took the restart of ${plan.name} for done, but it did not start anew`;
    return effect(context, 'nothing', note, details);
  }
  const since = notes.restartSent[0] ?? '';
  // What is only for the telling must not make a restart that has happened look like one that failed.
  const events = await containerEvents(engine, plan.id, since, context.signal).catch(() => []);
  const sentAt = notes.restartSent.map((time) => Date.parse(time));
  const { ours, others } = claim(restartEpisodes(events), sentAt);
  if (ours.length > 0 && others.length > 0) {
    const note = `container ${plan.name} was restarted by something else at the same time: looked at anew`;
    return effect(context, 'superseded', note, details);
  }
  return restartEffect({ state, notes, episode: ours.at(-1), work, tookMs });
}

/**
 * Starts a container that is stopped: because it ended by itself, or because an engine lost the second half of our
 * restart. The latter is finished whatever the not-after time: our own command has stopped it.
 */
export async function sendStart(
  before: ContainerState,
  notes: RestartNotes,
  work: RestartWork,
): Promise<Effect> {
  const { engine, context, journal, plan, begun } = work;
  const sentAt = await engineClock(engine, context.signal);
  const sent = { ...notes, startSent: [...notes.startSent, sentAt] };
  work.note(sent);
  if (notes.restartSent.length === 0) await journal.confirm({ begun });
  const from = performance.now();
  const started = await command(`start container ${plan.name}`, notes, work, (container, abortSignal) =>
    container.start({ abortSignal }).then(() => true, alreadyRunning),
  );
  const tookMs = Math.round(performance.now() - from);
  const state = await readContainer(engine, plan, context.signal);
  if (!started) {
    const note = `container ${plan.name} had stopped, and something else started it: looked at anew`;
    return effect(context, 'superseded', note, { startedAtAfter: state.startedAt });
  }
  return restartEffect({ state, notes: sent, stopped: before, episode: undefined, work, tookMs });
}

type Container = ReturnType<RestartWork['engine']['docker']['getContainer']>;

/** One mutating command, with a time limit beyond the container's grace time. */
async function command<T>(
  what: string,
  notesBefore: RestartNotes,
  { engine, journal, plan, note }: RestartWork,
  run: (container: Container, abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeoutMs = plan.stopTimeoutSeconds * 1000 + startMs;
  try {
    const work = engine.call(what, (docker, abort) => run(docker.getContainer(plan.id), abort), {
      timeoutMs,
    });
    return await journal.whileBeating(work);
  } catch (error) {
    // No connection, so nothing was sent: a later restart by somebody else must not be taken for ours.
    if (neverArrived(error)) note(notesBefore);
    throw error;
  }
}

function neverArrived(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  const code: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : undefined;
  return code === 'ECONNREFUSED' || code === 'ENOENT' || code === 'EACCES';
}

/** 304: somebody else was quicker. */
function alreadyRunning(error: unknown): false {
  if (error instanceof Error && Reflect.get(error, 'statusCode') === 304) return false;
  throw error;
}

/** Asks the app to end what it is at. A drain that fails is told, and doesn't stop the restart. */
async function drain(notes: RestartNotes, work: RestartWork): Promise<string | undefined> {
  const { plan, context, journal, begun } = work;
  if (plan.drain === undefined || notes.drained !== undefined) return notes.drained;
  const { endpoint, key } = plan.drain;
  await journal.confirm({ begun });
  const { signal } = context;
  const call = callEndpoint(endpoint, {
    idempotencyKey: key,
    signal,
    secret: (name) => context.secret(name),
    fetch: work.fetch,
  });
  const drained = await journal.whileBeating(call).then(
    ({ tookMs }) => `drained in ${Math.round(tookMs / 100) / 10} s`,
    (error: unknown) => {
      signal.throwIfAborted();
      if (failureType(error) === 'Misconfigured') throw error;
      return `not drained: ${messageOf(error)}`;
    },
  );
  work.note({ ...notes, drained });
  return drained;
}
