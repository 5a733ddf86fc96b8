import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Decision, DecisionReply } from '../../model/decision.js';
import { alertFor, type Bench, bench, quick } from '../support/nightshift.js';
import { runbook } from '../support/tank/runbook.js';
import { World } from '../support/tank/world.js';

const world = new World();
let night: Bench;
let count = 0;
beforeAll(async () => {
  night = await bench(world, [runbook]);
  await night.startWorkers();
});
afterAll(() => night?.close());
beforeEach(() => {
  night.policy = { ...quick, remediesOff: ['flush', 'throttle'] };
  count += 1;
});

const name = (): string => `d${count}`;
const key = (): string => `tanks/here/${name()}`;
const restarts = (): number => world.count(`restart ${key()}`);

function decide(handle: WorkflowHandle, decision: Partial<Decision>): Promise<DecisionReply> {
  const whole: Decision = {
    hash: '0'.repeat(16),
    answer: 'approve',
    by: 'ana',
    verified: 'token',
    ...decision,
  };
  return handle.executeUpdate<DecisionReply, [Decision]>('decide', { args: [whole] });
}

async function asked(source = 'alertmanager') {
  world.tank(key());
  const handle = await night.open(name(), alertFor('TankFull', { source }));
  const view = await night.until(handle, ({ openDecision }) => openDecision !== undefined);
  return { handle, hash: view.openDecision?.hash as string };
}

