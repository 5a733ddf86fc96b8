import { describe, expect, it } from 'vitest';
import { defaultPolicy } from '../../../config/defaults.js';
import type { ChangeKind } from '../../../model/change.js';
import { changeHash } from '../../../model/change.js';
import type { AnyLook } from '../../../model/look.js';
import { planLadder } from '../../../model/plan.js';
import type { Runbook } from '../../../model/runbook.js';
import { shippedRunbooks } from '../../../worker/registry.js';
import { at, measure } from '../fold/demo-story.js';

const nudge: ChangeKind = {
  kind: 'test.nudge',
  title: 'Nudge',
  disruption: () => ({ disruption: 'none', why: 'it is only a nudge' }),
  describe: () => ({ sentence: 'Nudge it', command: 'nudge it' }),
  precondition: () => null,
  undo: () => ({ none: 'a nudge can’t be taken back' }),
  timeoutSeconds: () => 5,
};

const kick: ChangeKind = {
  ...nudge,
  kind: 'test.kick',
  disruption: () => ({ disruption: 'outage', why: 'it falls over' }),
};

const object = { key: 'test/thing', uid: 'u1', name: 'thing' };
const draft = { object, touches: [object.key], fields: [], params: {}, fresh: {} };

const runbook: Runbook = {
  name: 'TEST-001',
  title: 'A test',
  version: 1,
  targetKinds: ['thing'],
  page: { alerts: [], symptoms: [], impact: '', lookedAt: [], verification: [], escalation: [] },
  changeKinds: [nudge, kick],
  ladder: [
    {
      name: 'nudge',
      title: 'Nudge it',
      usually: 'none',
      propose: () => ({ changes: [{ ...draft, kind: 'test.nudge' }] }),
    },
    { name: 'ask', title: 'Ask it', usually: 'none', propose: () => ({ skip: 'it can’t speak' }) },
    {
      name: 'kick',
      title: 'Kick it',
      usually: 'outage',
      propose: () => ({ changes: [{ ...draft, kind: 'test.kick' }] }),
    },
  ],
  diagnose: () => ({ level: 'critical', levelWhy: '96 %', causes: [] }),
  verify: () => [],
  recommend: () => [],
};

function look(autonomy: AnyLook['policy']['autonomy']): AnyLook {
  return {
    target: { key: object.key, kind: 'thing', scope: 'test' },
    at: at(0),
    identity: { uid: object.uid, name: object.name },
    measure: measure(184),
    healthy: true,
    evidence: [],
    details: null,
    settings: null,
    policy: { ...defaultPolicy, autonomy },
    policyDigest: 'p',
    goingOn: [],
    tookMs: 1,
  };
}

const now = { now: at(0), decided: false, observeOnly: false };

describe('a dry run', () => {
  it('gives the exact changes in order, each with its hash, and why a rung is left out', () => {
    const plan = planLadder(
      runbook,
      look({ target: 'approve', byDisruption: { none: 'auto' }, byKind: {} }),
      now,
    );
    expect(plan.rungs.map(({ remedy, skip, changes }) => [remedy, skip, changes.length])).toEqual([
      ['nudge', undefined, 1],
      ['ask', 'it can’t speak', 0],
      ['kick', undefined, 1],
    ]);
    const planned = plan.rungs[0]!.changes[0]!;
    expect(planned.hash).toBe(changeHash({ ...draft, kind: 'test.nudge' }));
    expect(planned.change).toMatchObject({ sentence: 'Nudge it', command: 'nudge it', disruption: 'none' });
  });

  it('says what would go by itself, what would be asked for, and what would be refused', () => {
    const rulings = (autonomy: AnyLook['policy']['autonomy']) =>
      planLadder(runbook, look(autonomy), now).rungs.flatMap(({ changes }) =>
        changes.map(({ ruling }) => ruling),
      );
    expect(rulings({ target: 'approve', byDisruption: { none: 'auto' }, byKind: {} })).toEqual([
      'allow',
      'ask',
    ]);
    expect(rulings({ target: 'auto', byDisruption: {}, byKind: { 'test.kick': 'plan' } })).toEqual([
      'allow',
      'refuse',
    ]);
    expect(rulings({ target: 'observe', byDisruption: {}, byKind: {} })).toEqual(['refuse', 'refuse']);
  });

  it.each(shippedRunbooks)('of $name plans nothing where nothing could be looked at', (shipped) => {
    const { measure: _, ...blind } = look({ target: 'auto', byDisruption: {}, byKind: {} });
    const { rungs } = planLadder(shipped, { ...blind, blind: 'the API server is away' }, now);
    expect(new Set(rungs.map(({ skip, changes }) => `${skip} ${changes.length}`))).toEqual(
      new Set(['nothing is changed blind 0']),
    );
  });

  it('refuses a runbook whose rung wants a kind of change that it does not have', () => {
    const broken = { ...runbook, changeKinds: [nudge] };
    const wide = look({ target: 'auto', byDisruption: {}, byKind: {} });
    expect(() => planLadder(broken, wide, now)).toThrow('TEST-001 has no kind of change named test.kick');
  });
});
