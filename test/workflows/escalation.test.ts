import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markdown } from '../../model/report/markdown.js';
import { alertFor, type Bench, bench, quick } from '../support/nightshift.js';
import { runbook as overflow } from '../support/tank/overflow.js';
import { runbook } from '../support/tank/runbook.js';
import { World } from '../support/tank/world.js';

const world = new World();
let night: Bench;
beforeAll(async () => {
  night = await bench(world, [runbook, overflow]);
  night.policy = { ...quick, remediesOff: ['flush', 'throttle', 'restart'] };
  await night.startWorkers();
});
afterAll(() => night?.close());

describe("a runbook's own points for whoever takes over", () => {
  it('are said in the message to people and stand in the report', async () => {
    world.tank('tanks/here/points');
    const handle = await night.open('points', alertFor('TankOver', { runbook: 'TANK-2' }));
    const { outcome, report } = await night.result(handle);

    expect(outcome).toBe('escalated');
    const [escalation] = report.escalations;
    expect(escalation?.points).toEqual([
      expect.stringMatching(/^Look at its inlet: it was at \d+ %$/),
      'Tried: nothing',
    ]);
    expect(markdown(report)).toContain('## For whoever takes over\n\n- Look at its inlet');
    // An incident hands its messages on and does not wait for them.
    const said = () =>
      night.texts.filter((_, at) => {
        const { what, title } = night.sent[at] ?? {};
        return what === 'escalation' && title?.includes('/points');
      });
    await expect.poll(said, { timeout: 30_000 }).toEqual([expect.stringContaining('\n- Tried: nothing')]);
  });

  it('are left out where a runbook has none', async () => {
    world.tank('tanks/here/plain');
    const handle = await night.open('plain');
    const { report } = await night.result(handle);
    expect(report.escalations[0]).not.toHaveProperty('points');
    expect(markdown(report)).not.toContain('For whoever takes over');
  });
});

describe('alerts that fire besides', () => {
  it('are known to the diagnosis', async () => {
    world.tank('tanks/here/loud');
    const handle = await night.open('loud', alertFor('TankLoud', { runbook: 'TANK-2' }));
    const { report } = await night.result(handle);
    expect(report.diagnosis?.levelWhy).toMatch(/%; TankLoud$/);
  });
});
