import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decide } from '../../client/incidents/act.js';
import { alertFor, type Bench, bench, quick } from '../support/nightshift.js';
import { runbook as overflow } from '../support/tank/overflow.js';
import { runbook } from '../support/tank/runbook.js';
import { World } from '../support/tank/world.js';

const world = new World();
let night: Bench;
const auto = { target: 'auto', byDisruption: {}, byKind: {} } as const;
const person = { by: 'ana', verified: 'token' } as const;
beforeAll(async () => {
  night = await bench(world, [runbook, overflow]);
  await night.startWorkers();
});
afterAll(() => night?.close());
beforeEach(() => {
  night.policy = quick;
});

async function events(handle: WorkflowHandle): Promise<number> {
  return (await handle.describe()).historyLength;
}

describe('an incident that does not get well', () => {
  it('watches quietly after its alerts have resolved and the soak has failed', async () => {
    night.policy = {
      ...quick,
      remediesOff: ['flush', 'throttle', 'restart'],
      thresholds: { warningPercent: 80, criticalPercent: 99 },
    };
    world.tank('tanks/here/quiet', { used: 85 });
    const handle = await night.open('quiet', alertFor('TankFull', { severity: 'warning' }));
    await night.until(handle, ({ phase }) => phase === 'watching');
    await handle.signal('alert', alertFor('TankFull', { severity: 'warning', status: 'resolved' }));
    await night.until(handle, (view) => view.verification?.passed === false && view.phase === 'watching');
    const before = await events(handle);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect((await events(handle)) - before).toBeLessThan(15);
    await handle.signal('cancel', { ...person, reason: 'enough' });
    await night.result(handle);
  });

  it('keeps a deadline that is longer than the default', async () => {
    night.policy = {
      ...quick,
      remediesOff: ['flush', 'throttle'],
      deadlines: { warningSeconds: 7200, criticalSeconds: 3600 },
    };
    world.tank('tanks/here/long');
    const handle = await night.open('long');
    const { deadline, openedAt } = await night.until(
      handle,
      ({ openDecision }) => openDecision !== undefined,
    );
    const seconds = (Date.parse(deadline ?? '') - Date.parse(openedAt)) / 1000;
    expect(seconds).toBeGreaterThan(3500);
    expect(seconds).toBeLessThanOrEqual(3601);
    await handle.signal('cancel', { ...person, reason: 'enough' });
    await night.result(handle);
  });
});

describe('alerts that join', () => {
  it('are worked with the ladder under way: what a person rejected is not asked again for them', async () => {
    night.policy = { ...quick, remediesOff: ['flush', 'throttle'] };
    world.tank('tanks/here/join');
    const handle = await night.open('join');
    const { openDecision } = await night.until(handle, (view) => view.openDecision !== undefined);
    await night.open('join', alertFor('TankVeryFull'));
    const hash = openDecision?.hash as string;
    await decide(night.client, 'tanks/here/join', { ...person, hash, answer: 'reject', comment: 'not now' });
    const { outcome, facts } = await night.result(handle);
    expect(outcome).toBe('declined');
    expect(facts.filter(({ type }) => type === 'decisionRequested')).toHaveLength(1);
  });

  it('wake a watch when they are critical', async () => {
    night.policy = {
      ...quick,
      autonomy: auto,
      remediesOff: ['flush', 'throttle'],
      thresholds: { warningPercent: 80, criticalPercent: 99 },
    };
    world.tank('tanks/here/wake', { used: 85 });
    const handle = await night.open('wake', alertFor('TankFull', { severity: 'warning' }));
    await night.until(handle, ({ phase }) => phase === 'watching');
    await night.open('wake', alertFor('TankVeryFull', { severity: 'critical' }));
    expect((await night.result(handle)).outcome).toBe('recovered');
    expect(world.count('restart tanks/here/wake')).toBe(1);
  });

  it('of another runbook do not make this one more severe', async () => {
    night.policy = {
      ...quick,
      autonomy: auto,
      remediesOff: ['flush', 'throttle'],
      thresholds: { warningPercent: 80, criticalPercent: 99 },
    };
    const tank = world.tank('tanks/here/other', { used: 85 });
    const handle = await night.open('other', alertFor('TankFull', { severity: 'warning' }));
    await night.until(handle, ({ phase }) => phase === 'watching');
    await night.open('other', alertFor('TankOverflow', { severity: 'critical', runbook: 'TANK-2' }));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(world.count('restart tanks/here/other')).toBe(0);
    tank.used = 10;
    await handle.signal('alert', alertFor('TankFull', { severity: 'warning', status: 'resolved' }));
    await handle.signal(
      'alert',
      alertFor('TankOverflow', { severity: 'critical', status: 'resolved', runbook: 'TANK-2' }),
    );
    expect((await night.result(handle)).outcome).toBe('self-recovered');
  });

  it('of another runbook end well though a change of the first one stays', async () => {
    night.policy = { ...quick, remediesOff: ['restart', 'flush'] };
    const tank = world.tank('tanks/here/stays');
    const handle = await night.open('stays');
    await night.open('stays', alertFor('TankOverflow', { runbook: 'TANK-2' }));
    const { facts, report } = await night.result(handle);
    expect(facts.some(({ type }) => type === 'runbookChanged')).toBe(true);
    expect(report.stays.join()).toContain('tank throttle stays off');
    expect(facts.filter(({ type }) => type === 'escalated')).toHaveLength(2);
    expect(tank.throttled).toBe(true);
  });
});

