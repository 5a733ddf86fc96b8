import { describe, expect, it } from 'vitest';
import type { Change } from '../../../model/change.js';
import { type Circumstances, judge, ruling } from '../../../model/guardrails/index.js';
import type { AnyLook } from '../../../model/look.js';
import { change, circumstances, key, look, lookWith } from './given.js';

interface Case {
  readonly what: string;
  readonly change?: Partial<Change>;
  readonly look?: AnyLook;
  readonly when?: Partial<Circumstances>;
  readonly says: 'allow' | 'ask' | 'refuse';
  readonly by?: string;
  readonly why?: RegExp;
}

const gentle: Partial<Change> = { disruption: 'none' };
const autonomy = (target: 'observe' | 'plan' | 'approve' | 'auto') => ({
  autonomy: { target, byDisruption: {}, byKind: {} },
});
const noon = {
  name: 'lunch',
  days: [],
  from: '11:30',
  to: '13:00',
  timeZone: 'UTC',
};

const cases: readonly Case[] = [
  { what: 'everything in order: it goes', says: 'allow' },
  {
    what: 'no measure',
    look: { ...look, measure: undefined, blind: 'timed out' },
    says: 'refuse',
    by: 'blind',
    why: /timed out/,
  },
  {
    what: 'no measure, approved',
    look: { ...look, measure: undefined },
    when: { decided: true },
    says: 'refuse',
    by: 'blind',
  },
  {
    what: 'a rehearsal',
    when: { observeOnly: true },
    says: 'refuse',
    by: 'rehearsal',
    why: /Restart container agent/,
  },
  {
    what: 'a rehearsal, approved',
    when: { observeOnly: true, decided: true },
    says: 'refuse',
    by: 'rehearsal',
  },
  {
    what: 'a hold',
    look: lookWith({ holds: [{ reason: 'migration', by: 'ana' }] }),
    says: 'refuse',
    by: 'hold',
    why: /ana until it is lifted: migration/,
  },
  {
    what: 'a hold binds gentle changes too',
    change: gentle,
    look: lookWith({ holds: [{ reason: 'm', by: 'ana', until: '2026-03-10T12:00:01Z' }] }),
    says: 'refuse',
    by: 'hold',
  },
  {
    what: 'a hold that has run out',
    look: lookWith({ holds: [{ reason: 'm', by: 'ana', until: '2026-03-10T11:59:59Z' }] }),
    says: 'allow',
  },
  {
    what: 'a hold whose end can not be read',
    look: lookWith({ holds: [{ reason: 'm', by: 'ana', until: 'tomorrow' }] }),
    says: 'refuse',
    by: 'hold',
  },
  { what: 'observe', look: lookWith(autonomy('observe')), says: 'refuse', by: 'autonomy' },
  {
    what: 'plan',
    look: lookWith(autonomy('plan')),
    says: 'refuse',
    by: 'autonomy',
    why: /would have been: Restart/,
  },
  { what: 'approve', look: lookWith(autonomy('approve')), says: 'ask', by: 'autonomy' },
  {
    what: 'approve asks for gentle changes too',
    change: gentle,
    look: lookWith(autonomy('approve')),
    says: 'ask',
    by: 'autonomy',
  },
  { what: 'approve, approved', look: lookWith(autonomy('approve')), when: { decided: true }, says: 'allow' },
  {
    what: 'observe, approved all the same',
    look: lookWith(autonomy('observe')),
    when: { decided: true },
    says: 'refuse',
    by: 'autonomy',
  },
  {
    what: 'loss of data under auto',
    change: { disruption: 'dataLoss' },
    says: 'ask',
    by: 'autonomy',
    why: /lose data/,
  },
  {
    what: 'the disruption rule wins over the target',
    look: lookWith({ autonomy: { target: 'auto', byDisruption: { outage: 'approve' }, byKind: {} } }),
    says: 'ask',
    by: 'autonomy',
    why: /for disruption outage/,
  },
  {
    what: 'the kind rule wins over the disruption',
    look: lookWith({
      autonomy: {
        target: 'observe',
        byDisruption: { outage: 'plan' },
        byKind: { 'container.restart': 'auto' },
      },
    }),
    says: 'allow',
  },
  {
    what: 'a kind called like a method of every object',
    change: { kind: 'constructor' },
    look: lookWith(autonomy('approve')),
    says: 'ask',
    by: 'autonomy',
    why: /for this target/,
  },
  { what: 'normal level', change: gentle, when: { level: 'normal' }, says: 'refuse', by: 'level' },
  { what: 'normal level, approved', when: { level: 'normal', decided: true }, says: 'refuse', by: 'level' },
  { what: 'warning, gentle', change: gentle, when: { level: 'warning' }, says: 'allow' },
  {
    what: 'warning, brief',
    change: { disruption: 'brief' },
    when: { level: 'warning' },
    says: 'refuse',
    by: 'level',
    why: /brief: one replica/,
  },
  { what: 'fell to warning after the approval', when: { level: 'warning', decided: true }, says: 'allow' },
  {
    what: 'protected by pattern',
    look: lookWith({ protected: ['docker/*/agent'] }),
    says: 'refuse',
    by: 'protected',
    why: /docker\/\*\/agent/,
  },
  {
    what: 'protected binds gentle changes',
    change: gentle,
    look: lookWith({ protected: [key] }),
    says: 'refuse',
    by: 'protected',
  },
  {
    what: 'protected, approved',
    look: lookWith({ protected: [key] }),
    when: { decided: true },
    says: 'refuse',
    by: 'protected',
  },
  {
    what: 'on a protected host',
    look: lookWith({ protected: ['docker/local'] }),
    says: 'refuse',
    by: 'protected',
  },
  {
    what: 'a dot in a pattern is only a dot',
    look: lookWith({ protected: ['docker/local/a.ent'] }),
    says: 'allow',
  },
  {
    what: 'disrupts what contains a protected thing',
    change: { touches: [key, 'docker/local'] },
    look: lookWith({ protected: ['docker/local/postgres*'] }),
    says: 'refuse',
    by: 'protected',
    why: /contains what/,
  },
  {
    what: 'disrupts a host on which a pattern may protect something',
    change: { touches: [key, 'docker/local'] },
    look: lookWith({ protected: ['docker/*/postgres'] }),
    says: 'refuse',
    by: 'protected',
  },
  {
    what: 'a pattern that means something on another host',
    change: { touches: [key, 'docker/local'] },
    look: lookWith({ protected: ['docker/far/*'] }),
    says: 'allow',
  },
  {
    what: 'a neighbour is protected on every host',
    look: lookWith({ protected: ['*/postgres'] }),
    says: 'allow',
  },
  {
    what: 'a measure that is no number',
    look: { ...look, measure: { used: 0, limit: 0, unit: 'bytes', percent: Number.NaN, against: 'x' } },
    says: 'refuse',
    by: 'blind',
  },
  {
    what: 'a neighbour is protected',
    look: lookWith({ protected: ['docker/local/agent-2'] }),
    says: 'allow',
  },
  { what: 'does not say what it disrupts', change: { touches: [] }, says: 'refuse', by: 'protected' },
  {
    what: 'a freeze window',
    look: lookWith({ freezes: [noon] }),
    says: 'refuse',
    by: 'freeze',
    why: /'lunch' is open until 13:00 \(UTC\)/,
  },
  {
    what: 'a freeze window, critical and approved',
    look: lookWith({ freezes: [noon] }),
    when: { decided: true },
    says: 'refuse',
    by: 'freeze',
  },
  { what: 'a freeze window, gentle', change: gentle, look: lookWith({ freezes: [noon] }), says: 'allow' },
  {
    what: 'a freeze window of another target',
    look: lookWith({ freezes: [{ ...noon, targets: ['docker/local/billing'] }] }),
    says: 'allow',
  },
  {
    what: 'on a host, a container that is frozen',
    change: { touches: [key, 'docker/local/billing'] },
    look: lookWith({ freezes: [{ ...noon, targets: ['docker/*/billing'] }] }),
    says: 'refuse',
    by: 'freeze',
  },
  {
    what: 'an unknown time zone',
    look: lookWith({ freezes: [{ ...noon, timeZone: 'Mars/Base' }] }),
    says: 'refuse',
    by: 'freeze',
    why: /can't be judged/,
  },
  {
    what: 'a time that can not be read',
    look: lookWith({ freezes: [noon] }),
    when: { now: 'soon' },
    says: 'refuse',
    by: 'freeze',
  },
  {
    what: 'something goes on',
    look: { ...look, goingOn: ['2 open exec sessions'] },
    says: 'ask',
    by: 'going-on',
    why: /2 open exec/,
  },
  {
    what: 'something goes on, approved',
    look: { ...look, goingOn: ['2 open exec sessions'] },
    when: { decided: true },
    says: 'allow',
  },
  {
    what: 'something goes on, gentle',
    change: gentle,
    look: { ...look, goingOn: ['2 open exec sessions'] },
    says: 'allow',
  },
  { what: 'a kind that always asks', change: { alwaysAsk: true }, says: 'ask', by: 'always-ask' },
  {
    what: 'another container under the name',
    look: { ...look, identity: { uid: 'ffff', name: 'agent' } },
    says: 'refuse',
    by: 'identity',
    why: /another one now/,
  },
  {
    what: 'another container, approved',
    look: { ...look, identity: { uid: 'ffff', name: 'agent' } },
    when: { decided: true },
    says: 'refuse',
    by: 'identity',
  },
  {
    what: 'no identity in the look',
    look: { ...look, identity: { uid: '', name: 'agent' } },
    says: 'refuse',
    by: 'identity',
    why: /does not say which/,
  },
  {
    what: 'no identity in the plan',
    change: { object: { key, uid: '', name: 'agent' } },
    says: 'refuse',
    by: 'identity',
  },
  {
    what: 'the container that was chosen on a host',
    change: { object: { key: 'docker/local/other', uid: 'x', name: 'other' } },
    says: 'allow',
  },
  {
    what: 'a remedy that is off',
    look: lookWith({ remediesOff: ['restart-container'] }),
    when: { decided: true },
    says: 'refuse',
    by: 'remedy-off',
  },
];

