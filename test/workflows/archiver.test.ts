import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createArchive } from '../../archive/archive.js';
import { closedIncidents } from '../../archive/collect.js';
import { archiverStanding, describeSchedule, unarchivedIncidents } from '../../archive/standing.js';
import type { Archive } from '../../archive/types.js';
import { costOf } from '../../bench/history.js';
import { runCli } from '../../client/cli/run.js';
import type { ArchiverInput, ClosedRun } from '../../model/archiver.js';
import { type ArchiverParts, createArchiveActivities } from '../../worker/archiver/activities.js';
import { archiveBatch } from '../../worker/archiver/batch.js';
import { archiverParts } from '../../worker/archiver/parts.js';
import { ensureSchedule, NotOurs, retireSchedule } from '../../worker/archiver/schedule.js';
import { scheduleIds } from '../../workflows/contract.js';
import { all, archiverRun, listed, terminated, timedOut } from '../support/closed.js';
import { sleep } from '../support/faults.js';
import { persistently } from '../support/faults-processes.js';
import { alertFor, type Bench, bench, tankTarget } from '../support/nightshift.js';
import { runbook } from '../support/tank/runbook.js';
import { World } from '../support/tank/world.js';
import { fakeIo } from '../unit/cli/fake-io.js';

const world = new World();
let night: Bench;
let folder: string;
let archive: Archive;
/** What a test puts in the place of the real parts, for what can't be had from them in seconds. */
let instead: Partial<ArchiverParts> = {};

const gauges = { batch: () => undefined, failed: () => undefined };
const hourly: ArchiverInput = { everySeconds: 3600, retention: {}, owner: 'test:nightshift.yaml' };

let parts: ArchiverParts;

