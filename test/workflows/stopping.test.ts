import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { alertFor, type Bench, bench, quick } from '../support/nightshift.js';
import { runbook } from '../support/tank/runbook.js';
import { World } from '../support/tank/world.js';

const world = new World();
let night: Bench;
beforeAll(async () => {
  night = await bench(world, [runbook]);
  await night.startWorkers();
});
afterAll(() => night?.close());
beforeEach(() => {
  night.policy = quick;
});
const person = { by: 'ana', verified: 'token', reason: 'looking myself' };

describe('people stay in charge', () => {
  it('a pause lets nothing new begin, and resume goes on', async () => {
    const tank = world.tank('tanks/here/p', { unreadable: 'wait' });
    const handle = await night.open('p');
    await handle.signal('pause', person);
    delete tank.unreadable;
    const view = await night.until(handle, ({ measure }) => measure !== undefined);
    expect(view.paused?.by).toBe('ana');
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(world.effects.filter((effect) => effect.endsWith('/p'))).toEqual([]);
    tank.flushedTo = 40;
    await handle.signal('resume', person);
    expect((await night.result(handle)).outcome).toBe('recovered');
  }, 60_000);

  it('a pause that nobody ends runs out into an escalation', async () => {
    night.policy = { ...quick, pauseLimitSeconds: 1, remediesOff: ['flush'] };
    world.tank('tanks/here/q');
    const handle = await night.open('q');
    await night.until(handle, ({ openDecision }) => openDecision !== undefined);
    await handle.signal('pause', person);
    const { openDecision } = await night.view(handle);
    await handle.executeUpdate('decide', {
      args: [{ hash: openDecision?.hash, answer: 'approve', by: 'ana', verified: 'token' }],
    });
    const { outcome, report } = await night.result(handle);
    expect(outcome).toBe('escalated');
    expect(report.outcomeWhy).toContain('pause');
    expect(world.count('restart tanks/here/q')).toBe(0);
  });

  it('cancel works while paused, takes back what was temporary, and leaves a report', async () => {
    world.tank('tanks/here/c');
    const handle = await night.open('c');
    await night.until(handle, ({ openDecision }) => openDecision !== undefined);
    expect(world.tanks.get('tanks/here/c')?.throttled).toBe(true);
    await handle.signal('pause', person);
    await handle.signal('cancel', person);
    const { outcome, report } = await night.result(handle);
    expect(outcome).toBe('cancelled');
    expect(report.rollbacks).toHaveLength(1);
    expect(world.tanks.get('tanks/here/c')?.throttled).toBe(false);
    expect((await handle.describe()).status.name).toBe('COMPLETED');
  });

  it('a cancellation through Temporal itself ends the same way', async () => {
    world.tank('tanks/here/t');
    const handle = await night.open('t');
    await night.until(handle, ({ openDecision }) => openDecision !== undefined);
    await handle.cancel();
    const { outcome } = await night.result(handle);
    expect(outcome).toBe('cancelled');
    expect(world.tanks.get('tanks/here/t')?.throttled).toBe(false);
  });

  it('a temporary change stays when it ends in an escalation, and the report gives its command', async () => {
    night.policy = { ...quick, remediesOff: ['restart'] };
    world.tank('tanks/here/s');
    const { outcome, report } = await night.result(await night.open('s'));
    expect(outcome).toBe('escalated');
    expect(report.stays.join()).toContain('tank throttle s off');
    expect(world.tanks.get('tanks/here/s')?.throttled).toBe(true);
  });
});

describe('people are always reached', () => {
  it('at the deadline, while a decision is open, and it can still be decided', async () => {
    night.policy = {
      ...quick,
      remediesOff: ['flush', 'throttle'],
      deadlines: { warningSeconds: 2, criticalSeconds: 2 },
    };
    world.tank('tanks/here/l');
    const handle = await night.open('l');
    const view = await night.until(handle, ({ escalations }) => escalations.length > 0);
    await handle.executeUpdate('decide', {
      args: [{ hash: view.openDecision?.hash, answer: 'approve', by: 'ana', verified: 'token' }],
    });
    expect((await night.result(handle)).outcome).toBe('recovered');
    const told = () => night.sent.some(({ what, title }) => what === 'escalation' && title.includes('/l'));
    await expect.poll(told, { timeout: 30_000 }).toBe(true);
  });

  it('when the target can not be read: nothing is changed', async () => {
    night.policy = { ...quick, deadlines: { warningSeconds: 2, criticalSeconds: 2 } };
    world.tank('tanks/here/u', { unreadable: 'the gauge is stuck' });
    const { outcome } = await night.result(await night.open('u'));
    expect(outcome).toBe('escalated');
    expect(world.effects.filter((effect) => effect.endsWith('/u'))).toEqual([]);
  }, 60_000);

  it('when the target is gone', async () => {
    const { outcome, report } = await night.result(await night.open('gone'));
    expect(outcome).toBe('escalated');
    expect(report.outcomeWhy).toContain('there is no tank');
  });
});

