import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseWebhook } from '../../client/alerts/alertmanager.js';
import { type Config, parseConfig } from '../../config/index.js';
import { ensureWatches, plansOf } from '../../worker/watches.js';
import { type WatchInput, type WatchView, watchMessages, workflowIds } from '../../workflows/contract.js';
import { alertFor, type Bench, bench, quick, scope } from '../support/nightshift.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { runbook } from '../support/tank/runbook.js';
import { World } from '../support/tank/world.js';

const world = new World();
let night: Bench;
let receiver: Receiver;
let stopWorkers: () => Promise<void>;
beforeAll(async () => {
  night = await bench(world, [runbook]);
  receiver = await startReceiver();
  stopWorkers = await night.startWorkers();
});
afterAll(async () => {
  await night?.close();
  await receiver?.close();
});

/** A configuration that watches the tanks of these names, five times a second. */
function config(names: readonly string[], more = ''): Config {
  const targets = names.map(
    (name) => `  - { key: ${scope}/${name}, kind: tank, scope: ${scope}, autonomy: auto }`,
  );
  const watches = names.map(
    (name) =>
      `  - { target: ${scope}/${name}, every: 200ms, postTo: '${receiver.url}', bearer: receiver${more} }`,
  );
  const secrets = 'secrets: { receiver: { env: UNUSED } }';
  const text = [secrets, 'targets:', ...targets, 'watches:', ...watches].join('\n');
  return parseConfig(names.length > 0 ? text : secrets, 'nightshift.yaml', { runbooks: [runbook] });
}

const watchOf = (name: string): WorkflowHandle =>
  night.client.workflow.getHandle(workflowIds.watch(`${scope}/${name}`));
