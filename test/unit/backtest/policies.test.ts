import '../../support/quiet.js';
import { describe, expect, it } from 'vitest';
import type { Policy } from '../../../model/policy.js';
import { applied, factsOf, outcome, recording, told, under } from './kit.js';

const automatic = 'recovered-by-an-automatic-restart';
const approved = 'recovered-by-an-approved-restart';
const whole = 'temporary-change-undone-after-recovery';

const alone: Policy['autonomy'] = { target: 'auto', byDisruption: {}, byKind: {} };
const asking: Policy['autonomy'] = { target: 'approve', byDisruption: {}, byKind: {} };

describe('more and less autonomy', () => {
  it('goes ahead where a person was asked, from the look of that moment, and saves the time of the answer', async () => {
    const run = await under(whole, () => ({ autonomy: alone }));
    expect(run.unknown).toBeUndefined();
    expect(factsOf(run, 'decisionRequested')).toEqual([]);
    expect(applied(run)).toEqual(['tank.flush', 'tank.throttle', 'tank.restart']);
    expect(outcome(run)).toBe('recovered');
    const recorded = recording(whole).facts ?? [];
    expect(run.facts.at(-1)?.at.localeCompare(recorded.at(-1)?.at ?? '')).toBe(-1);
    expect(run.stretchedSeconds).toBeGreaterThan(0);
    // Undone at the end as it was in the recording.
    expect(factsOf(run, 'rolledBack')[0]).toMatchObject({ effect: { status: 'applied' } });
  });

  it('does not know what people would have said who were not asked', async () => {
    const run = await under(automatic, () => ({ autonomy: asking }));
    expect(run.unknown).toMatchObject({
      asked: 'decision',
      why: `nobody was asked about 'Restart tank ${automatic}' then`,
    });
    expect(factsOf(run, 'decisionRequested')).toHaveLength(1);
    expect(outcome(run)).toBeUndefined();
  });

  it('waits for a second approval that nobody gave', async () => {
    const run = await under(approved, ({ decisions }) => ({ decisions: { ...decisions, approvals: 2 } }));
    expect(run.unknown).toMatchObject({ asked: 'decision' });
    expect(run.unknown?.why).toContain('was settled by then, and here it is still open');
    expect(factsOf(run, 'answered')[0]).toMatchObject({ accepted: true, why: 'approval 1 of 2' });
  });

  it('does not count the answer of a person who is not in the group any more', async () => {
    const run = await under(approved, ({ decisions }) => ({ decisions: { ...decisions, group: ['zoe'] } }));
    expect(factsOf(run, 'answered')[0]).toMatchObject({ accepted: false });
    expect(run.unknown).toMatchObject({ asked: 'decision' });
  });

  it('knows that nobody answered for as long as the question stood open', async () => {
    const shorter = await under('decision-expired', ({ decisions }) => ({
      decisions: { ...decisions, timeLimitSeconds: decisions.timeLimitSeconds / 2 },
    }));
    expect(factsOf(shorter, 'decided')[0]?.answer).toBe('expired');
    const longer = await under('decision-expired', ({ decisions }) => ({
      decisions: { ...decisions, timeLimitSeconds: decisions.timeLimitSeconds * 3 },
      deadlines: { warningSeconds: 600, criticalSeconds: 600 },
    }));
    expect(longer.unknown).toMatchObject({ asked: 'decision' });
  });
});

