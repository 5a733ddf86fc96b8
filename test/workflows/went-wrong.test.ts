import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, bench, quick } from '../support/nightshift.js';
import { runbook } from '../support/tank/runbook.js';
import { World } from '../support/tank/world.js';

const world = new World();
let night: Bench;
beforeAll(async () => {
  night = await bench(world, [runbook]);
  night.policy = { ...quick, autonomy: { target: 'auto', byDisruption: {}, byKind: {} } };
  await night.startWorkers();
});
afterAll(() => night?.close());

describe('a change that was applied and went wrong', () => {
  it('is taken back at once where it was gentle, and the ladder goes on', async () => {
    const tank = world.tank('tanks/here/gentle', { goesWrong: 'throttle' });
    const { outcome, report, facts } = await night.result(await night.open('gentle'));
    expect(tank.throttled).toBe(false);
    expect(world.count('throttle tanks/here/gentle')).toBe(2);
    expect(outcome).toBe('recovered');
    expect(facts.at(-1)).toMatchObject({ type: 'closed', why: 'after flush, restart', stays: [] });
    expect(report.rollbacks).toMatchObject([{ effect: { note: 'throttle done' } }]);
    const order = facts.map(({ type }) => type);
    expect(order[order.indexOf('rolledBack') - 1]).toBe('applied');
  });

  it('stays, and is told with its command, where taking it back went wrong, too', async () => {
    world.tank('tanks/here/twice', { goesWrong: 'throttle', undoGoesWrong: true });
    const { report, facts } = await night.result(await night.open('twice'));
    const failed = { error: 'throttle went wrong', command: 'tank throttle twice off' };
    // At once, and again before it closed.
    expect(report.rollbacks).toMatchObject([failed, failed]);
    expect(facts.at(-1)).toMatchObject({
      stays: [expect.stringContaining('To take it back: tank throttle twice off')],
    });
  });

  it('ends at people where it touched what serves, and nothing more is tried', async () => {
    world.tank('tanks/here/harsh', { goesWrong: 'restart', restartedTo: 95 });
    const { outcome, facts } = await night.result(await night.open('harsh'));
    expect(outcome).toBe('escalated');
    expect(facts.at(-1)).toMatchObject({
      type: 'closed',
      why: expect.stringMatching(/^Restart.*: restart went wrong$/i),
    });
    expect(world.count('restart tanks/here/harsh')).toBe(1);
    expect(facts.map(({ type }) => type)).toContain('escalated');
  });
});