describe('what is overtaken', () => {
  it('begins again at the gentlest rung', async () => {
    night.policy = { ...quick, autonomy: auto };
    const tank = world.tank('tanks/here/gentle', { flushedTo: 40 });
    let first = true;
    world.before = async (effect) => {
      if (!first || effect !== 'flush tanks/here/gentle') return;
      first = false;
      tank.uid = 'another';
    };
    const { outcome } = await night.result(await night.open('gentle')).finally(() => {
      world.before = async () => undefined;
    });
    expect(outcome).toBe('recovered');
    expect(world.count('restart tanks/here/gentle')).toBe(0);
    expect(world.count('flush tanks/here/gentle')).toBe(1);
  });

  it('does not cool down what it never did', async () => {
    night.policy = { ...quick, autonomy: auto, remediesOff: ['flush', 'throttle'], cooldownSeconds: 600 };
    const tank = world.tank('tanks/here/cool');
    let first = true;
    world.before = async (effect) => {
      if (!first || effect !== 'restart tanks/here/cool') return;
      first = false;
      tank.uid = 'another';
    };
    const { outcome } = await night.result(await night.open('cool')).finally(() => {
      world.before = async () => undefined;
    });
    expect(outcome).toBe('recovered');
    expect(world.count('restart tanks/here/cool')).toBe(1);
  });

  it('keeps its approval when the look before it failed: the same question is not asked twice', async () => {
    night.policy = { ...quick, remediesOff: ['flush', 'throttle'] };
    const tank = world.tank('tanks/here/again', { goingOn: [] });
    const handle = await night.open('again');
    const { openDecision } = await night.until(handle, (view) => view.openDecision !== undefined);
    const hash = openDecision?.hash as string;
    // The gauge fails just when it is to be carried out: nothing is sent, and the same question comes again.
    let blinded = false;
    const read = world.adapter.read.bind(world.adapter);
    Object.assign(world.adapter, {
      read: async (...args: Parameters<typeof read>) => {
        if (args[0].key !== 'tanks/here/again' || blinded) return read(...args);
        blinded = true;
        tank.unreadable = 'a moment';
        try {
          return await read(...args);
        } finally {
          delete tank.unreadable;
        }
      },
    });
    try {
      expect(
        await decide(night.client, 'tanks/here/again', { ...person, hash, answer: 'approve' }),
      ).toMatchObject({ accepted: true });
      const { outcome, facts } = await night.result(handle);
      expect(outcome).toBe('recovered');
      expect(blinded).toBe(true);
      expect(facts.filter(({ type }) => type === 'decisionRequested')).toHaveLength(1);
    } finally {
      Object.assign(world.adapter, { read });
    }
    expect(world.count('restart tanks/here/again')).toBe(1);
  });

  it('what comes up just when it is to be sent is asked about, and no harsher rung goes before it', async () => {
    const automatic = { target: 'auto', byDisruption: {}, byKind: {} } as const;
    night.policy = { ...quick, remediesOff: ['flush', 'throttle'], autonomy: automatic };
    const tank = world.tank('tanks/here/sudden');
    const read = world.adapter.read.bind(world.adapter);
    let reads = 0;
    Object.assign(world.adapter, {
      read: async (...args: Parameters<typeof read>) => {
        if (args[0].key !== 'tanks/here/sudden') return read(...args);
        reads += 1;
        // The second look is the one directly before the restart.
        tank.goingOn = reads === 2 ? ['a request is being answered'] : [];
        return read(...args);
      },
    });
    try {
      const handle = await night.open('sudden');
      const { openDecision } = await night.until(handle, (view) => view.openDecision !== undefined);
      expect(openDecision).toMatchObject({
        change: { kind: 'tank.restart' },
        why: [expect.stringContaining('a request is being answered')],
      });
      expect(world.count('restart tanks/here/sudden')).toBe(0);
      const hash = openDecision?.hash as string;
      await decide(night.client, 'tanks/here/sudden', { ...person, hash, answer: 'approve' });
      expect((await night.result(handle)).outcome).toBe('recovered');
    } finally {
      Object.assign(world.adapter, { read });
    }
    expect(world.count('restart tanks/here/sudden')).toBe(1);
  });

  it('a reject is heard when its reason follows', async () => {
    night.policy = { ...quick, remediesOff: ['flush', 'throttle'] };
    world.tank('tanks/here/reason');
    const handle = await night.open('reason');
    const { openDecision } = await night.until(handle, (view) => view.openDecision !== undefined);
    const hash = openDecision?.hash as string;
    expect(
      await decide(night.client, 'tanks/here/reason', { ...person, hash, answer: 'reject' }),
    ).toMatchObject({ accepted: false });
    expect(
      await decide(night.client, 'tanks/here/reason', {
        ...person,
        hash,
        answer: 'reject',
        comment: 'deploying',
      }),
    ).toMatchObject({ accepted: true });
    expect((await night.result(handle)).outcome).toBe('declined');
  });
});

describe('people are told', () => {
  it('that it has ended, too', async () => {
    night.policy = { ...quick, remediesOff: ['flush', 'throttle', 'restart'] };
    world.tank('tanks/here/told');
    await night.result(await night.open('told'));
    const told = () =>
      night.sent.filter(({ title }) => title.includes('tanks/here/told')).map(({ what }) => what);
    for (let n = 0; n < 50 && told().length < 2; n += 1)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(told()).toEqual(['escalation', 'closed']);
  });
});