describe('guardrails', () => {
  it('at warning only what disrupts nothing is done, and it watches until it falls', async () => {
    night.policy = { ...quick, thresholds: { warningPercent: 80, criticalPercent: 99 } };
    const tank = world.tank('tanks/here/g', { used: 90, flushedTo: 89 });
    const handle = await night.open('g', alertFor('TankFull', { severity: 'warning' }));
    await night.until(handle, ({ phase }) => phase === 'watching');
    expect(world.count('restart tanks/here/g')).toBe(0);
    tank.used = 10;
    await handle.signal('alert', alertFor('TankFull', { severity: 'warning', status: 'resolved' }));
    expect((await night.result(handle)).outcome).toBe('recovered');
    expect(world.count('restart tanks/here/g')).toBe(0);
  });

  it('at warning it climbs on when it becomes critical', async () => {
    night.policy = {
      ...quick,
      remediesOff: ['flush', 'throttle'],
      autonomy: { target: 'auto', byDisruption: {}, byKind: {} },
      thresholds: { warningPercent: 80, criticalPercent: 99 },
    };
    const tank = world.tank('tanks/here/k', { used: 90 });
    const handle = await night.open('k', alertFor('TankFull', { severity: 'warning' }));
    await night.until(handle, ({ phase }) => phase === 'watching');
    expect(world.count('restart tanks/here/k')).toBe(0);
    tank.used = 99.5;
    expect((await night.result(handle)).outcome).toBe('recovered');
    expect(world.count('restart tanks/here/k')).toBe(1);
  }, 60_000);

  it('a target that may only be observed is observed', async () => {
    night.policy = { ...quick, autonomy: { target: 'observe', byDisruption: {}, byKind: {} } };
    world.tank('tanks/here/ob');
    const { outcome, report } = await night.result(await night.open('ob'));
    expect(outcome).toBe('observed');
    expect(world.effects.filter((effect) => effect.endsWith('/ob'))).toEqual([]);
    expect(report.ladder.flatMap(({ changes }) => changes).length).toBe(3);
  });

  it('a rehearsal plans everything and changes nothing', async () => {
    world.tank('tanks/here/rh');
    const { outcome } = await night.result(await night.open('rh', alertFor(), { observeOnly: true }));
    expect(outcome).toBe('observed');
    expect(world.effects.filter((effect) => effect.endsWith('/rh'))).toEqual([]);
  });

  it('what is going on with the target demands a decision that shows it', async () => {
    night.policy = {
      ...quick,
      remediesOff: ['flush', 'throttle'],
      autonomy: { target: 'auto', byDisruption: {}, byKind: {} },
    };
    world.tank('tanks/here/go', { goingOn: ['3 requests in flight'] });
    const handle = await night.open('go');
    const { openDecision } = await night.until(handle, (view) => view.openDecision !== undefined);
    expect(openDecision?.why.join()).toContain('3 requests in flight');
    await handle.signal('cancel', person);
    await night.result(handle);
  });

  it('the third restart within a day is for people to decide', async () => {
    night.policy = {
      ...quick,
      remediesOff: ['flush', 'throttle'],
      autonomy: { target: 'auto', byDisruption: {}, byKind: {} },
    };
    for (const _ of [1, 2]) {
      world.tank('tanks/here/often');
      expect((await night.result(await night.open('often'))).outcome).toBe('recovered');
    }
    world.tank('tanks/here/often');
    const handle = await night.open('often');
    const { openDecision } = await night.until(handle, (view) => view.openDecision !== undefined);
    expect(openDecision?.why.join()).toContain('number 3');
    await handle.signal('cancel', person);
    await night.result(handle);
    expect(world.count('restart tanks/here/often')).toBe(2);
  });
});
