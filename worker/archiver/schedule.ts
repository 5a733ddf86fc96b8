import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import { describeSchedule } from '../../archive/standing.js';
import { reach } from '../../client/temporal.js';
import type { ArchiveSettings } from '../../config/types.js';
import type { ArchiverInput } from '../../model/archiver.js';
import { canonicalJson, type Json } from '../../model/json.js';
import { scheduleIds, taskQueues, workflowIds, workflowTypes } from '../../workflows/contract.js';

/** Milliseconds that one call to Temporal may take. */
const callLimitMs = 5_000;
/** How the note of a pause begins that is our own: no person's pause is ever lifted. */
const ourPause = 'Paused by Nightshift: ';

/** What the schedule was found to be, or made to be. */
export type Ensured = 'created' | 'updated' | 'resumed' | 'as configured' | 'paused by a person';

/** What the schedule is to start, by this configuration. */
export function inputOf(
  { everySeconds, keepSeconds, maxBytes }: ArchiveSettings,
  owner: string,
): ArchiverInput {
  const retention = {
    ...(keepSeconds !== undefined && { seconds: keepSeconds }),
    ...(maxBytes !== undefined && { bytes: maxBytes }),
  };
  return { everySeconds, retention, owner };
}

/**
 * Creates the archiver's schedule, or changes it to what is wanted. Can be called as often and by as many as one
 * likes: the last one wins, except where `settings` is `keep`, which changes none that another one made: it only makes
 * good what is missing. Throws `TemporalUnreachable`, and `NotOurs` where something else has its name.
 */
export async function ensureSchedule(
  client: Client,
  input: ArchiverInput,
  settings: 'change' | 'keep' = 'change',
): Promise<Ensured> {
  const found = await describeSchedule(client);
  if (!found) {
    if (await create(client, input)) return 'created';
    // Another worker was quicker.
    return ensureSchedule(client, input, settings);
  }
  if (!found.input) throw new NotOurs();
  const { paused, note = '' } = found.description.state;
  const retired = paused && note.startsWith(ourPause);
  const same =
    settings === 'keep' || canonicalJson(withoutOwner(found.input)) === canonicalJson(withoutOwner(input));
  // Whoever resumes it owns it: the one that paused it may not do so again.
  if (retired || !same) await update(client, input, retired);
  if (retired) return 'resumed';
  if (paused) return 'paused by a person';
  return same ? 'as configured' : 'updated';
}

/** Something that is not the archiver's schedule has its id. */
export class NotOurs extends Error {
  override readonly name = 'NotOurs';
  readonly mend = `Delete or rename it: temporal schedule delete --schedule-id ${scheduleIds.archiver}`;
  constructor() {
    super(`the schedule ${scheduleIds.archiver} in this namespace starts something else than the archiver`);
  }
}

/**
 * Where the schedule stems from this configuration, which has no archive any more, it is paused: incidents are not
 * fetched by nobody, and what is archived stays. Another owner's is left alone. True where it was paused now.
 */
export async function retireSchedule(client: Client, owner: string): Promise<boolean> {
  const found = await describeSchedule(client);
  if (!found || found.input?.owner !== owner || found.description.state.paused) return false;
  const handle = client.schedule.getHandle(scheduleIds.archiver);
  await reach(client, callLimitMs, () => handle.pause(`${ourPause}${owner} has no archive any more`));
  return true;
}

/** Two workers with the same settings agree, whichever of them came last. */
function withoutOwner({ everySeconds, retention, patienceSeconds = 0 }: ArchiverInput): Json {
  return { everySeconds, retention: { ...retention }, patienceSeconds };
}

/** Creates the schedule and has it begin at once. False: it was there already. */
async function create(client: Client, input: ArchiverInput): Promise<boolean> {
  try {
    const handle = await reach(client, callLimitMs, () =>
      client.schedule.create({ scheduleId: scheduleIds.archiver, ...planOf(input) }),
    );
    // Not by `triggerImmediately`: such a run is nobody's predecessor, and what it remembers would be lost.
    await reach(client, callLimitMs, () => handle.trigger(ScheduleOverlapPolicy.SKIP));
    return true;
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return false;
    throw error;
  }
}

/** In one call: an update and an unpausing that reach the server together are not taken in their order. */
async function update(client: Client, input: ArchiverInput, resume: boolean): Promise<void> {
  const handle = client.schedule.getHandle(scheduleIds.archiver);
  const resumed = { paused: false, note: `configured again by ${input.owner}` };
  await reach(client, callLimitMs, () =>
    handle.update(({ state }) => ({ ...planOf(input), state: resume ? resumed : state })),
  );
}

function planOf(input: ArchiverInput) {
  const every = input.everySeconds * 1000;
  return {
    spec: { intervals: [{ every }] },
    action: {
      type: 'startWorkflow' as const,
      workflowType: workflowTypes.archiver,
      workflowId: workflowIds.archiver,
      taskQueue: taskQueues.workflows,
      args: [input],
      staticSummary: 'closed incidents into the archive',
    },
    policies: {
      overlap: ScheduleOverlapPolicy.SKIP,
      // After a time in which nothing ran, one run is made up for: it takes all that has closed meanwhile.
      catchupWindow: Math.max(every, 60_000),
    },
  };
}
