import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold } from '../../../model/fold.js';
import {
  alert,
  approving,
  asking,
  at,
  clearing,
  measure,
  opening,
  type Part,
  restart,
  restarting,
  sample,
  soaking,
  story,
  whole,
} from './demo-story.js';

const states = (parts: readonly Part[]) =>
  fold(story(...parts)).ladder.map(({ remedy, state }) => `${remedy} ${state}`);

describe('the fold of an incident', () => {
  it('shows the whole ladder before the first rung is climbed', () => {
    expect(states([...opening])).toEqual([
      'clear-caches ahead',
      'collect-garbage ahead',
      'degrade-service ahead',
      'restart-container ahead',
      'restart-service ahead',
    ]);
  });

  it('shows a rung as under way until its change has settled', () => {
    expect(states([...opening, ...clearing.slice(0, 4)])[0]).toBe('clear-caches now');
    expect(states([...opening, ...clearing.slice(0, 5)])[0]).toBe('clear-caches done');
  });

  it('holds an open decision with the exact change until it is answered', () => {
    const open = fold(story(...opening, ...clearing, ...asking));
    expect(open.phase).toBe('deciding');
    expect(open.openDecision).toMatchObject({ change: restart, approvals: 1, expiresAt: at(132) });
    expect(open.ladder[3]).toMatchObject({ state: 'now' });
    const decided = fold(story(...opening, ...clearing, ...asking, ...approving));
    expect(decided.openDecision).toBeUndefined();
  });

  it('keeps answers that did not count, and does not count them', () => {
    const beforeAna = fold(story(...opening, ...clearing, ...asking, ...approving.slice(0, 2)));
    expect(beforeAna.openDecision?.approvedBy).toEqual([]);
    expect(beforeAna.ladder[3]?.changes[0]?.answers).toMatchObject([{ by: 'eve', accepted: false }]);
  });

  it('tells how long a soak still takes', () => {
    const soak = fold(story(...opening, ...clearing, ...asking, ...approving, ...restarting, ...soaking));
    expect(soak).toMatchObject({ phase: 'verifying', phaseSince: at(53), phaseUntil: at(83) });
    expect(soak.ladder[3]?.state).toBe('done');
  });

  it('ends with outcome, recommendations and nothing open', () => {
    const view = fold(story(...whole));
    expect(view).toMatchObject({ phase: 'closed', outcome: 'recovered', closedAt: at(84) });
    expect(view.verification?.passed).toBe(true);
    expect(view.ladder.map(({ state }) => state)).toEqual(['done', 'skipped', 'skipped', 'done', 'ahead']);
  });

  it('makes one history of looks and samples, in order and without repeats', () => {
    const twice = [83, { type: 'samples', samples: [sample(20, 183)], why: 'again' }] as const;
    const { history } = fold(story(...whole.slice(0, -2), twice));
    const times = history.map((each) => Date.parse(each.at));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(times).size).toBe(times.length);
    expect(history[0]).toMatchObject({ used: measure(184).used });
  });

  it('takes the newest figure and state of health from samples', () => {
    const sick = { ...sample(90, 170), healthy: false, healthNote: 'unhealthy' };
    const view = fold(story(...opening, [90, { type: 'samples', samples: [sick], why: 'watching' }]));
    expect(view).toMatchObject({ healthy: false, healthNote: 'unhealthy', measure: { used: sick.used } });
    expect(view.measure?.percent).toBeCloseTo(88.54, 1);
  });

  it('counts repeats, and marks resolved alerts', () => {
    const view = fold(
      story(
        ...opening,
        [5, { type: 'alertRepeated', fingerprint: 'f1', times: 4 }],
        [6, { type: 'alertResolved', name: alert.name, fingerprint: 'f1' }],
      ),
    );
    expect(view.alerts).toMatchObject([{ repeats: 4, resolved: true }]);
  });

  it('does not let an expected alert raise the severity', () => {
    const mild = { ...alert, severity: 'warning', fingerprint: 'f2' } as const;
    const first = opening[0]!;
    const view = fold(
      story(
        first,
        [0, { type: 'alert', alert: mild, joined: false }],
        [1, { type: 'alert', alert, joined: true, expected: 'our restart' }],
      ),
    );
    expect(view.severity).toBe('warning');
    expect(view.alerts[1]).toMatchObject({ expected: 'our restart' });
  });

  it('keeps what was climbed when another runbook takes over', () => {
    const view = fold(
      story(...opening, ...clearing, [
        20,
        {
          type: 'runbookChanged',
          runbook: 'DISK-001',
          runbookVersion: 3,
          ladder: [{ remedy: 'free-disk', title: 'Free the disk', usually: 'none' }],
          why: 'its alert came late',
        },
      ]),
    );
    expect(view.runbook).toBe('DISK-001');
    expect(view.ladder.map(({ remedy, state }) => `${remedy} ${state}`)).toEqual([
      'clear-caches done',
      'collect-garbage skipped',
      'degrade-service skipped',
      'free-disk ahead',
    ]);
  });

  it('shows a rejected, a refused and a failed change as what they were', () => {
    const before = [...opening, ...clearing, ...asking] as const;
    const rejected = fold(
      story(...before, [
        40,
        { type: 'decided', changeId: restart.id, answer: 'rejected', why: 'rejected by bo: not now' },
      ]),
    );
    expect(rejected.ladder[3]).toMatchObject({
      state: 'skipped',
      note: 'rejected: rejected by bo: not now',
    });
    const climbedAgain = fold(
      story(
        ...before,
        [40, { type: 'decided', changeId: restart.id, answer: 'rejected', why: 'rejected by bo: not now' }],
        [41, { type: 'rungSkipped', remedy: restart.remedy, why: 'tried already in this incident' }],
      ),
    );
    expect(climbedAgain.ladder[3]).toMatchObject({
      state: 'skipped',
      note: 'rejected: rejected by bo: not now',
    });
    const failed = fold(
      story(...before.slice(0, -1), [
        40,
        {
          type: 'notApplied',
          changeId: restart.id,
          error: 'Unreachable',
          why: 'the engine is gone',
          unknown: true,
        },
      ]),
    );
    expect(failed.ladder[3]?.state).toBe('failed');
    expect(failed.ladder[3]?.changes[0]?.why).toContain('not known');
  });

  it('does not say of a closed incident that a change goes ahead which was never sent', () => {
    const ended = fold(
      story(
        ...opening,
        ...clearing,
        ...asking,
        [40, { type: 'decided', changeId: restart.id, answer: 'approved', why: 'approved by ana' }],
        [40, { type: 'goingAhead', changeId: restart.id }],
        [60, { type: 'closed', outcome: 'escalated', why: 'it is gone', recommendations: [], stays: [] }],
      ),
    );
    expect(ended.ladder[3]).toMatchObject({
      state: 'skipped',
      note: 'void: it was not sent: the incident ended first',
    });
  });

  it('is paused and resumed, and reports the end of a pause', () => {
    const paused = [20, { type: 'paused', by: 'bo', reason: 'deploy under way', until: at(1820) }] as const;
    expect(fold(story(...opening, paused)).paused).toEqual({
      by: 'bo',
      reason: 'deploy under way',
      until: at(1820),
    });
    expect(fold(story(...opening, paused, [25, { type: 'resumed', by: 'bo' }])).paused).toBeUndefined();
  });

  it('never throws and never loses the target, wherever the list of facts is cut or thinned', () => {
    const facts = story(...whole);
    fc.assert(
      fc.property(fc.subarray(facts.slice(1)), (some) => {
        const view = fold([facts[0]!, ...some]);
        expect(view.target.key).toBe('docker/local/agent');
        expect(view.ladder).toHaveLength(5);
        expect(view.timeline.every(({ text }) => text !== '' && !text.includes('undefined'))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('gives equal views for equal facts and leaves the facts as they were', () => {
    const facts = story(...whole);
    const copy = structuredClone(facts);
    expect(fold(facts)).toEqual(fold(copy));
    expect(facts).toEqual(copy);
  });
});
