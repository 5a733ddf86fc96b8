/** What the archiver remembers from run to run, and the rules by which a run is planned. All times are ISO, UTC. */

/** A closed incident's run, as Temporal's list has it. */
export interface ClosedRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly closedAt: string;
}

/** One that is not in the archive, and why. */
export interface NotArchived extends ClosedRun {
  readonly why: string;
}

/** How long bundles stay. Absent: for ever, and whatever the size. */
export interface ArchiveRetention {
  readonly seconds?: number;
  readonly bytes?: number;
}

/** The argument of the archiver's schedule. */
export interface ArchiverInput {
  readonly everySeconds: number;
  readonly retention: ArchiveRetention;
  /** Which configuration the schedule comes from: `host:/etc/nightshift.yaml`. */
  readonly owner: string;
  /** How long trouble with the folder is borne by one run, seconds; ten minutes. */
  readonly patienceSeconds?: number;
}

/** What a run leaves to the next one: it lies in Temporal, as part of the run's result. */
export interface ArchiverState {
  /** When the run began, by Temporal's clock. */
  readonly at: string;
  /** Whatever closed before this is in the archive, as far as was known. */
  readonly cursor?: string;
  /** When everything that Temporal has was last compared with the archive, and not only what is new. */
  readonly sweptAt?: string;
  /** The newest bundle written: where it is missing, the folder is another one or was emptied. */
  readonly newest?: ClosedRun;
  /** Whatever closed until then was pruned, and is not archived again. */
  readonly prunedUntil?: string;
  /** How long the namespace keeps closed incidents, seconds. */
  readonly namespaceSeconds?: number;
  /** The run wrote something, and pruned none of it: the next one looks at the size. */
  readonly pruneDue?: boolean;
  /** When people were last told that incidents may be lost. */
  readonly escalatedAt?: string;
}

/** What came of one run. Counts are of incidents. */
export interface ArchiverResult {
  readonly state: ArchiverState;
  readonly written: number;
  /** Found in the archive already. */
  readonly there: number;
  readonly failed: number;
  /** The oldest of the failed, at most `shownFailures`. */
  readonly failures: readonly NotArchived[];
  readonly pruned: number;
  readonly prunedBytes: number;
  /** Why the run did not come to its end: the folder is full, read-only, gone. */
  readonly trouble?: string;
}

export const shownFailures = 20;

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * Seconds before the cursor that are looked at again: visibility may list an incident later than one that closed
 * after it. What comes later still is found by the daily sweep.
 */
const overlapSeconds = hour;

export interface RunPlan {
  /** Only what closed since; absent: everything that Temporal has. */
  readonly since?: string;
  /** Whether bundles may be pruned for their age. */
  readonly mayPruneByAge: boolean;
}

/** What a run looks at: what is new, and once a day everything. `now` in milliseconds, by Temporal's clock. */
export function planRun(before: ArchiverState | undefined, everySeconds: number, now: number): RunPlan {
  const swept = before?.sweptAt;
  const due = swept === undefined || Math.abs(now - Date.parse(swept)) >= day * 1000;
  const cursor = before?.cursor;
  // A cursor that is yet to come is of a clock that was ahead: what closes now would lie before it.
  const known = cursor !== undefined && Date.parse(cursor) <= now;
  const since = due || !known ? undefined : earlier(cursor, overlapSeconds);
  return {
    mayPruneByAge: clockIsPlausible(before, everySeconds, now),
    ...(since !== undefined && { since }),
  };
}

/**
 * A clock that has leapt (a dead battery, a wrong time server) would make every bundle look old. So pruning for age
 * needs two runs, one soon after the other, that agree about the time.
 */
function clockIsPlausible(before: ArchiverState | undefined, everySeconds: number, now: number): boolean {
  if (!before) return false;
  const passed = now - Date.parse(before.at);
  return passed >= 0 && passed <= Math.max(2 * day, 3 * everySeconds) * 1000;
}

/** ISO time so many seconds before another. */
export function earlier(iso: string, seconds: number): string {
  return new Date(Date.parse(iso) - seconds * 1000).toISOString();
}

