import '../support/quiet.js';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createArchive } from '../../archive/archive.js';
import { closedIncidents, collectBundle, RunGone } from '../../archive/collect.js';
import { runCli } from '../../client/cli/run.js';
import { NotAnIncident } from '../../model/bundle/make.js';
import { mapPayloads, payloadText } from '../../model/bundle/payloads.js';
import type { IncidentBundle } from '../../model/bundle/types.js';
import { changeHash } from '../../model/change.js';
import { bundle as workflowCode } from '../../worker/bundle.js';
import { timedOut } from '../support/closed.js';
import { alertFor, type Bench, bench, quick, tankTarget } from '../support/nightshift.js';
import { runbook } from '../support/tank/runbook.js';
import { World } from '../support/tank/world.js';
import { fakeIo } from '../unit/cli/fake-io.js';

/** Secrets of every form, each planted where it could get in; none may be in a bundle. */
const planted = {
  label: 'lbl-7f3e9a1c55d2',
  annotation: 'hunter2annotation',
  log: 'AKIAIOSFODNN7EXAMPLE',
  environment: 'env-90ab12cd34ef',
  pair: 'pair-90ab12cd34ef',
  comment: 'hunter2comment',
  goingOn: 'hunter2session',
  failure: 'hunter2failure',
  // What a change touches is in its hash, and the hash is what was approved.
  identity: 'hunter2identity',
};

const world = new World();
let night: Bench;
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ns-bundles-'));
  night = await bench(world, [runbook]);
  night.policy = { ...quick, remediesOff: ['flush', 'throttle'] };
  await night.startWorkers();
});
afterAll(async () => {
  await night?.close();
  await rm(folder, { recursive: true, force: true });
});

const runOf = async (handle: WorkflowHandle) => {
  const { workflowId, runId } = await handle.describe();
  return { workflowId, runId };
};
const collected = async (handle: WorkflowHandle): Promise<IncidentBundle> =>
  collectBundle(night.client, await runOf(handle));

/** All that a bundle says, with its payloads opened. */
const opened = (bundle: IncidentBundle): string =>
  JSON.stringify({
    ...bundle,
    history: bundle.history.events.map((event) => mapPayloads(event, (p) => payloadText(p) ?? null)),
  });

async function asked(handle: WorkflowHandle) {
  const { openDecision } = await night.until(handle, (view) => view.openDecision !== undefined);
  return openDecision?.hash ?? '';
}

async function cli(args: readonly string[], cwd = folder) {
  const { io, written } = fakeIo({ cwd, columns: () => 120 });
  const { address } = night.environment;
  const code = await runCli(args[1] === 'export' ? [...args, '--temporal', address] : args, io);
  return { code, ...written };
}

