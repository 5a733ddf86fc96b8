import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { memoKeys } from '../../workflows/contract.js';
import { alertFor, type Bench, bench, quick, scope } from '../support/nightshift.js';
import { runbook as overflow } from '../support/tank/overflow.js';
import { runbook } from '../support/tank/runbook.js';
import { World } from '../support/tank/world.js';

const world = new World();
let night: Bench;
beforeAll(async () => {
  night = await bench(world, [runbook, overflow]);
  await night.startWorkers();
});
afterAll(() => night?.close());
beforeEach(() => {
  night.policy = quick;
});

describe('alerts of one target', () => {
  it('join the open incident, and repeats are only counted', async () => {
    night.policy = { ...quick, remediesOff: ['flush', 'throttle'] };
    world.tank('tanks/here/j');
    const handle = await night.open('j');
    const { openDecision } = await night.until(handle, (view) => view.openDecision !== undefined);
    await night.open('j', alertFor('TankSlow', { severity: 'warning' }));
    for (let n = 0; n < 100; n += 1) await handle.signal('alert', alertFor());
    const view = await night.until(
      handle,
      ({ alerts }) => alerts.length === 2 && (alerts[0]?.repeats ?? 0) >= 64,
    );
    expect(view.alerts.map(({ alert }) => alert.name)).toEqual(['TankFull', 'TankSlow']);
    await handle.executeUpdate('decide', {
      args: [{ hash: openDecision?.hash, answer: 'approve', by: 'ana', verified: 'token' }],
    });
    const { facts, outcome } = await night.result(handle);
    expect(outcome).toBe('recovered');
    expect(facts.filter(({ type }) => type === 'alertRepeated').length).toBeLessThan(10);
    expect(world.count('restart tanks/here/j')).toBe(1);
  });

  it('of another runbook during the last soak are worked in the same incident', async () => {
    night.policy = { ...quick, soak: { seconds: 2, everySeconds: 0.2 } };
    world.tank('tanks/here/o', { flushedTo: 40 });
    const handle = await night.open('o');
    await night.until(handle, ({ phase }) => phase === 'verifying');
    await night.open('o', alertFor('TankOverflow', { runbook: 'TANK-2' }));
    const { facts, report } = await night.result(handle);
    expect(facts.some(({ type }) => type === 'runbookChanged')).toBe(true);
    expect(report.runbook).toBe('TANK-2');
    expect(facts.filter(({ type }) => type === 'opened')).toHaveLength(1);
  });

  it('that our own restart must be expected to cause are recorded as expected, and don’t keep it open', async () => {
    night.policy = {
      ...quick,
      remediesOff: ['flush', 'throttle'],
      autonomy: { target: 'auto', byDisruption: {}, byKind: {} },
    };
    world.tank('tanks/here/e');
    const handle = night.client.workflow.getHandle('incident/tanks/here/e');
    world.after = async (effect) => {
      if (effect === 'restart tanks/here/e')
        await handle.signal('alert', alertFor('TankDown', { fingerprint: 'down' }));
    };
    await night.open('e');
    const { report, outcome } = await night.result(handle);
    world.after = async () => undefined;
    expect(outcome).toBe('recovered');
    expect(report.alerts.find(({ alert }) => alert.name === 'TankDown')?.expected).toBeDefined();
    expect(world.count('restart tanks/here/e')).toBe(1);
  });

  it('that have all resolved lead to verification, not straight to an end', async () => {
    night.policy = {
      ...quick,
      remediesOff: ['flush', 'throttle', 'restart'],
      thresholds: { warningPercent: 80, criticalPercent: 99 },
    };
    const tank = world.tank('tanks/here/r');
    const handle = await night.open('r', alertFor('TankFull', { severity: 'warning' }));
    await night.until(handle, ({ phase }) => phase === 'watching');
    tank.used = 10;
    await handle.signal('alert', alertFor('TankFull', { status: 'resolved' }));
    const { outcome, report } = await night.result(handle);
    expect(outcome).toBe('self-recovered');
    expect(report.verification?.passed).toBe(true);
  });

  it('that come while no worker runs are worked when one comes', async () => {
    const lone = new World();
    const other = await bench(lone, [runbook]);
    try {
      lone.tank('tanks/here/w', { flushedTo: 40 });
      const handle = await other.open('w');
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect(lone.reads).toBe(0);
      await other.startWorkers();
      expect((await other.result(handle)).outcome).toBe('recovered');
    } finally {
      await other.close();
    }
  }, 60_000);
});

describe('after an incident that did not help', () => {
  it('the same alert is held off, and one that has resolved in between is new', async () => {
    night.policy = { ...quick, remediesOff: ['flush', 'throttle', 'restart'] };
    world.tank('tanks/here/h');
    const first = await night.open('h');
    expect((await night.result(first)).outcome).toBe('escalated');
    const { memo } = await first.describe();
    expect(memo?.[memoKeys.holdOff]).toMatchObject({ seconds: 60, outcome: 'escalated' });

    const governor = night.client.workflow.getHandle(`governor/${scope}`);
    const held = {
      alert: alertFor(),
      target: { key: 'tanks/here/h', kind: 'tank', scope },
      runbook: 'TANK-1',
    };
    await governor.signal('heldOffAlert', held);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await first.describe()).status.name).toBe('COMPLETED');

    await governor.signal('heldOffResolved', { target: 'tanks/here/h', fingerprint: held.alert.fingerprint });
    await governor.signal('heldOffAlert', held);
    await night.until(
      night.client.workflow.getHandle('incident/tanks/here/h'),
      (view) => view.runId !== (first as { firstExecutionRunId?: string }).firstExecutionRunId,
    );
    const again = await night.client.workflow.getHandle('incident/tanks/here/h').result();
    expect(again).toMatchObject({ outcome: 'escalated' });
  }, 60_000);
});
