import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createArchive } from '../../archive/archive.js';
import { collectBundle } from '../../archive/collect.js';
import { isHeldOff } from '../../client/alerts/hold-off.js';
import { runCli } from '../../client/cli/run.js';
import { openIncident, Refused } from '../../client/incidents/index.js';
import { latestRun } from '../../client/incidents/run.js';
import { shortId } from '../../model/digest.js';
import type { Fact } from '../../model/facts.js';
import type { Insights } from '../../model/insights/types.js';
import { markdown } from '../../model/report/index.js';
import { taskQueues, workflowIds } from '../../workflows/contract.js';
import { until } from '../support/containers.js';
import { alertFor, type Bench, bench, quick, tankTarget } from '../support/nightshift.js';
import { runbook } from '../support/tank/runbook.js';
import { World } from '../support/tank/world.js';
import { fakeIo } from '../unit/cli/fake-io.js';

const world = new World();
let night: Bench;
let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ns-rerun-'));
  night = await bench(world, [runbook]);
  night.policy = { ...quick, remediesOff: ['throttle'] };
  await night.startWorkers();
});
afterAll(async () => {
  await night?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function nightshift(...args: readonly string[]) {
  const { io, written } = fakeIo({ cwd: folder, now: () => new Date() });
  const code = await runCli([...args, '--temporal', night.environment.address], io);
  return { code, ...written };
}

const handleOf = (name: string): WorkflowHandle =>
  night.client.workflow.getHandle(workflowIds.incident(tankTarget(name).key));

const alertsIn = (facts: readonly Fact[]) =>
  facts.flatMap((fact) => (fact.type === 'alert' ? [fact.alert] : []));

const alert = () =>
  alertFor('TankFull', {
    labels: { alertname: 'TankFull', tank: 'x' },
    annotations: { summary: 'it is full' },
  });

/** An incident that a flush recovers, and the tank full again after it. */
async function past(name: string) {
  const tank = world.tank(`tanks/here/${name}`, { flushedTo: 40 });
  const result = await night.result(await night.open(name, alert()));
  expect(result.outcome).toBe('recovered');
  tank.used = 95;
  return result;
}

describe.concurrent('incident rerun', () => {
  it('opens a new incident from the old one’s alert, said anew, and links to the old one', async () => {
    const old = await past('a');
    const { code, out } = await nightshift('incident', 'rerun', old.shortId, '--yes');
    expect(code).toBe(0);
    expect(out).toContain(`a rerun of ${old.shortId}`);
    const { outcome, facts, report, shortId: id } = await night.result(handleOf('a'));
    expect(id).not.toBe(old.shortId);
    expect(out).toContain(id);
    expect(outcome).toBe('recovered');
    expect(world.count('flush tanks/here/a')).toBe(2);

    expect(facts.slice(0, 2).map(({ type }) => type)).toEqual(['opened', 'alert']);
    const [before] = alertsIn(old.facts);
    const [after] = alertsIn(facts);
    const { name, severity, labels, annotations } = alert();
    expect(after).toMatchObject({ name, severity, labels, annotations, source: 'person:ana' });
    expect(after?.fingerprint).not.toBe(before?.fingerprint);
    expect(Date.parse(after?.startsAt ?? '')).toBeGreaterThan(Date.parse(old.report.closedAt ?? ''));
    expect(report).toMatchObject({ openedBy: 'person:ana', rerunOf: old.shortId, observeOnly: false });
    const told = markdown(report);
    expect(told).toContain(`| rerun of | ${old.shortId}: nightshift incident show ${old.shortId} |`);
    expect(told).toContain(`Opened by person:ana (rerun of ${old.shortId})`);
  });

  it('takes the old one from a bundle, without Temporal’s memory of it', async () => {
    const old = await past('k');
    const { runId } = await handleOf('k').describe();
    const run = { workflowId: workflowIds.incident(tankTarget('k').key), runId };
    const archive = createArchive(join(folder, 'archive'), { create: true });
    const { file } = await archive.write(await collectBundle(night.client, run));
    const { code, out, err } = await nightshift('incident', 'rerun', '--bundle', file, '--yes');
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(out).toContain(`a rerun of ${old.shortId}`);
    const { report } = await night.result(handleOf('k'));
    expect(report).toMatchObject({ rerunOf: old.shortId, outcome: 'recovered' });
    expect(report.alerts[0]?.alert.labels).toEqual(alert().labels);
    const both = await nightshift('incident', 'rerun', old.shortId, '--bundle', file, '--yes');
    expect(both.code).toBe(2);
  });

  it('--observe changes nothing, says that it was a rehearsal, and holds no real alert off', async () => {
    const old = await past('b');
    const { code } = await nightshift('incident', 'rerun', old.shortId, '--observe', '--yes');
    expect(code).toBe(0);
    const { outcome, report } = await night.result(handleOf('b'));
    expect(outcome).toBe('observed');
    expect(world.count('flush tanks/here/b')).toBe(1);
    expect(world.count('restart tanks/here/b')).toBe(0);
    expect(markdown(report)).toContain('It was a rehearsal: nothing was changed.');
    const run = await latestRun(night.client, tankTarget('b').key);
    expect(run?.holdOff?.fingerprints).toHaveLength(1);
    expect(isHeldOff(alert(), run?.holdOff, new Date())).toBe(false);
  });

  it('may not be approved by whoever asked for it', async () => {
    const old = await past('c');
    world.tank('tanks/here/c');
    await nightshift('incident', 'rerun', old.shortId, '--yes');
    const { openDecision } = await night.until(handleOf('c'), (view) => view.openDecision !== undefined);
    const decision = { hash: openDecision?.hash, answer: 'approve', verified: 'token' };
    const own = await handleOf('c').executeUpdate('decide', { args: [{ ...decision, by: 'ana' }] });
    expect(own).toMatchObject({ accepted: false, why: expect.stringContaining('whoever asks') });
    const other = await handleOf('c').executeUpdate('decide', { args: [{ ...decision, by: 'ben' }] });
    expect(other).toMatchObject({ accepted: true });
    expect((await night.result(handleOf('c'))).outcome).toBe('recovered');
  });

  it('of one that a person opened is opened by a person', async () => {
    world.tank('tanks/here/p', { flushedTo: 40 });
    const target = tankTarget('p');
    await openIncident(night.client, {
      target,
      runbook: 'TANK-1',
      by: 'ben',
      reason: 'it smells',
      severity: 'critical',
      product: 'test',
    });
    const old = await night.result(handleOf('p'));
    await nightshift('incident', 'rerun', old.shortId, '--yes');
    const [again] = alertsIn((await night.result(handleOf('p'))).facts);
    expect(again).toMatchObject({ name: 'OpenedByHand', severity: 'critical', source: 'person:ana' });
    expect(again?.annotations.summary).toBe(`rerun of ${old.shortId}: it smells`);
  });
});

describe.concurrent('a rehearsal', () => {
  it('gives way to a real alert: that is worked for real, in the same incident', async () => {
    const tank = world.tank('tanks/here/r', { flushedTo: 40, unreadable: 'wait' });
    const target = tankTarget('r');
    const request = { target, runbook: 'TANK-1', by: 'ana', reason: 'what if', product: 'test' };
    await openIncident(night.client, { ...request, observeOnly: true });
    await handleOf('r').signal('alert', alert());
    await night.until(handleOf('r'), ({ alerts }) => alerts.length === 2);
    delete tank.unreadable;
    const { outcome, report, facts } = await night.result(handleOf('r'));
    expect(outcome).toBe('recovered');
    expect(report.observeOnly).toBe(false);
    expect(world.effects.filter((effect) => effect.endsWith('/r'))).toEqual(['flush tanks/here/r']);
    const types = facts.map(({ type }) => type);
    expect(types.indexOf('refused')).toBeLessThan(types.indexOf('rehearsalEnded'));
    expect(types.indexOf('rehearsalEnded')).toBeLessThan(types.indexOf('applied'));
    expect(markdown(report)).toContain('The rehearsal is over, from here on it is for real: alert TankFull');
  });

  it('gives way to a real alert that was there before a worker took it up', async () => {
    world.tank('tanks/here/u', { flushedTo: 40 });
    const target = tankTarget('u');
    const byHand = { ...alert(), source: 'person:ana', fingerprint: 'by-hand' };
    // Both come with the workflow's first task.
    await night.client.workflow.signalWithStart('TANK-1', {
      workflowId: workflowIds.incident(target.key),
      taskQueue: taskQueues.workflows,
      args: [{ target, openedBy: 'person:ana', observeOnly: true, product: 'test', alert: byHand }],
      signal: 'alert',
      signalArgs: [alert()],
    });
    const { outcome } = await night.result(handleOf('u'));
    expect(outcome).toBe('recovered');
  });

  it('stays one for what a person adds', async () => {
    const tank = world.tank('tanks/here/s', { unreadable: 'wait' });
    const target = tankTarget('s');
    const request = { target, runbook: 'TANK-1', by: 'ana', reason: 'what if', product: 'test' };
    await openIncident(night.client, { ...request, observeOnly: true });
    await openIncident(night.client, { ...request, by: 'ben' });
    delete tank.unreadable;
    expect((await night.result(handleOf('s'))).outcome).toBe('observed');
    expect(world.effects.filter((effect) => effect.endsWith('/s'))).toEqual([]);
  });
});

describe.concurrent('incident rerun refuses', () => {
  it('where an incident is open for the target: it is named, and nothing joins it', async () => {
    const old = await past('o');
    world.tank('tanks/here/o');
    const open = await night.open('o', alertFor());
    const id = shortId((await open.describe()).runId);
    const { code, err } = await nightshift('incident', 'rerun', old.shortId, '--yes');
    expect(code).toBe(4);
    expect(err).toContain(`the incident ${id} is open for tanks/here/o`);
    // Visibility may be behind: the server itself must refuse, too.
    const direct = openIncident(night.client, {
      target: tankTarget('o'),
      runbook: 'TANK-1',
      by: 'ana',
      reason: 'again',
      observeOnly: true,
      product: 'test',
    });
    await expect(direct).rejects.toThrow(Refused);
    await expect(direct).rejects.toThrow(`${id} is open`);
    await open.signal('cancel', { by: 'ana', verified: 'token' });
    expect(alertsIn((await night.result(open)).facts)).toHaveLength(1);
  });

  it('where nobody can be asked and --yes is not said, and opens nothing', async () => {
    const old = await past('q');
    const { code, err, out } = await nightshift('incident', 'rerun', old.shortId);
    expect(code).toBe(2);
    expect(err).toContain('--yes');
    expect(out).toContain('its alert TankFull (critical)');
    expect(shortId((await handleOf('q').describe()).runId)).toBe(old.shortId);
  });

  it('where the target is not configured any more', async () => {
    const old = await past('n');
    const file = join(folder, 'other.yaml');
    writeFileSync(
      file,
      "engines: { local: 'unix:///x.sock' }\ntargets:\n  - { engine: local, container: agent }\n",
    );
    const { code, err } = await nightshift('incident', 'rerun', old.shortId, '--yes', '--config', file);
    expect(code).toBe(4);
    expect(err).toContain('tanks/here/n');
    expect(err).toContain('not configured any more');
    expect(shortId((await handleOf('n').describe()).runId)).toBe(old.shortId);
  });

  it('where the old one left nothing to be told from', async () => {
    world.tank('tanks/here/t', { unreadable: 'wait' });
    const handle = await night.open('t', alert());
    await handle.terminate('a test');
    const { code, err } = await nightshift('incident', 'rerun', 'tanks/here/t', '--yes');
    expect(code).toBe(4);
    expect(err).toContain('TERMINATED');
    expect(err).toContain('nightshift incident open tanks/here/t --runbook TANK-1');
  });
});

describe('insights without an archive', () => {
  it('are of what Temporal still has', async () => {
    const told = async () => {
      const { out } = await nightshift('insights', '--since', '1h', '-o', 'json');
      return JSON.parse(out) as Insights;
    };
    // Visibility is a moment behind.
    await until('all are listed', async () => (await told()).incidents === 15, 30_000);
    const insights = await told();
    expect(insights.from).toContain('Temporal');
    expect(insights.outcomes.map(({ outcome, behind }) => [outcome, behind.count])).toEqual([
      ['recovered', 13],
      ['self-recovered', 1],
      ['cancelled', 1],
    ]);
    expect(insights.withoutResult).toMatchObject([{ status: 'TERMINATED', behind: { count: 1 } }]);
    expect(insights.rehearsals.count).toBe(2);
    expect(insights.rungs.find(({ remedy }) => remedy === 'flush')?.applied).toBe(
      world.effects.filter((effect) => effect.startsWith('flush')).length,
    );
    expect(insights.decisions).toMatchObject({ asked: 1, approved: 1 });
  });
});