describe('secrets that got into a history', () => {
  let bundle: IncidentBundle;
  beforeAll(async () => {
    const read = world.adapter.read;
    Object.assign(world.adapter, {
      read: async (...args: Parameters<typeof read>) => {
        const reading = await read(...args);
        const { source, at } = { source: 'logs', at: new Date().toISOString() };
        return {
          ...reading,
          evidence: [
            ...reading.evidence,
            { source, name: 'lines', at, value: [`login with ${planted.log}`, `label was ${planted.label}`] },
            { source, name: 'environment', at, value: { PATH: '/bin', API_TOKEN: planted.environment } },
            { source, name: 'env', at, value: [{ name: 'DB_PASSWORD', value: planted.pair }] },
          ],
          goingOn: [`exec session: psql postgres://ann:${planted.goingOn}@db/shop`],
        };
      },
    });
    let failed = false;
    world.before = async () => {
      if (failed) return;
      failed = true;
      throw new Error(`refused: password=${planted.failure}`);
    };
    const { key } = tankTarget('planted');
    world.tank(key, { uid: `tank?token=${planted.identity}` });
    const handle = await night.open(
      'planted',
      alertFor('TankFull', {
        labels: { api_token: planted.label, pod: 'agent-1' },
        annotations: { summary: `it uses password=${planted.annotation}` },
      }),
    );
    // As Temporal's own command line would send it: nothing of ours has seen it before.
    const raw = alertFor('TankOdd', { fingerprint: 'odd', labels: { secret: planted.label } });
    await handle.signal('alert', raw);
    const hash = await asked(handle);
    await handle.executeUpdate('decide', {
      args: [{ hash, answer: 'approve', by: 'ana', verified: 'token', comment: `token: ${planted.comment}` }],
    });
    expect((await night.result(handle)).outcome).toBe('recovered');
    Object.assign(world.adapter, { read });
    world.before = async () => undefined;
    bundle = await collected(handle);
  });

  it.each(Object.entries(planted))('planted in %s do not get into the bundle', (_where, secret) => {
    expect(opened(bundle)).not.toContain(secret);
  });

  it('are counted, and what stands beside them stays', () => {
    expect(bundle.redactions).toBeGreaterThan(10);
    const text = opened(bundle);
    for (const kept of [
      'agent-1',
      'login with [redacted]',
      'exec session: psql',
      '/bin',
      'it uses password=[',
    ])
      expect(text).toContain(kept);
  });

  it('are gone alike in the facts and in what the facts came from: the hash that was approved is the same', () => {
    const planned = bundle.facts?.find((fact) => fact.type === 'planned');
    expect(planned && changeHash(planned.change)).toBe(planned?.hash);
    const alert = bundle.facts?.find((fact) => fact.type === 'alert');
    expect(alert?.alert.labels).toEqual({ api_token: '[redacted]', pod: 'agent-1' });
  });

  it('leave a history that replays', async () => {
    const module = fileURLToPath(new URL('../support/tank/runbook.js', import.meta.url));
    const code = await workflowCode([module]);
    await Worker.runReplayHistory({ workflowBundle: { code } }, bundle.history, bundle.incident.workflowId);
  });
});

describe('runs without a result', () => {
  it('terminated: what was known is in the bundle, and told', async () => {
    world.tank(tankTarget('killed').key);
    const handle = await night.open('killed');
    await asked(handle);
    await expect(collected(handle)).rejects.toThrow(NotAnIncident);
    await handle.terminate('by hand, at night');
    const bundle = await collected(handle);
    expect(bundle.incident).toMatchObject({
      status: 'TERMINATED',
      runbook: 'TANK-1',
      target: tankTarget('killed'),
      product: 'test',
      alerts: ['TankFull'],
    });
    expect(bundle).not.toHaveProperty('facts');
    expect(bundle.policies).toHaveLength(1);
    const file = join(folder, 'killed.nightshift.json.gz');
    expect(await cli(['incident', 'export', bundle.incident.shortId, '--to', file])).toMatchObject({
      code: 0,
    });
    const { code, out } = await cli(['incident', 'show', '--bundle', file]);
    expect(code).toBe(0);
    for (const told of ['TERMINATED', 'by hand, at night', 'no facts and no report', 'TankFull', 'It looked'])
      expect(out).toContain(told);
  });

  it('timed out: its status is said', async () => {
    await timedOut(night.client, 'late');
    const handle = night.client.workflow.getHandle(`incident/${tankTarget('late').key}`);
    const { incident, facts } = await collected(handle);
    expect(incident).toMatchObject({ status: 'TIMED_OUT', alerts: ['TankFull'] });
    expect(facts).toBeUndefined();
  });

  it('a run that is not there is said to be gone', async () => {
    const run = { workflowId: 'incident/tanks/here/planted', runId: '01a201f5-10ca-76f8-9f6a-5ad4ed89c22e' };
    await expect(collectBundle(night.client, run)).rejects.toThrow(RunGone);
  });
});

