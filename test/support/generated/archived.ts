import type { Client } from '@temporalio/client';
import type { Archive } from '../../../archive/index.js';
import type { ArchiverResult } from '../../../model/archiver.js';
import { createArchiveActivities } from '../../../worker/archiver/activities.js';
import { archiverParts } from '../../../worker/archiver/parts.js';
import { ensureSchedule } from '../../../worker/archiver/schedule.js';
import { scheduleIds } from '../../../workflows/contract.js';
import { archiverRun } from '../closed.js';

/** The real archiver's activities, over that folder. */
export function archiverInto(client: Client, archive: Archive) {
  const gauges = { batch: () => undefined, failed: () => undefined };
  const unasked = (): never => {
    throw new Error('the configuration is not asked');
  };
  return createArchiveActivities({ ...archiverParts(client, unasked), archive: () => archive, gauges });
}

/** What the first run of the archiver's schedule came to, and another one after it. */
export async function archivedTwice(client: Client): Promise<readonly [ArchiverResult, ArchiverResult]> {
  await ensureSchedule(client, { everySeconds: 3600, retention: {}, owner: 'test:nightshift.yaml' });
  const first = await archiverRun(client, 1);
  await client.schedule.getHandle(scheduleIds.archiver).trigger('SKIP');
  return [first.result, (await archiverRun(client, 2)).result];
}
