import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Change, disruptions } from '../../../model/change.js';
import { type Circumstances, guardrails, judge, ruling } from '../../../model/guardrails/index.js';
import { matchesKey } from '../../../model/guardrails/patterns.js';
import type { AnyLook } from '../../../model/look.js';
import type { Autonomy, Policy } from '../../../model/policy.js';
import { change, circumstances, key, look, policy } from './given.js';

const careful = { allow: 0, ask: 1, refuse: 2 } as const;
const anyAutonomy = fc.constantFrom<Autonomy>('observe', 'plan', 'approve', 'auto');
const anyChange: fc.Arbitrary<Change> = fc
  .record({
    disruption: fc.constantFrom(...disruptions),
    alwaysAsk: fc.boolean(),
    kind: fc.constantFrom('container.restart', 'cache.clear'),
    touches: fc.subarray([key, 'docker/local', 'docker/local/db']),
  })
  .map((part) => ({ ...change, ...part }));
const anyPolicy: fc.Arbitrary<Policy> = fc
  .record({
    autonomy: fc.record({
      target: anyAutonomy,
      byDisruption: fc.dictionary(fc.constantFrom(...disruptions), anyAutonomy),
      byKind: fc.dictionary(fc.constantFrom('container.restart', 'cache.clear'), anyAutonomy),
    }),
    protected: fc.subarray(['docker/local/db', 'docker/other/*', '*gent']),
    holds: fc.subarray([{ reason: 'r', by: 'ana' }]),
    remediesOff: fc.subarray(['restart-container', 'other']),
    freezes: fc.subarray([{ name: 'noon', days: [], from: '11:00', to: '13:00', timeZone: 'UTC' }]),
  })
  .map((part) => ({ ...policy, ...part }));
const anyLook: fc.Arbitrary<AnyLook> = fc
  .record({
    policy: anyPolicy,
    goingOn: fc.subarray(['an exec session', 'a rollout']),
    uid: fc.constantFrom('a1b2c3', 'ffff'),
  })
  .map(({ uid, ...part }) => ({ ...look, ...part, identity: { uid, name: 'agent' } }));
const anyCircumstances: fc.Arbitrary<Circumstances> = fc.record({
  now: fc.constant(circumstances.now),
  level: fc.constantFrom<Circumstances['level']>('normal', 'warning', 'critical'),
  decided: fc.boolean(),
  observeOnly: fc.boolean(),
});

const rule = (c: Change, l: AnyLook, w: Circumstances) => ruling(judge(c, l, w));

describe('whatever the plan, the look and the policy', () => {
  it('every guardrail says something, with a reason', () => {
    fc.assert(
      fc.property(anyChange, anyLook, anyCircumstances, (c, l, w) => {
        const verdicts = judge(c, l, w);
        expect(verdicts.map(({ guardrail }) => guardrail)).toEqual(guardrails.map(({ name }) => name));
        for (const { why } of verdicts) expect(why).not.toBe('');
      }),
    );
  });

  it('data is never lost without a person', () => {
    fc.assert(
      fc.property(anyLook, anyCircumstances, (l, w) => {
        expect(rule({ ...change, disruption: 'dataLoss' }, l, { ...w, decided: false })).not.toBe('allow');
      }),
    );
  });

  it('nothing is changed without a measure', () => {
    fc.assert(
      fc.property(anyChange, anyLook, anyCircumstances, (c, l, w) => {
        expect(rule(c, { ...l, measure: undefined }, w)).toBe('refuse');
      }),
    );
  });

  it('an approval lifts no refusal but that of the level, and makes nothing more careful', () => {
    fc.assert(
      fc.property(anyChange, anyLook, anyCircumstances, (c, l, w) => {
        const without = judge(c, l, { ...w, decided: false });
        const withIt = judge(c, l, { ...w, decided: true });
        without.forEach((verdict, i) => {
          const says = withIt[i]!.says;
          expect(careful[says]).toBeLessThanOrEqual(careful[verdict.says]);
          if (verdict.says === 'refuse' && verdict.guardrail !== 'level') expect(says).toBe('refuse');
        });
      }),
    );
  });

  it('a freeze, a hold, a protection or something going on never makes it less careful', () => {
    const more = (p: Policy): Policy[] => [
      { ...p, holds: [...p.holds, { reason: 'x', by: 'bo' }] },
      { ...p, protected: [...p.protected, 'docker/local/*'] },
      {
        ...p,
        freezes: [...p.freezes, { name: 'always', days: [], from: '00:00', to: '00:00', timeZone: 'UTC' }],
      },
      { ...p, remediesOff: [...p.remediesOff, 'restart-container'] },
    ];
    fc.assert(
      fc.property(anyChange, anyLook, anyCircumstances, (c, l, w) => {
        const before = careful[rule(c, l, w)];
        for (const tighter of more(l.policy)) {
          expect(careful[rule(c, { ...l, policy: tighter }, w)]).toBeGreaterThanOrEqual(before);
        }
        expect(careful[rule(c, { ...l, goingOn: [...l.goingOn, 'a backup'] }, w)]).toBeGreaterThanOrEqual(
          before,
        );
        expect(careful[rule({ ...c, alwaysAsk: true }, l, w)]).toBeGreaterThanOrEqual(before);
        expect(careful[rule(c, l, { ...w, observeOnly: true })]).toBe(careful.refuse);
      }),
    );
  });

  it('a look that lost one of its facts on the way is a refusal, never a pass', () => {
    const facts = ['policy', 'measure', 'identity', 'goingOn', 'target'] as const;
    fc.assert(
      fc.property(fc.constantFrom(...facts), anyCircumstances, (fact, w) => {
        const { [fact]: _lost, ...rest } = look;
        const torn = JSON.parse(JSON.stringify(rest)) as AnyLook;
        expect(rule(change, torn, { ...w, level: 'critical', observeOnly: false })).toBe('refuse');
      }),
    );
  });

  it('a policy that lost one of its rules on the way is a refusal, never a pass', () => {
    const rules = ['autonomy', 'holds', 'freezes', 'protected', 'remediesOff'] as const;
    fc.assert(
      fc.property(fc.constantFrom(...rules), (lost) => {
        const { [lost]: _lost, ...rest } = policy;
        const torn = JSON.parse(JSON.stringify({ ...look, policy: rest })) as AnyLook;
        expect(rule(change, torn, { ...circumstances, decided: true })).toBe('refuse');
      }),
    );
  });

  it('a pattern without a star protects exactly its key and what is in it', () => {
    const part = fc.stringMatching(/^[a-z.+()-]{1,6}$/);
    fc.assert(
      fc.property(part, part, (a, b) => {
        expect(matchesKey(`docker/${a}`, `docker/${a}`)).toBe(true);
        expect(matchesKey(`docker/${a}`, `docker/${a}/${b}`)).toBe(true);
        expect(matchesKey(`docker/${a}`, `docker/${a}${b}`)).toBe(false);
        expect(matchesKey(`docker/*${a}`, `docker/${b}${a}`)).toBe(true);
      }),
    );
  });
});
