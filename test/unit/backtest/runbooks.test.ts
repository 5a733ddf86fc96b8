import '../../support/quiet.js';
import { describe, expect, it } from 'vitest';
import { applied, candidate, factsOf, once, outcome, recording, under } from './kit.js';

const whole = 'temporary-change-undone-after-recovery';

describe('another ladder', () => {
  it('does not know what a restart does that was never the first', async () => {
    const run = await once(await candidate('swapped'), recording(whole));
    expect(factsOf(run, 'planned').map(({ change }) => change.kind)).toEqual(['tank.restart']);
    // The same people say the same to the same change; what it would have done is not known.
    expect(factsOf(run, 'decided')[0]?.answer).toBe('approved');
    expect(run.unknown).toMatchObject({
      asked: 'askGovernor',
      why: `the governor was never asked about 'Restart tank ${whole}' before anything was changed`,
    });
  });

  it('goes to a new rung, and no further', async () => {
    const run = await once(await candidate('added'), recording(whole));
    expect(applied(run)).toEqual(['tank.flush']);
    expect(run.unknown).toMatchObject({
      asked: 'carryOut',
      why: `'Drain tank ${whole}' was never carried out after 'Flush tank ${whole}'`,
    });
  });
});

describe('a candidate with a defect', () => {
  it('has failed where it throws, with the facts until then', async () => {
    const run = await once(await candidate('broken'), recording('recovered-by-an-automatic-restart'));
    expect(run.failed).toBe('a defect stopped the incident: nobody thought of that');
    expect(applied(run)).toEqual(['tank.restart']);
  });
});

describe('MEM-001 as it was recorded', () => {
  it('restarts without asking, sooner', async () => {
    const run = await under('mem-001-container', ({ autonomy }) => ({
      autonomy: { ...autonomy, target: 'auto', byDisruption: {}, byKind: {} },
    }));
    expect(applied(run)).toEqual(['cache.clear', 'container.restart']);
    expect(factsOf(run, 'decisionRequested')).toEqual([]);
    expect(outcome(run)).toBe('recovered');
  });

  it('restarts first where the caches are not to be cleared: what that does is not known', async () => {
    const run = await under('mem-001-container', () => ({ remediesOff: ['clear-caches'] }));
    expect(factsOf(run, 'planned').map(({ change }) => change.kind)).toEqual(['container.restart']);
    expect(run.unknown?.why).toMatch(/before anything was changed/);
  });
});