describe('the ruling on a change', () => {
  it.each(cases)('$what → $says', ({ change: part, look: seen = look, when, says, by, why }) => {
    const verdicts = judge({ ...change, ...part }, seen, { ...circumstances, ...when });
    expect(ruling(verdicts), JSON.stringify(verdicts, null, 1)).toBe(says);
    const speaking = verdicts.filter((verdict) => verdict.says === says);
    if (by) expect(speaking.map(({ guardrail }) => guardrail)).toEqual([by]);
    if (why) expect(speaking[0]?.why).toMatch(why);
  });

  it.each([
    ['docker/local/nightshift-worker-1', 'Nightshift itself'],
    ['docker/local/prod_nightshift_api_1', 'Nightshift itself'],
    ['docker/local/nightshift', 'Nightshift itself'],
    ['docker/local/nightshift-temporal-1', "Nightshift's Temporal"],
    ['docker/local/temporal-ui', "Nightshift's Temporal"],
    ['docker/local/monitoring-prometheus-1', 'its monitoring'],
    ['docker/local/alertmanager', 'its monitoring'],
    ['docker/local/process:dockerd', 'the container runtime'],
    ['docker/local/process:kubelet', 'the kubelet'],
    ['docker/local/process:systemd', 'PID 1'],
  ])('never changes %s, whatever the configuration and the people say', (name, what) => {
    const object = { key: name, uid: 'x', name };
    const verdicts = judge({ ...change, object, touches: [name] }, look, { ...circumstances, decided: true });
    expect(ruling(verdicts)).toBe('refuse');
    expect(verdicts.find(({ guardrail }) => guardrail === 'protected')?.why).toContain(what);
  });

  it('never changes PID 1 under another name', () => {
    const object = { key: 'docker/local/process:indexer', uid: '1@4711', name: 'indexer' };
    expect(ruling(judge({ ...change, object, touches: [object.key] }, look, circumstances))).toBe('refuse');
  });

  it.each([
    'docker/local/nightshift-demo-agent',
    'docker/local/temporary',
    'docker/local/promethean',
    'docker/nightshift',
  ])('does not take %s for a part of Nightshift', (name) => {
    const object = { key: name, uid: '1x', name };
    expect(ruling(judge({ ...change, object, touches: [name] }, look, circumstances))).toBe('allow');
  });

  it('is a refusal where nothing was said', () => {
    expect(ruling([])).toBe('refuse');
  });
});
