import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alertFor, type Bench, bench, quick } from '../support/nightshift.js';
import { runbook as overflow } from '../support/tank/overflow.js';
import { runbook } from '../support/tank/runbook.js';
import { World } from '../support/tank/world.js';

const world = new World();
let night: Bench;
const automatic = { target: 'auto', byDisruption: {}, byKind: {} } as const;
beforeAll(async () => {
  night = await bench(world, [runbook, overflow]);
  night.policy = { ...quick, autonomy: automatic };
  await night.startWorkers();
});
afterAll(() => night?.close());

const mistily = (name: string, severity: 'warning' | 'critical' = 'critical') =>
  night.open(name, alertFor('TankMisty', { runbook: 'TANK-2', severity }));

describe('the time at which people are told', () => {
  it('comes near with a predicted limit, and goes back once a change has helped', async () => {
    night.policyFor = () => ({ ...night.policy, deadlines: { warningSeconds: 900, criticalSeconds: 300 } });
    world.tank('tanks/here/relaxed');
    const { outcome, facts } = await night.result(await mistily('relaxed'));
    night.policyFor = () => night.policy;
    expect(outcome).toBe('recovered');
    const set = facts.filter((fact) => fact.type === 'deadlineSet').map(({ why }) => why);
    expect(set.slice(-2)).toEqual([
      'the limit is predicted soon after',
      'what was done helped, so the limit is no longer near',
    ]);
    const [near = 0, far = 0] = facts
      .filter((fact) => fact.type === 'deadlineSet')
      .slice(-2)
      .map(({ due }) => Date.parse(due));
    expect(far - near).toBeGreaterThan(200_000);
  });
});

describe('where more will be known in a while', () => {
  it('the target is looked at again before people are woken, and the rung that fits then is taken', async () => {
    world.tank('tanks/here/again');
    const { outcome, facts } = await night.result(await mistily('again'));
    expect(outcome).toBe('recovered');
    expect(world.count('restart tanks/here/again')).toBe(1);
    const waited = facts.find((fact) => fact.type === 'watching');
    expect(waited).toMatchObject({ why: 'how it fills is not known yet' });
    expect(facts.some((fact) => fact.type === 'escalated')).toBe(false);
    // Said once of each rung, however often the ladder was climbed for it.
    const skips = facts.filter((fact) => fact.type === 'rungSkipped');
    expect(new Set(skips.map(({ remedy }) => remedy)).size).toBe(skips.length);
  });

  it('at warning, too: what disrupts nothing is done then, not at the end of the watch', async () => {
    world.tank('tanks/here/calm', { used: 85, flushedTo: 40 });
    const { outcome } = await night.result(await mistily('calm', 'warning'));
    expect(outcome).toBe('recovered');
    expect(world.count('flush tanks/here/calm')).toBe(1);
  });

  it('people are told at the deadline, whatever is still to be found out', async () => {
    night.policyFor = () => ({
      ...night.policy,
      deadlines: { warningSeconds: 1, criticalSeconds: 1 },
    });
    world.tank('tanks/here/late');
    const { outcome, facts } = await night.result(await mistily('late'));
    night.policyFor = () => night.policy;
    expect(outcome).toBe('escalated');
    expect(facts.map(({ type }) => type)).toContain('deadlinePassed');
    expect(world.count('restart tanks/here/late')).toBe(0);
  });

  it('a pause in between is kept, and the look comes after it', async () => {
    world.tank('tanks/here/paused');
    const handle = await mistily('paused');
    await night.until(handle, ({ phase }) => phase === 'watching');
    await handle.signal('pause', { by: 'ana', verified: 'token', reason: 'looking myself' });
    await night.until(handle, ({ paused }) => paused !== undefined);
    await handle.signal('resume', { by: 'ana', verified: 'token' });
    expect(await night.result(handle)).toMatchObject({ outcome: 'recovered' });
  });
});