describe('incident export', () => {
  let handle: WorkflowHandle;
  beforeAll(async () => {
    world.tank(tankTarget('plain').key, { restartedTo: 20 });
    night.policy = { ...quick, remediesOff: [], autonomy: { ...quick.autonomy, byDisruption: {} } };
    handle = await night.open('plain');
    await night.result(handle);
  });

  it('names the file by the same end that visibility tells', async () => {
    const run = await runOf(handle);
    const bundle = await collected(handle);
    const archive = createArchive(join(folder, 'archive'), { create: true });
    await archive.write(bundle);
    for (;;) {
      for await (const closed of closedIncidents(night.client, { since: bundle.incident.openedAt }))
        if (closed.runId === run.runId) return expect(await archive.has(closed)).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });

  it('writes one by its target; shown from the file it looks as it does from Temporal', async () => {
    const key = tankTarget('plain').key;
    const done = await cli(['incident', 'export', key, '--to', 'here', '-o', 'json']);
    const [row] = JSON.parse(done.out) as [{ file: string; outcome: string }];
    expect(row).toMatchObject({ outcome: 'recovered', target: key, from: 'temporal', result: 'written' });
    for (const form of ['table', 'md', 'json']) {
      const { out } = await cli(['incident', 'show', '--bundle', row.file, '-o', form]);
      const live = await cli(['incident', 'show', key, '-o', form, '--temporal', night.environment.address]);
      expect(out).toBe(live.out);
      expect(out).toContain('plain');
    }
    const again = await cli(['incident', 'export', key, '--to', 'here']);
    expect(again).toMatchObject({ code: 0, err: '1 of 1 were there already.\n' });
  });

  it('writes all, and leaves out none', async () => {
    const { code, out, err } = await cli(['incident', 'export', '--all', '--to', 'all']);
    expect(code).toBe(0);
    expect(err).toContain('Secrets were taken out of 1 of 4.');
    const files = (await readdir(join(folder, 'all'))).filter((name) => name.endsWith('.nightshift.json.gz'));
    expect(out.trim().split('\n')).toHaveLength(files.length + 1);
    expect(files).toHaveLength(4);
    const since = await cli(['incident', 'export', '--since', '1ms', '--to', 'none'], folder);
    expect(since.code).toBe(0);
  });

  it('finds in the archive what Temporal does not have', async () => {
    const bundle = await collected(handle);
    const moved = join(folder, 'kept');
    const archive = createArchive(moved, { create: true });
    const elsewhere = { ...bundle.incident.target, key: 'tanks/here/long-ago' };
    const { sealBundle } = await import('../../model/bundle/seal.js');
    const { format: _f, version: _v, about: _a, digest: _d, ...parts } = bundle;
    await archive.write(sealBundle({ ...parts, incident: { ...bundle.incident, target: elsewhere } }));
    await writeFile(join(folder, 'nightshift.yaml'), 'archive: { folder: kept }\n');
    const found = await cli([
      'incident',
      'export',
      'tanks/here/long-ago',
      '--to',
      'from-archive',
      '-o',
      'json',
    ]);
    expect(JSON.parse(found.out)).toMatchObject([{ from: 'archive', target: 'tanks/here/long-ago' }]);
    const none = await cli(['incident', 'export', 'tanks/here/never', '--to', 'from-archive']);
    expect(none.code).toBe(3);
    const shown = await cli([
      'incident',
      'show',
      'tanks/here/long-ago',
      '--temporal',
      night.environment.address,
    ]);
    expect(shown).toMatchObject({ code: 0, err: expect.stringContaining('From the archive: ') });
    expect(shown.out).toContain('recovered');
    await rm(join(folder, 'nightshift.yaml'));
  });

  it('ends with 130 at Ctrl-C, and leaves nothing half written', async () => {
    const { io, written } = fakeIo({ cwd: folder, signal: AbortSignal.abort() });
    const args = ['incident', 'export', '--all', '--to', 'stopped', '--temporal', night.environment.address];
    expect(await runCli(args, io)).toBe(130);
    expect(written.err).toContain('interrupted');
    expect(await readdir(join(folder, 'stopped'))).toEqual([]);
  });

  it('has only the archive where Temporal does not answer, and says so', async () => {
    const { io, written } = fakeIo({ cwd: folder });
    const args = [
      'incident',
      'export',
      '--all',
      '--archive',
      'kept',
      '--temporal',
      '127.0.0.1:1',
      '--to',
      'down',
    ];
    expect(await runCli(args, io)).toBe(0);
    expect(written.err).toMatch(/Only the archive .*kept is looked at/);
    expect(written.out).toContain('tanks/here/long-ago');
  });

  it.each([
    ['no names', ['incident', 'export'], 2, 'it is not said which'],
    ['two ways', ['incident', 'export', 'x', '--all'], 2, 'rule each other out'],
    ['many into one file', ['incident', 'export', '--all', '--to', 'x.json.gz'], 2, 'for one incident'],
  ] as const)('with %s says what is wrong', async (_what, args, code, said) => {
    const ended = await cli(args);
    expect(ended.code).toBe(code);
    expect(ended.err).toContain(said);
  });
});