beforeAll(async () => {
  night = await bench(world, [runbook]);
  const unasked = (): never => {
    throw new Error('the configuration is not asked');
  };
  parts = { ...archiverParts(night.client, unasked), archive: () => archive, gauges };
  const now = (): ArchiverParts => ({ ...parts, ...instead });
  const activities = createArchiveActivities({
    gauges,
    archive: () => now().archive(),
    closed: (since) => now().closed(since),
    collect: (run) => now().collect(run),
    namespaceSeconds: () => now().namespaceSeconds(),
    now: () => now().now(),
  });
  await night.startWorkers({ archive: activities });
});
afterAll(async () => {
  await night?.close();
});
beforeEach(async () => {
  instead = {};
  night.sent.length = 0;
  folder = await mkdtemp(join(tmpdir(), 'nightshift-archive-'));
  archive = createArchive(folder);
  await forgetSchedule();
  // A run that a test did not wait for may still write.
  return () => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

async function forgetSchedule(): Promise<void> {
  const schedule = night.client.schedule.getHandle(scheduleIds.archiver);
  await schedule.delete().catch(() => undefined);
  await persistently('the last schedule is gone', async () => {
    if (await archiverStanding(night.client)) throw new Error('it is there');
  });
  // A schedule names its runs by the second: the next one's first run must not have the name of the last one's.
  await new Promise((resolve) => setTimeout(resolve, 1_050 - (Date.now() % 1_000)));
}

const runNumber = (number: number) => archiverRun(night.client, number);

/** Changes the schedule, and waits until it is so: a trigger that follows at once might overtake the change. */
async function change(input: ArchiverInput): Promise<void> {
  await ensureSchedule(night.client, input);
  await persistently('the schedule has changed', async () => {
    const found = await describeSchedule(night.client);
    if (JSON.stringify(found?.input?.retention) !== JSON.stringify(input.retention))
      throw new Error('not yet');
    if (found?.input?.patienceSeconds !== input.patienceSeconds) throw new Error('not yet');
  });
}

/** Starts the next run, as the schedule would. */
async function trigger(): Promise<void> {
  await night.client.schedule.getHandle(scheduleIds.archiver).trigger('SKIP');
}

async function inArchive(): Promise<readonly string[]> {
  const entries = await all(archive.list());
  return entries.map(({ incident }) => incident.workflowId).sort();
}

const idsOf = (runs: readonly ClosedRun[]): readonly string[] =>
  runs.map(({ workflowId }) => workflowId).sort();

describe('a run of the archiver', () => {
  it('archives whatever way an incident ended, once, at a fixed cost', async () => {
    world.tank(tankTarget('whole').key, { used: 10 });
    const whole = await night.open('whole', alertFor());
    await night.result(whole);
    await terminated(night.client, 'ended-by-hand');
    await timedOut(night.client, 'out-of-time');
    for (let n = 0; n < 20; n += 1) await terminated(night.client, `many-${n}`);
    const runs = await listed(night.client, 23);

    expect(await ensureSchedule(night.client, hourly)).toBe('created');
    const first = await runNumber(1);
    expect(first.result).toMatchObject({ written: 23, there: 0, failed: 0 });
    expect(await inArchive()).toEqual(idsOf(runs));
    const statuses = (await all(archive.list())).map(({ incident }) => incident.status);
    expect(statuses.filter((status) => status !== 'TERMINATED').sort()).toEqual(['COMPLETED', 'TIMED_OUT']);
    // By the ends that Temporal's list gives, too: so it is found again, and not only by its bundle's.
    expect(await unarchivedIncidents(night.client, archive, hourly, undefined, new Date())).toEqual([]);

    const cost = await costOf(night.client.workflow.getHandle(first.workflowId, first.runId));
    console.log(
      `a run with 23 incidents: ${cost.actions} actions (${JSON.stringify(cost.kinds)}), ${cost.events} events`,
    );
    // One for the batch, and, since everything was looked at, one for the look through the folder.
    expect(cost.kinds).toEqual({ start: 1, activity: 2 });

    await trigger();
    const second = await runNumber(2);
    expect(second.result).toMatchObject({ written: 0, failed: 0 });
    const idle = await costOf(night.client.workflow.getHandle(second.workflowId, second.runId));
    expect(idle.kinds).toEqual({ start: 1, activity: 1 });
  });

  it('goes on from where the last one was, but looks at everything where the folder is another one', async () => {
    await terminated(night.client, 'before');
    const before = (await listed(night.client, 24)).length;
    await ensureSchedule(night.client, hourly);
    expect((await runNumber(1)).result.written).toBe(before);
    const since: (string | undefined)[] = [];
    instead = {
      closed(from) {
        since.push(from);
        return closedIncidents(night.client, from === undefined ? {} : { since: from });
      },
    };
    await trigger();
    await runNumber(2);
    expect(since).toEqual([expect.any(String)]);

    await rm(folder, { recursive: true });
    folder = await mkdtemp(join(tmpdir(), 'nightshift-archive-'));
    archive = createArchive(folder);
    await trigger();
    expect((await runNumber(3)).result.written).toBe(before);
    expect(since[1]).toBeUndefined();
  });

  it('one incident that can’t be archived keeps no other, is tried again, and is told before Temporal forgets it', async () => {
    await terminated(night.client, 'bad-one');
    const runs = await listed(night.client, 25);
    const bad = runs.find(({ workflowId }) => workflowId.endsWith('bad-one'));
    const { collect } = parts;
    instead = {
      collect: async (run) => {
        if (run.runId === bad?.runId) throw new Error('its history is torn');
        return collect(run);
      },
      // Short enough that this one is about to be forgotten.
      namespaceSeconds: async () => 0.1,
    };
    await ensureSchedule(night.client, hourly);
    const { result } = await runNumber(1);
    expect(result).toMatchObject({ written: runs.length - 1, failed: 1 });
    expect(result.failures).toEqual([
      expect.objectContaining({ runId: bad?.runId, why: 'its history is torn' }),
    ]);
    expect(night.sent).toEqual([
      { sink: 'log', what: 'escalation', title: expect.stringContaining('a closed incident is lost after') },
    ]);

    instead = {};
    await trigger();
    const next = await runNumber(2);
    expect(next.result).toMatchObject({ written: 1, failed: 0 });
    expect(await inArchive()).toEqual(idsOf(runs));
    expect(night.sent).toHaveLength(1);
  });

  it('a folder that is gone is tried again, and one that stays away ends the run with a word', async () => {
    const away = `${folder}-away`;
    await rename(folder, away);
    const { length } = await listed(night.client, 25);
    instead = { namespaceSeconds: async () => 0.1 };
    await ensureSchedule(night.client, { ...hourly, patienceSeconds: 2 });
    const { result } = await runNumber(1);
    expect(result.trouble).toMatch(/it is not there.*mount it again/);
    expect(result.state.sweptAt).toBeUndefined();
    expect(night.sent).toMatchObject([
      { what: 'escalation', title: expect.stringContaining('is lost after') },
    ]);
    instead = {};
    expect(await readdir(tmpdir())).not.toContain(folder.slice(tmpdir().length + 1));

    await change(hourly);
    await trigger();
    await persistently('an attempt has failed', async () => {
      const { info } = await night.client.schedule.getHandle(scheduleIds.archiver).describe();
      const [, action] = info.recentActions;
      const handle = night.client.workflow.getHandle(action?.action.workflow.workflowId ?? '');
      const { raw } = await handle.describe();
      if (!raw.pendingActivities?.some(({ lastFailure }) => lastFailure)) throw new Error('none yet');
    });
    await rename(away, folder);
    const second = await runNumber(2);
    expect(second.result).toMatchObject({ written: length, failed: 0 });
    expect(second.result.trouble).toBeUndefined();
  });
});

describe('pruning', () => {
  const bytesOf = (entries: readonly { readonly bytes: number }[]): number =>
    entries.reduce((sum, { bytes }) => sum + bytes, 0);

  it('takes the oldest of what is too much, never what the same run wrote, and what is pruned stays away', async () => {
    const runs = await listed(night.client, 25);
    await ensureSchedule(night.client, { ...hourly, retention: { bytes: 1 } });
    // All of it was written by this run.
    expect((await runNumber(1)).result).toMatchObject({ written: runs.length, pruned: 0 });

    const entries = await all(archive.list());
    const half = bytesOf(entries.slice(10));
    await change({ ...hourly, retention: { bytes: half } });
    await trigger();
    expect((await runNumber(2)).result).toMatchObject({ pruned: 10, prunedBytes: bytesOf(entries) - half });
    expect(await inArchive()).toEqual(
      entries
        .slice(10)
        .map(({ incident }) => incident.workflowId)
        .sort(),
    );

    await trigger();
    expect((await runNumber(3)).result).toMatchObject({ written: 0, pruned: 0 });
  });

  it('for age needs two runs that agree about the time, and goes by the slower of two clocks', async () => {
    const { length } = await listed(night.client, 25);
    await ensureSchedule(night.client, hourly);
    expect((await runNumber(1)).result.written).toBe(length);
    await sleep(1500);
    const short = { ...hourly, retention: { seconds: 1 } };

    // As after a dead battery: nobody knows when the last run was.
    await forgetSchedule();
    await ensureSchedule(night.client, short);
    expect((await runNumber(1)).result).toMatchObject({ written: 0, pruned: 0 });

    // The worker's clock is behind: by it, nothing is old.
    instead = { now: () => new Date(Date.now() - 3_600_000) };
    await terminated(night.client, 'while-behind');
    await listed(night.client, length + 1);
    await trigger();
    expect((await runNumber(2)).result).toMatchObject({ written: 1, pruned: 0 });

    instead = {};
    await sleep(1500);
    await trigger();
    expect((await runNumber(3)).result).toMatchObject({ written: 0, pruned: length + 1 });
    expect(await inArchive()).toEqual([]);
  });
});

describe('two at once', () => {
  it('archive each incident once', async () => {
    const runs = await listed(night.client, 25);
    const log = { warn: () => undefined };
    const attempt = {
      signal: new AbortController().signal,
      previous: undefined,
      onProgress: () => undefined,
      log,
    };
    const both = await Promise.all(
      [0, 1].map(() => archiveBatch({ ...parts, archive: createArchive(folder) }, { passOver: [] }, attempt)),
    );
    for (const { written, there, failures } of both)
      expect([written + there, failures]).toEqual([runs.length, []]);
    const entries = await all(archive.list());
    expect(entries.map(({ incident }) => incident.runId).sort()).toEqual(
      runs.map(({ runId }) => runId).sort(),
    );
    for (const { file } of entries) await archive.read(file);
  });

  it('make one schedule', async () => {
    const made = await Promise.all([0, 1, 2, 3].map(() => ensureSchedule(night.client, hourly)));
    expect(made.filter((each) => each === 'created')).toHaveLength(1);
    expect(made.filter((each) => each === 'as configured')).toHaveLength(3);
  });
});

describe('the schedule', () => {
  const schedule = () => night.client.schedule.getHandle(scheduleIds.archiver);

  it('follows the configuration', async () => {
    await ensureSchedule(night.client, hourly);
    expect(await ensureSchedule(night.client, { ...hourly, everySeconds: 600 })).toBe('updated');
    // Another worker, of another mind, only looks after what is missing.
    expect(await ensureSchedule(night.client, { ...hourly, everySeconds: 60 }, 'keep')).toBe('as configured');
    const { spec, policies } = await schedule().describe();
    expect(spec.intervals).toMatchObject([{ every: 600_000 }]);
    expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 600_000 });
  });

  it('is paused when its configuration has no archive any more, and only then', async () => {
    await ensureSchedule(night.client, hourly);
    expect(await retireSchedule(night.client, 'somebody:else')).toBe(false);
    expect(await retireSchedule(night.client, hourly.owner)).toBe(true);
    expect((await archiverStanding(night.client))?.paused).toBe(true);
    // By another worker, which changes no settings that are not its own; it is the owner then.
    const other = { ...hourly, owner: 'other:nightshift.yaml' };
    expect(await ensureSchedule(night.client, other, 'keep')).toBe('resumed');
    expect(await retireSchedule(night.client, hourly.owner)).toBe(false);
    expect((await archiverStanding(night.client))?.paused).toBe(false);
  });

  it('stays paused where a person has paused it', async () => {
    await ensureSchedule(night.client, hourly);
    await schedule().pause('the disk is being changed');
    expect(await ensureSchedule(night.client, { ...hourly, everySeconds: 60 })).toBe('paused by a person');
    expect(await archiverStanding(night.client)).toMatchObject({
      paused: true,
      note: 'the disk is being changed',
    });
  });

  it('is left alone where somebody else has its name', async () => {
    await night.client.schedule.create({
      scheduleId: scheduleIds.archiver,
      spec: { intervals: [{ every: '1h' }] },
      action: { type: 'startWorkflow', workflowType: 'theirs', taskQueue: 'theirs' },
    });
    await expect(ensureSchedule(night.client, hourly)).rejects.toThrow(NotOurs);
    expect(await retireSchedule(night.client, hourly.owner)).toBe(false);
  });
});

