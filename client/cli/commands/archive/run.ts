import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Command } from 'commander';
import { type ArchiverRun, describeSchedule, runOf } from '../../../../archive/standing.js';
import { scheduleIds } from '../../../../workflows/contract.js';
import { reach } from '../../../temporal.js';
import { CliError, exitCodes } from '../../exit-codes.js';
import { withConnection, withOutput } from '../../options.js';
import type { Cli } from '../../program.js';
import type { CommonOptions } from '../../settings.js';
import type { Io } from '../../terminal/io.js';
import { withProgress } from '../../terminal/progress.js';
import { archiveSettings, withTemporal } from './settings.js';
import { resultText, troubleLines } from './told.js';

export function addRun(group: Command, cli: Cli): void {
  withOutput(withConnection(group.command('run')))
    .description(
      'Have the archiver run now, and follow it to its end. One that is at work is followed instead',
    )
    .addHelpText(
      'after',
      '\nThe work is done by a worker that has the archive’s folder, not by this command: Ctrl-C only stops following.\n\nExamples:\n  nightshift archive run\n  nightshift archive run -o json',
    )
    .action((options: CommonOptions) => run(cli, options));
}

async function run({ io, exit }: Cli, options: CommonOptions): Promise<void> {
  await archiveSettings(io, options);
  const ended = await withTemporal(io, options, async (client) => {
    const started = await begin(io, client);
    let progress = 'The archiver has begun';
    const following = follow(io, client, started, (text) => {
      progress = text;
    });
    return withProgress(io, () => progress, following);
  });
  if (options.output === 'json') io.out(`${JSON.stringify(ended, null, 2)}\n`);
  else io.out(`${resultText(ended)}\n`);
  const trouble = troubleLines(ended);
  if (options.output !== 'json') for (const line of trouble) io.err(`${line}\n`);
  if (trouble.length > 0 || !ended.result) exit(exitCodes.failed);
}

type Started = Pick<ArchiverRun, 'workflowId' | 'runId'>;

/** Triggers the schedule, unless it is at work already, and answers with the run that there is then. */
async function begin(io: Io, client: Client): Promise<Started> {
  const before = await described(client);
  const [running] = before.info.runningActions;
  if (running) {
    io.err('The archiver is at work already: this is that run.\n');
    return { workflowId: running.workflow.workflowId, runId: running.workflow.firstExecutionRunId };
  }
  const known = new Set(before.info.recentActions.map(({ action }) => action.workflow.firstExecutionRunId));
  const handle = client.schedule.getHandle(scheduleIds.archiver);
  await reach(client, callLimitMs, () => handle.trigger('SKIP'));
  for (const giveUp = Date.now() + beginLimitMs; Date.now() < giveUp; await pause(io, 200)) {
    const { info } = await described(client);
    const found = info.recentActions
      .map(({ action }) => action.workflow)
      .find(({ firstExecutionRunId }) => !known.has(firstExecutionRunId));
    if (found) return { workflowId: found.workflowId, runId: found.firstExecutionRunId };
  }
  throw new CliError(
    exitCodes.failed,
    `the schedule ${scheduleIds.archiver} started no run within ${beginLimitMs / 1000} s`,
    'See what it says: nightshift archive status',
  );
}

/** Milliseconds that one call to Temporal may take; that a triggered run may take to begin. */
const callLimitMs = 5_000;
const beginLimitMs = 20_000;

async function described(client: Client) {
  const found = await describeSchedule(client);
  if (found?.input) return found.description;
  throw new CliError(
    exitCodes.notFound,
    'the archiver has no schedule in this namespace yet',
    'Start a worker with this configuration (nightshift up, nightshift worker): it makes the schedule.',
  );
}

async function follow(
  io: Io,
  client: Client,
  { workflowId, runId }: Started,
  tell: (text: string) => void,
): Promise<ArchiverRun> {
  for (;;) {
    const now = await runOf(client, workflowId, runId);
    if (!now) throw new CliError(exitCodes.notFound, `Temporal no longer knows the run ${workflowId}`);
    if (now.status !== 'RUNNING') return now;
    tell(await atWork(client, workflowId, runId));
    await pause(io, 300);
  }
}

/** What the run does at this moment, as its activity last said. */
async function atWork(client: Client, workflowId: string, runId: string): Promise<string> {
  const handle = client.workflow.getHandle(workflowId, runId);
  const { raw } = await reach(client, callLimitMs, () => handle.describe());
  const [activity] = raw.pendingActivities ?? [];
  if (!activity) return 'Archiving';
  const failed = activity.lastFailure?.message;
  if (failed) return `Trying again (attempt ${activity.attempt ?? '?'}): ${failed}`;
  if (!activity.lastStartedTime) return 'Waiting for a worker that has the archive’s folder';
  const [payload] = activity.heartbeatDetails?.payloads ?? [];
  const progress: unknown = payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
  if (progress === null || typeof progress !== 'object' || !('written' in progress && 'found' in progress))
    return activity.activityType?.name === 'pruneArchive'
      ? 'Pruning'
      : 'Looking for what is not archived yet';
  const there = 'there' in progress ? Number(progress.there) : 0;
  return `Archiving: ${Number(progress.written) + there} of ${Number(progress.found)}`;
}

function pause(io: Io, ms: number): Promise<void> {
  return sleep(ms, undefined, { signal: io.signal });
}
