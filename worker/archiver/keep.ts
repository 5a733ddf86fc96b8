import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { describeSchedule, namespaceSeconds } from '../../archive/standing.js';
import { tooSeldom } from '../../model/archiver.js';
import type { CurrentConfig } from '../registry.js';
import { ensureSchedule, inputOf, retireSchedule } from './schedule.js';

/** How often the configuration is compared with what is in force, milliseconds. */
const compareMs = 30_000;
/** So often the schedule itself is looked at, though nothing changed here: somebody may have deleted or changed it. */
const everyComparisons = 10;

export interface ArchiverKeeper {
  stop(): Promise<void>;
}

/**
 * Keeps the archiver's schedule as the configuration has it while the worker runs: at once, after a change, and again
 * after a failure. Trouble is logged; it never ends the worker.
 */
export function keepArchiver(options: {
  readonly client: Client;
  readonly config: CurrentConfig;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** False: this worker began without an archive, and serves none until it is started again. */
  readonly serves: boolean;
}): ArchiverKeeper {
  const { client, config, logger, serves } = options;
  let inForce: string | undefined;
  let comparisons = 0;
  const compare = async (): Promise<void> => {
    const { archive, file } = config();
    const wanted = JSON.stringify(archive ?? null);
    comparisons += 1;
    const changed = wanted !== inForce;
    if (!changed && comparisons % everyComparisons !== 0) return;
    try {
      const owner = `${hostname()}:${file}`;
      if (!archive) await retire(client, owner, logger);
      else if (serves) await ensure(client, archive, owner, changed, logger);
      else
        logger.warn(
          { folder: archive.folder },
          'an archive is configured now: start this worker again to serve it',
        );
      inForce = wanted;
    } catch (error) {
      logger.warn({ err: error }, "the archiver's schedule could not be kept as configured; trying again");
    }
  };
  let turn = compare();
  const timer = setInterval(() => {
    turn = turn.then(compare);
  }, compareMs);
  return {
    async stop() {
      clearInterval(timer);
      await turn;
    },
  };
}

type Log = Pick<Logger, 'info' | 'warn'>;
type Archive = NonNullable<ReturnType<CurrentConfig>['archive']>;

async function ensure(
  client: Client,
  archive: Archive,
  owner: string,
  changed: boolean,
  logger: Log,
): Promise<void> {
  const { folder, everySeconds } = archive;
  // Only at the very first: later, a folder that is missing is a mount that is gone, and nothing may be written there.
  if (!(await describeSchedule(client))) await mkdir(folder, { recursive: true, mode: 0o700 });
  const ensured = await ensureSchedule(client, inputOf(archive, owner), changed ? 'change' : 'keep');
  if (ensured === 'paused by a person') logger.warn({ folder }, 'the archiver is paused by a person');
  else if (ensured !== 'as configured')
    logger.info({ folder, everySeconds }, `the archiver’s schedule: ${ensured}`);
  const retention = await namespaceSeconds(client);
  const warning = retention === undefined ? undefined : tooSeldom(everySeconds, retention);
  if (warning !== undefined) logger.warn({ mend: 'make archive.every shorter' }, warning);
}

async function retire(client: Client, owner: string, logger: Log): Promise<void> {
  if (await retireSchedule(client, owner))
    logger.info({ owner }, 'no archive is configured any more: the archiver is paused');
}