/** True where the retention no longer wants it, or it was pruned before: it is not archived. */
export function isPast(
  closedAt: string,
  { keepSeconds, prunedUntil }: { readonly keepSeconds?: number; readonly prunedUntil?: string },
  now: number,
): boolean {
  // Where it is yet to come, a clock was ahead when it was pruned: it would keep everything out until then.
  const until = prunedUntil === undefined ? Number.NaN : Date.parse(prunedUntil);
  if (until <= now && Date.parse(closedAt) <= until) return true;
  return keepSeconds !== undefined && Date.parse(closedAt) < now - keepSeconds * 1000;
}

/** People are told this long before an incident is lost: three days, or a quarter of a short retention. */
export function warningSeconds(namespaceSeconds: number): number {
  return Math.min(3 * day, namespaceSeconds / 4);
}

/** When Temporal may forget what closed then. */
export function lostAt(closedAt: string, namespaceSeconds: number): Date {
  return new Date(Date.parse(closedAt) + namespaceSeconds * 1000);
}

/** True where people must hear of it now; at most once a day. */
export function mustTell(
  oldest: string,
  { namespaceSeconds, escalatedAt }: Pick<ArchiverState, 'namespaceSeconds' | 'escalatedAt'>,
  now: number,
): boolean {
  if (namespaceSeconds === undefined) return false;
  if (escalatedAt !== undefined && Math.abs(now - Date.parse(escalatedAt)) < day * 1000) return false;
  return lostAt(oldest, namespaceSeconds).getTime() - now < warningSeconds(namespaceSeconds) * 1000;
}

/** A sentence where the archiver runs too seldom for the retention of the namespace, else undefined. */
export function tooSeldom(everySeconds: number, namespaceSeconds: number): string | undefined {
  if (everySeconds <= warningSeconds(namespaceSeconds) / 4) return undefined;
  return (
    `the archiver runs every ${everySeconds} s, and Temporal keeps closed incidents only ${namespaceSeconds} s: ` +
    'a few runs that fail would lose some'
  );
}

/** A run's result as it was written, or undefined where it is none that this version understands. */
export function resultOf(value: unknown): ArchiverResult | undefined {
  const state = stateOf(value);
  const result = recordOf(value);
  if (!state || !result) return undefined;
  const count = (name: string): number => (typeof result[name] === 'number' ? result[name] : 0);
  const { failures, trouble } = result;
  return {
    state,
    written: count('written'),
    there: count('there'),
    failed: count('failed'),
    failures: Array.isArray(failures) ? failures.flatMap(notArchivedOf) : [],
    pruned: count('pruned'),
    prunedBytes: count('prunedBytes'),
    ...(typeof trouble === 'string' && { trouble }),
  };
}

function notArchivedOf(value: unknown): readonly NotArchived[] {
  const run = closedRunOf(value);
  const why = recordOf(value)?.why;
  return run ? [{ ...run, why: typeof why === 'string' ? why : '' }] : [];
}

function closedRunOf(value: unknown): ClosedRun | undefined {
  const { workflowId, runId, closedAt } = recordOf(value) ?? {};
  const end = timeOf(closedAt);
  if (typeof workflowId !== 'string' || typeof runId !== 'string' || end === undefined) return undefined;
  return { workflowId, runId, closedAt: end };
}

/** The state in a run's result, or undefined where it is none that this version understands. */
export function stateOf(result: unknown): ArchiverState | undefined {
  const state = recordOf(recordOf(result)?.state);
  const at = timeOf(state?.at);
  if (!state || at === undefined) return undefined;
  const { namespaceSeconds, pruneDue } = state;
  const newest = closedRunOf(state.newest);
  return {
    at,
    ...times(state),
    ...(typeof namespaceSeconds === 'number' && { namespaceSeconds }),
    ...(pruneDue === true && { pruneDue }),
    ...(newest && { newest }),
  };
}

function times(state: Readonly<Record<string, unknown>>) {
  const given = (name: 'cursor' | 'sweptAt' | 'prunedUntil' | 'escalatedAt') => {
    const value = timeOf(state[name]);
    return value === undefined ? {} : { [name]: value };
  };
  return { ...given('cursor'), ...given('sweptAt'), ...given('prunedUntil'), ...given('escalatedAt') };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return value !== null && typeof value === 'object' ? { ...value } : undefined;
}

function timeOf(value: unknown): string | undefined {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? value : undefined;
}