const viewOf = (name: string) => watchOf(name).query<WatchView>(watchMessages.view);

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const giveUp = Date.now() + 20_000; !(await holds()); ) {
    if (Date.now() > giveUp) throw new Error(`it did not come to that: ${what}; got ${receiver.names()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Forgets what has come, and answers 200 from now on. */
function anew(status = 200): void {
  Object.assign(receiver, { status, asked: 0 });
  receiver.received.length = 0;
}

/** What has come about one tank. */
const about = (name: string): readonly string[] => receiver.names(`${scope}/${name}`);

async function activities(name: string, type: string): Promise<number> {
  const { events } = await watchOf(name).fetchHistory();
  return (events ?? []).filter(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === type,
  ).length;
}

describe('a watch', () => {
  it('posts over the threshold, opens an incident, and tells both when it is over', async () => {
    night.policy = quick;
    anew();
    world.tank(`${scope}/full`, { used: 87, flushedTo: 40 });
    await ensureWatches(night.client, config(['full']), [scope]);
    await until('told and ended', () => about('full').length === 2);
    expect(about('full')).toEqual(['firing MemoryHighProactive', 'resolved MemoryHighProactive']);
    const [{ authorization, body }] = receiver.received as [Receiver['received'][0]];
    expect(authorization).toBe('Bearer secret');
    expect(body).toMatchObject({ usage: 87, target: `${scope}/full` });
    // What takes Alertmanager's webhooks takes it: Nightshift itself does.
    expect(parseWebhook(JSON.stringify(body)).alerts).toMatchObject([
      { name: 'MemoryHighProactive', status: 'firing', severity: 'warning' },
    ]);
    const { outcome, facts } = await night.result(
      night.client.workflow.getHandle(workflowIds.incident(`${scope}/full`)),
    );
    expect(outcome).toBe('recovered');
    expect(facts.find(({ type }) => type === 'alert')).toMatchObject({
      alert: { source: 'watch', name: 'MemoryHighProactive', runbook: 'TANK-1' },
    });
    expect(world.count(`flush ${scope}/full`)).toBe(1);
    await until('nothing is left to send', async () => {
      const { unsent, lost } = await viewOf('full');
      return unsent.incident.length + unsent.post.length + lost.length === 0;
    });
    expect(await activities('full', 'tellIncident')).toBe(2);
  });

  it('loses nothing, and keeps the order, where the receiver refuses for a while', async () => {
    anew(503);
    world.tank(`${scope}/late`, { used: 88, flushedTo: 30 });
    await ensureWatches(night.client, config(['late']), [scope]);
    await until('it was refused, and the incident has helped', async () => {
      const { unsent } = await viewOf('late');
      return receiver.asked >= 2 && unsent.post.length === 2;
    });
    receiver.status = 200;
    await until('both have come', () => about('late').length === 2);
    expect(about('late')).toEqual(['firing MemoryHighProactive', 'resolved MemoryHighProactive']);
  });

  it('never carries its token elsewhere: a redirect is a refusal', async () => {
    anew(302);
    world.tank(`${scope}/moved`, { used: 88, flushedTo: 30 });
    await ensureWatches(night.client, config(['moved']), [scope]);
    await until('it was asked twice', () => receiver.asked >= 2);
    expect((await viewOf('moved')).unsent.post.length).toBeGreaterThan(0);
    receiver.status = 200;
    await until('it has come', () => about('moved').length >= 1);
  });

  it('joins an open incident instead of opening another', async () => {
    night.policy = quick;
    world.tank(`${scope}/both`, { used: 95 });
    const handle = await night.open('both', alertFor());
    await night.until(handle, (view) => view.openDecision !== undefined);
    await ensureWatches(night.client, config(['both']), [scope]);
    const { alerts } = await night.until(handle, (view) => view.alerts.length === 2);
    expect(alerts.map(({ alert }) => alert.name)).toContain('MemoryHighProactive');
    await handle.signal('cancel', { by: 'ana', reason: 'seen' });
  });

  it('is one activity while there is nothing to tell, however many samples', async () => {
    const tank = world.tank(`${scope}/quiet`, { used: 50 });
    await ensureWatches(night.client, config(['quiet']), [scope]);
    tank.perSecond = 0.01;
    await until('twenty samples', () => tank.used > 50.2);
    expect(await activities('quiet', 'watchTarget')).toBe(1);
  });

  it('goes on in a new run when its day is over, and does not tell again what it has told', async () => {
    anew();
    const tank = world.tank(`${scope}/long`, { used: 89, flushedTo: 89, restartedTo: 89 });
    const [plan] = plansOf(config(['long']));
    if (!plan) throw new Error('no plan');
    const input: WatchInput = { plan, runSeconds: 2 };
    const { workflowId, firstExecutionRunId } = await night.client.workflow.start('watch', {
      workflowId: workflowIds.watch(`${scope}/long`),
      taskQueue: 'nightshift',
      args: [input],
    });
    await until('the first day has passed', async () => {
      const { runId } = await night.client.workflow.getHandle(workflowId).describe();
      return runId !== firstExecutionRunId;
    });
    tank.perSecond = -1;
    await until('it has ended', () => about('long').some((name) => name.startsWith('resolved')));
    expect(about('long')).toEqual(['firing MemoryHighProactive', 'resolved MemoryHighProactive']);
    await night.client.workflow.getHandle(workflowId).cancel();
  });

  it('takes a changed configuration up while it runs, and ends when it is taken out', async () => {
    anew();
    world.tank(`${scope}/changed`, { used: 70 });
    await ensureWatches(night.client, config(['changed']), [scope]);
    await until('it has a sample', async () => (await activities('changed', 'watchTarget')) === 1);
    await ensureWatches(night.client, config(['changed'], ', threshold: 60%'), [scope]);
    await until('the new threshold binds', () => about('changed').includes('firing MemoryHighProactive'));
    expect((await viewOf('changed')).plan.thresholdPercent).toBe(60);
    // The same again changes nothing.
    const before = await activities('changed', 'watchTarget');
    await ensureWatches(night.client, config(['changed'], ', threshold: 60%'), [scope]);
    expect(await activities('changed', 'watchTarget')).toBe(before);
    await until('it is ended', async () => {
      await ensureWatches(night.client, config([]), [scope]);
      return (await watchOf('changed').describe()).status.name === 'CANCELLED';
    });
  });

  it('of another scope is left alone', async () => {
    world.tank(`${scope}/other`, { used: 10 });
    await ensureWatches(night.client, config(['other']), [scope]);
    await until('visibility knows it', async () => {
      const query = `WorkflowId = '${workflowIds.watch(`${scope}/other`)}'`;
      for await (const _ of night.client.workflow.list({ query })) return true;
      return false;
    });
    const { ended } = await ensureWatches(night.client, config([]), ['docker/local']);
    expect(ended).toEqual([]);
    expect((await watchOf('other').describe()).status.name).toBe('RUNNING');
  });

  it('goes on where it was when its worker is another one', async () => {
    anew();
    const tank = world.tank(`${scope}/moving`, { used: 86, flushedTo: 86, restartedTo: 86 });
    await ensureWatches(night.client, config(['moving']), [scope]);
    await until('it is told', () => about('moving').length === 1);
    await stopWorkers();
    stopWorkers = await night.startWorkers();
    tank.used = 20;
    await until('it has ended', () => about('moving').length === 2);
    expect(about('moving')).toEqual(['firing MemoryHighProactive', 'resolved MemoryHighProactive']);
  });
});