describe('rungs and guardrails', () => {
  it('knows what comes of a restart that is switched off, where nothing else was left', async () => {
    const run = await under(automatic, ({ remediesOff }) => ({ remediesOff: [...remediesOff, 'restart'] }));
    expect(run.unknown).toBeUndefined();
    expect(outcome(run)).toBe('escalated');
    expect(applied(run)).toEqual([]);
  });

  it('does not know what a rung does that was never tried without the one before it', async () => {
    const run = await under(whole, () => ({ remediesOff: ['flush'] }));
    expect(run.unknown).toMatchObject({
      asked: 'carryOut',
      why: `'Throttle tank ${whole}' was never carried out before anything was changed; it was after 'Flush tank ${whole}'`,
    });
    expect(applied(run)).toEqual([]);
  });

  it.each<[string, (policy: Policy) => Partial<Policy>, string]>([
    [
      'a freeze window',
      () => ({ freezes: [{ name: 'sale', days: [], from: '00:00', to: '00:00', timeZone: 'UTC' }] }),
      "freeze window 'sale'",
    ],
    ['protection', () => ({ protected: ['tanks/*'] }), "is protected by 'tanks/*'"],
    [
      'a hold',
      () => ({ holds: [{ reason: 'release', by: 'ana' }] }),
      'held by ana until it is lifted: release',
    ],
    ['the budget', ({ budget }) => ({ budget: { ...budget, perObjectPerHour: 0 } }), '0 disruptive changes'],
  ])('is refused by %s where it went ahead', async (_name, change, why) => {
    const run = await under(automatic, change);
    expect(run.unknown).toBeUndefined();
    expect(factsOf(run, 'refused')[0]?.why).toContain(why);
    expect(outcome(run)).toBe('escalated');
  });

  it('is refused on the fresh look by a policy that was tightened while people were asked', async () => {
    let looks = 0;
    const run = await under(approved, () => {
      looks += 1;
      return looks === 1 ? {} : { holds: [{ reason: 'release', by: 'ana' }] };
    });
    expect(factsOf(run, 'decided')[0]?.answer).toBe('approved');
    expect(factsOf(run, 'refused')[0]?.why).toContain('hold: held by ana');
    expect(applied(run)).toEqual([]);
  });

  it('does not know what a change does that was refused', async () => {
    const run = await under('observed', () => ({ autonomy: alone }));
    expect(run.unknown).toMatchObject({ asked: expect.stringMatching(/^(carryOut|askGovernor)$/) });
    expect(factsOf(run, 'planned')).toHaveLength(1);
  });
});

describe('thresholds and soaks', () => {
  it('judges the recorded samples by other thresholds', async () => {
    const lower = await under('recovered-by-a-gentle-remedy', () => ({
      thresholds: { warningPercent: 30, criticalPercent: 90 },
    }));
    // 40 % after the flush is no success any more; what comes then was never tried.
    expect(factsOf(lower, 'settled')[0]).toMatchObject({ helped: false });
    expect(lower.unknown).toMatchObject({ asked: 'carryOut' });
    const higher = await under(automatic, () => ({
      thresholds: { warningPercent: 96, criticalPercent: 99 },
    }));
    // 95 % is nothing to remedy then; how it would have gone on was never seen.
    expect(factsOf(higher, 'planned')).toEqual([]);
    expect(higher.unknown).toMatchObject({ asked: 'sample' });
  });

  it('does not know how a longer soak would have gone on', async () => {
    const run = await under(automatic, () => ({ soak: { seconds: 120, everySeconds: 1 } }));
    expect(run.unknown).toMatchObject({ asked: 'sample' });
    expect(run.unknown?.why).toMatch(/^nothing was read of the target from .* on, after 'Restart tank/);
    expect(applied(run)).toEqual(['tank.restart']);
    expect(factsOf(run, 'verified')).toEqual([]);
  });

  it('cuts a shorter soak from the recorded one', async () => {
    const run = await under(automatic, () => ({ soak: { seconds: 0.3, everySeconds: 0.1 } }));
    expect(outcome(run)).toBe('recovered');
    const samples = factsOf(run, 'verified')[0]?.samples ?? [];
    const recorded = recording(automatic).facts?.find(({ type }) => type === 'verified');
    expect(samples.length).toBeGreaterThanOrEqual(3);
    expect(samples.length).toBeLessThan(recorded?.type === 'verified' ? recorded.samples.length : 0);
  });
});

it('brings alerts, pauses and people’s cancellations where they came', async () => {
  for (const name of ['alerts-resolved-while-deciding', 'paused-and-resumed', 'cancelled-while-paused']) {
    // A policy that changes nothing that these come to: the way through the policy is the only difference.
    const run = await under(name, ({ holdOff }) => ({ holdOff }));
    const withoutDigests = (facts: readonly object[]) =>
      facts.map((fact) => ({ ...fact, policyDigest: undefined }));
    expect(withoutDigests(told(run.facts))).toEqual(withoutDigests(told(recording(name).facts ?? [])));
  }
});
