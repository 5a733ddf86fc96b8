import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtReplayBundle, bundle } from '../worker/bundle.js';
import { replayTasks } from './crew.js';
import { load, type Pointer, pointersOf, type Sources } from './sources.js';
import type { Task } from './tasks.js';
import type { Verdict } from './verdict.js';

export interface ReplayOptions {
  /** Child processes; default one a core, at most four. */
  readonly jobs?: number;
  /** Modules (absolute paths) that export a `runbook`, beside the shipped ones. One of a shipped name replaces it. */
  readonly modules?: readonly string[];
  /** File of a bundle that was made already, with the witness in it: instead of the shipped workflows and `modules`. */
  readonly codePath?: string;
  /** Seconds that one recording may take; 60. */
  readonly stuckSeconds?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

export interface Progress {
  /** Undefined while the sources are still being listed. */
  readonly all?: number;
  readonly done: number;
}

/** What the replay of many came to. */
export interface ReplaySum {
  /** Recordings found. */
  readonly found: number;
  /** Those that were replayed, whatever came of it. */
  readonly replayed: number;
  readonly same: number;
  /** Of these, those whose facts could not be compared. */
  readonly onlyCommands: number;
  readonly otherwise: number;
  readonly diverged: number;
  readonly unreadable: number;
  readonly crashed: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly jobs: number;
  /** True: it was broken off, and the figures are of what was done until then. */
  readonly interrupted: boolean;
  /** All that is not the same, in the order of the sources. */
  readonly verdicts: readonly Verdict[];
}

const defaultStuckSeconds = 60;

/** So many child processes where nobody says how many. */
export function defaultJobs(): number {
  return Math.min(4, Math.max(1, availableParallelism()));
}

/**
 * Replays every recording of the sources through today's workflow code, in child processes that share one bundle.
 * What can't be read is a verdict of its own. Aborted, it returns what was done so far. Throws `NoSuchSource`,
 * `TemporalUnreachable`, `CannotReplay`.
 */
export async function replayAll(sources: Sources, options: ReplayOptions = {}): Promise<ReplaySum> {
  const { jobs = defaultJobs(), signal, onProgress = () => undefined } = options;
  const tally = new Tally();
  const pointers: Pointer[] = [];
  const onBad = (name: string, error: Error): void => tally.add(-1, unreadable(name, error));
  onProgress({ done: 0 });
  for await (const pointer of pointersOf(sources, onBad)) {
    if (signal?.aborted) break;
    pointers.push(pointer);
  }
  onProgress({ all: pointers.length, done: tally.done });
  let began = performance.now();
  if (pointers.length > 0 && !signal?.aborted) {
    const code = await bundleFile(options);
    began = performance.now();
    const told = (n: number, verdict: Verdict): void => {
      tally.add(n, verdict);
      onProgress({ all: pointers.length, done: tally.done });
    };
    try {
      const { stuckSeconds = defaultStuckSeconds } = options;
      const crew = { codePath: code.path, jobs: Math.min(jobs, pointers.length), stuckSeconds };
      await replayTasks(taskSource(pointers, sources, told), { ...crew, ...(signal && { signal }) }, told);
    } finally {
      await code.remove();
    }
  }
  const seconds = (performance.now() - began) / 1000;
  return tally.sum({ found: pointers.length, seconds, jobs, interrupted: signal?.aborted ?? false });
}

/** Hands out one pointer after the other; what must be fetched from the server is fetched here, where it is known. */
function taskSource(
  pointers: readonly Pointer[],
  { client }: Sources,
  told: (n: number, verdict: Verdict) => void,
) {
  let n = 0;
  return async (): Promise<Task | undefined> => {
    for (;;) {
      const at = n++;
      const pointer = pointers[at];
      if (!pointer) return undefined;
      const { name } = pointer;
      if (pointer.kind === 'file') return { n: at, name, file: pointer.file };
      try {
        return { n: at, name, recording: await load(pointer, client) };
      } catch (error) {
        if (error instanceof Error && error.name === 'TemporalUnreachable') throw error;
        told(at, unreadable(name, error));
      }
    }
  };
}

function unreadable(name: string, error: unknown): Verdict {
  const why = error instanceof Error ? error.message : String(error);
  return {
    name,
    end: 'unreadable',
    why,
    ...(error instanceof Error && 'mend' in error && { mend: String(error.mend) }),
  };
}

/** The bundle as a file that all children can load: as built, or made now. */
async function bundleFile({ codePath, modules = [] }: ReplayOptions) {
  if (codePath !== undefined) return { path: codePath, remove: async () => undefined };
  if (modules.length === 0 && existsSync(builtReplayBundle))
    return { path: builtReplayBundle, remove: async () => undefined };
  const folder = await mkdtemp(join(tmpdir(), 'nightshift-replay-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, 'replay-bundle.js');
    await writeFile(path, await bundle(modules, { witnessed: true }));
    return { path, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Counts, and keeps only what somebody will want to read. */
class Tally {
  private readonly counts = { same: 0, otherwise: 0, diverged: 0, unreadable: 0, crashed: 0 };
  private readonly kept: { readonly n: number; readonly verdict: Verdict }[] = [];
  private onlyCommands = 0;

  add(n: number, verdict: Verdict): void {
    this.counts[verdict.end] += 1;
    if (verdict.end !== 'same') this.kept.push({ n, verdict });
    else if (verdict.onlyCommands !== undefined) this.onlyCommands += 1;
  }

  get done(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  sum(rest: Pick<ReplaySum, 'found' | 'seconds' | 'jobs' | 'interrupted'>): ReplaySum {
    const { same, otherwise, diverged } = this.counts;
    const replayed = same + otherwise + diverged;
    return {
      ...rest,
      ...this.counts,
      replayed,
      onlyCommands: this.onlyCommands,
      perSecond: rest.seconds > 0 ? replayed / rest.seconds : 0,
      verdicts: this.kept.toSorted((a, b) => a.n - b.n).map(({ verdict }) => verdict),
    };
  }
}