describe('a decision', () => {
  it('that comes before anything is asked is refused, and the question is still asked', async () => {
    world.tank(key(), { unreadable: 'the gauge is stuck' });
    const handle = await night.open(name());
    await night.until(handle, () => true);
    expect(await decide(handle, {})).toMatchObject({ accepted: false, why: /no change is waiting/ });
    const tank = world.tanks.get(key());
    if (tank) delete tank.unreadable;
    const { openDecision } = await night.until(handle, (view) => view.openDecision !== undefined);
    expect(await decide(handle, { hash: openDecision?.hash as string })).toMatchObject({ accepted: true });
    expect((await night.result(handle)).outcome).toBe('recovered');
    expect(restarts()).toBe(1);
  });

  it('for another change than the one shown is stale', async () => {
    const { handle, hash } = await asked();
    expect(await decide(handle, { hash: 'f'.repeat(16) })).toMatchObject({
      accepted: false,
      why: /not the change/,
    });
    expect(restarts()).toBe(0);
    await decide(handle, { hash, answer: 'reject', comment: 'not now' });
    expect((await night.result(handle)).outcome).toBe('declined');
  });

  it('sent twice has its effect once, and the second is told what happened', async () => {
    const { handle, hash } = await asked();
    const replies = await Promise.all([decide(handle, { hash }), decide(handle, { hash, by: 'ben' })]);
    expect(replies.filter(({ accepted }) => accepted)).toHaveLength(1);
    await night.result(handle);
    expect(restarts()).toBe(1);
  });

  it('of a stranger does not count where a group decides', async () => {
    night.policy = { ...night.policy, decisions: { ...quick.decisions, group: ['ana'] } };
    const { handle, hash } = await asked();
    expect(await decide(handle, { hash, by: 'mallory' })).toMatchObject({
      accepted: false,
      why: /mallory is not among/,
    });
    expect(await decide(handle, { hash, by: 'ana' })).toMatchObject({ accepted: true });
    await night.result(handle);
  });

  it('of whoever opened the incident does not count', async () => {
    const { handle, hash } = await asked('person:ana');
    expect(await decide(handle, { hash, by: 'ana' })).toMatchObject({ accepted: false, why: /whoever asks/ });
    expect(await decide(handle, { hash, by: 'ben' })).toMatchObject({ accepted: true });
    await night.result(handle);
  });

  it('to reject needs a reason', async () => {
    const { handle, hash } = await asked();
    expect(await decide(handle, { hash, answer: 'reject' })).toMatchObject({
      accepted: false,
      why: /needs a reason/,
    });
    await decide(handle, { hash, answer: 'reject', comment: 'deploying right now' });
    const { outcome, report } = await night.result(handle);
    expect(outcome).toBe('declined');
    expect(report.outcomeWhy).toContain('deploying right now');
    expect(restarts()).toBe(0);
  });

  it('by two of two needs two different people', async () => {
    night.policy = { ...night.policy, decisions: { ...quick.decisions, approvals: 2 } };
    const { handle, hash } = await asked();
    expect(await decide(handle, { hash })).toMatchObject({ accepted: true, why: 'approval 1 of 2' });
    expect(await decide(handle, { hash, comment: 'again' })).toMatchObject({ accepted: false });
    expect(restarts()).toBe(0);
    expect(await decide(handle, { hash, by: 'ben' })).toMatchObject({ accepted: true });
    await night.result(handle);
    expect(restarts()).toBe(1);
  });

  it('by a bare signal proves no identity: it never approves an outage, unless Temporal’s access is trusted', async () => {
    const { handle, hash } = await asked();
    await handle.signal('approve', { by: 'ana', hash });
    const view = await night.until(handle, ({ ladder }) =>
      ladder.some(({ changes }) => changes.some(({ answers }) => answers.length > 0)),
    );
    expect(view.openDecision).toBeDefined();
    expect(restarts()).toBe(0);
    await handle.signal('reject', { by: 'ana', comment: 'no' });
    expect((await night.result(handle)).outcome).toBe('declined');

    count += 1;
    night.policy = { ...night.policy, decisions: { ...quick.decisions, trustTemporalAccess: true } };
    const trusted = await asked();
    await trusted.handle.signal('approve', { by: 'ana' });
    expect((await night.result(trusted.handle)).outcome).toBe('recovered');
    expect(restarts()).toBe(1);
  });

  it('that is malformed is refused before it is anything', async () => {
    const { handle, hash } = await asked();
    await expect(decide(handle, { hash: 'not a hash' })).rejects.toThrow();
    await decide(handle, { hash, answer: 'reject', comment: 'done' });
    await night.result(handle);
  });

  it('that nobody takes expires into an escalation', async () => {
    night.policy = { ...night.policy, decisions: { ...quick.decisions, timeLimitSeconds: 1 } };
    const { handle, hash } = await asked();
    const { outcome } = await night.result(handle);
    expect(outcome).toBe('escalated');
    expect(restarts()).toBe(0);
    await expect.poll(() => night.sent.map(({ what }) => what), { timeout: 30_000 }).toContain('escalation');
    await expect(decide(handle, { hash })).rejects.toThrow();
  });

  it('is not needed any more when the target recovers by itself', async () => {
    const { handle } = await asked();
    const tank = world.tanks.get(key());
    if (tank) tank.used = 30;
    const { outcome, report } = await night.result(handle);
    expect(outcome).toBe('self-recovered');
    expect(restarts()).toBe(0);
    expect(report.openDecision).toBeUndefined();
  }, 60_000);

  it('stays open when the target only restarts by itself, and says so', async () => {
    const { handle, hash } = await asked();
    const tank = world.tanks.get(key());
    if (tank) tank.starts += 1;
    const view = await night.until(handle, ({ timeline }) =>
      timeline.some(({ text }) => text.includes('started anew')),
    );
    expect(view.openDecision?.hash).toBe(hash);
    await decide(handle, { hash });
    expect((await night.result(handle)).outcome).toBe('recovered');
    expect(restarts()).toBe(1);
  }, 60_000);

  it('is asked anew when the target was replaced by another one', async () => {
    const { handle, hash } = await asked();
    const tank = world.tanks.get(key());
    if (tank) tank.uid = 'another';
    const { openDecision } = await night.until(
      handle,
      (view) => view.openDecision !== undefined && view.openDecision.hash !== hash,
    );
    expect(await decide(handle, { hash })).toMatchObject({ accepted: false });
    await decide(handle, { hash: openDecision?.hash as string });
    expect((await night.result(handle)).outcome).toBe('recovered');
    expect(restarts()).toBe(1);
  }, 60_000);

  it('loses its point when all alerts resolve: it is verified first', async () => {
    const { handle } = await asked();
    const tank = world.tanks.get(key());
    if (tank) tank.used = 30;
    await handle.signal('alert', alertFor('TankFull', { status: 'resolved' }));
    expect((await night.result(handle)).outcome).toBe('self-recovered');
    expect(restarts()).toBe(0);
  });

  it('is asked again when the alerts resolved and the soak says otherwise', async () => {
    const { handle } = await asked();
    await handle.signal('alert', alertFor('TankFull', { status: 'resolved' }));
    const view = await night.until(
      handle,
      (v) => v.verification?.passed === false && v.openDecision !== undefined,
    );
    await decide(handle, { hash: view.openDecision?.hash as string });
    expect((await night.result(handle)).outcome).toBe('recovered');
  });
});
