import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { builtBundle, bundle } from '../../worker/bundle.js';
import { readRecording } from '../recording.js';
import { load, type Pointer } from '../sources.js';
import { Hand } from './hand.js';
import type { Task } from './messages.js';
import { besides } from './pair.js';
import type { Backtested, CandidatePolicy } from './types.js';

export interface BacktestOptions {
  /** Modules (absolute paths) that export a `runbook`, beside the shipped ones. One of a shipped name replaces it. */
  readonly modules?: readonly string[];
  /** File of a bundle that was made before; then `modules` says nothing. */
  readonly codePath?: string;
  readonly policy?: CandidatePolicy;
  /** Child processes; default one a core, at most four. */
  readonly jobs?: number;
  /** Seconds that one recording may take; 60. */
  readonly stuckSeconds?: number;
  readonly signal?: AbortSignal;
  /** Where recordings lie on a server. */
  readonly client?: Client;
}

const defaultStuckSeconds = 60;

/**
 * Works every recording again, in child processes that share one bundle, and tells each as it is done: the order is
 * that of their ends. No more is kept than is being worked. Aborted, it ends early. Throws `CannotBacktest`,
 * `TemporalUnreachable`.
 */
export async function* backtestAll(
  pointers: AsyncIterable<Pointer> | Iterable<Pointer>,
  options: BacktestOptions = {},
): AsyncGenerator<Backtested> {
  const { policy, signal, jobs = Math.min(4, Math.max(1, availableParallelism())) } = options;
  const code = await bundleFile(options);
  const { stuckSeconds = defaultStuckSeconds } = options;
  const hands = Array.from(
    { length: jobs },
    () => new Hand({ codePath: code.path, stuckSeconds, ...(policy && { policy }) }),
  );
  const stop = (): void => {
    for (const hand of hands) hand.stop();
  };
  signal?.addEventListener('abort', stop, { once: true });
  try {
    yield* spread(tasksOf(pointers, options.client), hands, signal);
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
    await code.remove();
  }
}

/** Each hand takes the next task when its last one has been told. */
async function* spread(
  tasks: AsyncGenerator<Task | Backtested>,
  hands: readonly Hand[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Backtested> {
  const take = async (hand: Hand): Promise<{ readonly hand: Hand; readonly done?: Backtested }> => {
    const { value: task, done } = await tasks.next();
    if (done || signal?.aborted) return { hand };
    return { hand, done: 'left' in task || 'pair' in task ? task : await worked(hand, task) };
  };
  const under = new Map(hands.map((hand) => [hand, take(hand)]));
  while (under.size > 0) {
    const { hand, done } = await Promise.race(under.values());
    if (signal?.aborted) return;
    if (!done) under.delete(hand);
    else {
      under.set(hand, take(hand));
      yield done;
    }
  }
}

/** A candidate that kills or holds up its process has failed on that recording. */
async function worked(hand: Hand, task: Task): Promise<Backtested> {
  const done = await hand.work(task);
  if (!('died' in done)) return done;
  const { name } = task;
  const failed = { facts: [], stretchedSeconds: 0, failed: done.died };
  const recording =
    'file' in task ? await readRecording(task.file, name).catch(() => undefined) : task.recording;
  return recording ? besides(recording, () => Promise.resolve(failed)) : { name, left: done.died };
}

/** What lies on the server is fetched here, where it is known; files are read by the children. */
async function* tasksOf(
  pointers: AsyncIterable<Pointer> | Iterable<Pointer>,
  client: Client | undefined,
): AsyncGenerator<Task | Backtested> {
  for await (const pointer of pointers) {
    const { name } = pointer;
    if (pointer.kind === 'file') yield { name, file: pointer.file };
    else
      yield await load(pointer, client).then(
        (recording) => ({ name, recording }),
        (error: Error) => {
          if (error.name === 'TemporalUnreachable') throw error;
          return { name, left: error.message, unreadable: true };
        },
      );
  }
}

/** The bundle as a file that all children can load: as built, or made now. */
async function bundleFile({ codePath, modules = [] }: BacktestOptions) {
  const there = codePath ?? (modules.length === 0 && existsSync(builtBundle) ? builtBundle : undefined);
  if (there !== undefined) return { path: there, remove: async () => undefined };
  const folder = await mkdtemp(join(tmpdir(), 'nightshift-backtest-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, 'workflow-bundle.js');
    await writeFile(path, await bundle(modules));
    return { path, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