describe('nightshift archive', () => {
  /** What a command says and how it ends, with a configuration of this folder. */
  async function cli(...args: readonly string[]) {
    const config = join(folder, 'nightshift.yaml');
    await writeFile(config, `archive: { folder: '${folder}/closed', keep: 365d }\n`);
    const { io, written } = fakeIo({ now: () => new Date() });
    const connection = args[0] === 'prune' ? [] : ['--temporal', night.environment.address];
    const code = await runCli(['archive', ...args, '--config', config, ...connection], io);
    return { code, ...written };
  }

  it('tells what is missing while there is no folder and no schedule', async () => {
    const { length } = await listed(night.client, 26);
    const status = await cli('status');
    expect(status).toMatchObject({ code: 0, err: '' });
    expect(status.out).toMatch(/bundles +unknown: archive .*closed: it is not there .*Create the folder/);
    expect(status.out).toMatch(/archiver +it has no schedule yet/);
    expect(status.out).toContain(`${length} closed incidents, the oldest ended`);
    expect(await cli('run')).toMatchObject({ code: 3, err: expect.stringContaining('Start a worker') });
  });

  it('has the archiver run, follows it, and tells what there is then', async () => {
    const { length } = await listed(night.client, 26);
    archive = createArchive(join(folder, 'closed'), { create: true });
    await ensureSchedule(night.client, hourly);
    await runNumber(1);
    const run = await cli('run');
    expect(run).toMatchObject({ code: 0, out: expect.stringMatching(/^0 written, \d+ there already\n$/) });
    const status = JSON.parse((await cli('status', '-o', 'json')).out);
    expect(status).toMatchObject({
      keepSeconds: 365 * 86_400,
      content: { count: length, bad: [] },
      standing: {
        everySeconds: 3600,
        paused: false,
        runs: [{ status: 'COMPLETED', result: { written: 0 } }],
      },
      unarchived: [],
    });
    expect((await cli('status')).out).toContain('none: all that is closed is in it');
    expect(await cli('prune', '--dry-run')).toMatchObject({ code: 0, out: '', err: 'Nothing would go.\n' });
    expect(await inArchive()).toHaveLength(length);
  });

  it('needs an archive in the configuration, and says how', async () => {
    const { io, written } = fakeIo();
    expect(await runCli(['archive', 'status'], io)).toBe(2);
    expect(written.err).toContain('archive: { folder: archive }');
  });
});
