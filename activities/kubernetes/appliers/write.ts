import { failure, failureType, messageOf } from '../../failure.js';
import type { PatchType } from '../client.js';
import type { Tools } from './tools.js';

/** As the API server notes it beside every field that we set. */
const manager = 'nightshift';
/**
 * Status and annotations are written all the time, so a conflict says only that something was: what was read is
 * read again, and judged again. So many times; then somebody is at work there whom we don't want to race.
 */
const mostConflicts = 20;

/** One patch. `body` names the `resourceVersion` that it was made for, so that only one of two can have an effect. */
export interface Write {
  readonly path: string;
  readonly body: unknown;
  readonly type: PatchType;
}

/** An object that is set by compare-and-swap. */
export interface Compare<T> {
  readonly read: () => Promise<T>;
  /** What is to be sent, for what was just read; `done`: nothing. Throws where it may not be set any more. */
  readonly judge: (now: T) => Write | 'done';
  /** A part of this change was sent before: its not-after time no longer stops this one. */
  readonly begun?: boolean;
}

export interface Compared<T> {
  /** As read where it was done, else as the API server answered. */
  readonly now: T;
  /** True: written by this attempt. */
  readonly written: boolean;
}

/**
 * Reads, judges, confirms, writes; from the start again where somebody else has written in between. Throws
 * `PreconditionChanged` where that has no end, and `Unreachable` where the answer was lost: the next attempt reads
 * what became of it.
 */
export async function compareAndSet<T>(
  tools: Tools,
  { read, judge, begun }: Compare<T>,
): Promise<Compared<T>> {
  for (let conflicts = 0; conflicts < mostConflicts; conflicts += 1) {
    const now = await read();
    const write = judge(now);
    if (write === 'done') return { now, written: false };
    await tools.journal.confirm(begun === undefined ? undefined : { begun });
    const answer = await patch<T>(tools, write);
    if (answer !== 'conflict') return { now: answer, written: true };
    await tools.sleep(50 * (conflicts + 1));
  }
  throw failure(
    'PreconditionChanged',
    `It was changed by others ${mostConflicts} times while this was to be set: somebody is at work there.`,
  );
}

/** What is on its way is not called back when the activity is cancelled: its answer says what it did. */
const itsOwn = new AbortController().signal;

async function patch<T>({ cluster }: Tools, { path, body, type }: Write): Promise<T | 'conflict'> {
  try {
    return await cluster.patch<T>(managed(path), body, type, { signal: itsOwn });
  } catch (error) {
    if (failureType(error) === 'PreconditionChanged') return 'conflict';
    throw refusedByAdmission(error) ?? error;
  }
}

export function managed(path: string): string {
  return `${path}?fieldManager=${manager}`;
}

/** Quotas, LimitRanges and admission policies answer 403, too: it is no right that is missing there. */
export function refusedByAdmission(error: unknown) {
  const message = messageOf(error);
  if (failureType(error) !== 'PermissionDenied') return undefined;
  if (
    !/exceeded quota|(maximum|minimum) memory usage|limit ratio|denied request|denied the request/i.test(
      message,
    )
  )
    return undefined;
  return failure('Unsupported', message.replace(/ nightshift doctor .*$/, ''), error);
}
