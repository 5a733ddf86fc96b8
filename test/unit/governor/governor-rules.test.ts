import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IncidentEnd, LeaseRequest } from '../../../model/governor.js';
import {
  ask,
  emptyGovernor,
  end,
  type GovernorState,
  heldOff,
  resolvedMeanwhile,
} from '../../../model/governor-rules.js';

const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();

function request(changeId: string, given: Partial<LeaseRequest> = {}): LeaseRequest {
  return {
    changeId,
    incident: `incident/${changeId}`,
    target: 'docker/local/agent',
    touches: ['docker/local/agent'],
    seconds: 60,
    budget: { perObjectPerHour: 10, perScopePerHour: 20, atOnce: 10 },
    cooldownSeconds: 0,
    severity: 'critical',
    decided: false,
    unused: [],
    ...given,
  };
}

function ended(given: Partial<IncidentEnd> = {}): IncidentEnd {
  return {
    scope: 'docker/local',
    incident: 'incident/a',
    target: 'docker/local/agent',
    releases: [],
    outcome: 'escalated',
    fingerprints: ['f'],
    severity: 'warning',
    holdOff: { firstSeconds: 3600, maxSeconds: 28_800 },
    ...given,
  };
}

/** Asks for each in turn and returns the last answer. */
function answerAfter(requests: readonly [LeaseRequest, number][], last: LeaseRequest, seconds: number) {
  let state: GovernorState = emptyGovernor;
  for (const [each, when] of requests) state = ask(state, each, at(when)).state;
  return ask(state, last, at(seconds)).reply;
}

describe('a lease', () => {
  it('is given to one incident for the same container, and refused to the next with a time to ask again', () => {
    const reply = answerAfter([[request('a'), 0]], request('b'), 1);
    expect(reply).toMatchObject({ granted: false, guardrail: 'lease', askAgainAt: at(6) });
  });

  it('of a host covers its containers, and that of a container its host', () => {
    const host = request('host', { touches: ['docker/local'] });
    expect(answerAfter([[host, 0]], request('b'), 1)).toMatchObject({ granted: false, guardrail: 'lease' });
    expect(answerAfter([[request('a'), 0]], host, 1)).toMatchObject({ granted: false, guardrail: 'lease' });
  });

  it('does not cover a container whose name only begins the same', () => {
    const other = request('b', { touches: ['docker/local/agent-2'] });
    expect(answerAfter([[request('a'), 0]], other, 1)).toMatchObject({ granted: true });
  });

  it('is the same when the same change asks again', () => {
    const first = ask(emptyGovernor, request('a'), at(0));
    const second = ask(first.state, request('a'), at(30));
    expect(second.reply).toMatchObject({ granted: true, until: at(60) });
    expect(second.state.uses).toHaveLength(1);
  });

  it('lapses, so that a dead incident does not hold it for ever', () => {
    expect(answerAfter([[request('a'), 0]], request('b'), 61)).toMatchObject({ granted: true });
  });

  it('is free again when its incident ends', () => {
    const { state } = ask(emptyGovernor, request('a'), at(0));
    const released = end(
      state,
      ended({ releases: [{ changeId: 'a', used: true }], outcome: 'recovered' }),
      at(5),
    );
    expect(ask(released.state, request('b'), at(6)).reply).toMatchObject({ granted: true });
  });
});

describe('limits', () => {
  it('a change cools down, and a person’s approval does not wait for that', () => {
    const first: [LeaseRequest, number] = [request('a', { seconds: 1 }), 0];
    const again = { cooldownSeconds: 600 };
    expect(answerAfter([first], request('b', again), 10)).toMatchObject({
      guardrail: 'cooldown',
      askAgainAt: at(600),
    });
    expect(answerAfter([first], request('b', { ...again, decided: true }), 10)).toMatchObject({
      granted: true,
    });
    expect(answerAfter([first], request('b', again), 600)).toMatchObject({ granted: true });
  });

  it('the budget of an object and of a scope refuse, also what was approved', () => {
    const budget = { perObjectPerHour: 1, perScopePerHour: 2, atOnce: 10 };
    const mine = (id: string, name: string) =>
      request(id, { budget, touches: [`docker/local/${name}`], seconds: 1, decided: true });
    expect(answerAfter([[mine('a', 'x'), 0]], mine('b', 'x'), 60)).toMatchObject({
      guardrail: 'budget',
      askAgainAt: at(3600),
    });
    expect(
      answerAfter(
        [
          [mine('a', 'x'), 0],
          [mine('b', 'y'), 10],
        ],
        mine('c', 'z'),
        60,
      ),
    ).toMatchObject({ guardrail: 'budget' });
    expect(answerAfter([[mine('a', 'x'), 0]], mine('b', 'x'), 3601)).toMatchObject({ granted: true });
  });

  it('only so many incidents disrupt at once', () => {
    const budget = { perObjectPerHour: 9, perScopePerHour: 9, atOnce: 1 };
    const one = request('a', { budget, touches: ['docker/local/x'] });
    expect(answerAfter([[one, 0]], request('b', { budget, touches: ['docker/local/y'] }), 1)).toMatchObject({
      guardrail: 'budget',
    });
  });

  it('the third change within a day goes to people, and the count is told', () => {
    const past: [LeaseRequest, number][] = [
      [request('a', { seconds: 1 }), 0],
      [request('b', { seconds: 1 }), 4000],
    ];
    expect(answerAfter(past, request('c'), 8000)).toMatchObject({
      granted: false,
      guardrail: 'recurrence',
      recurrence: { day: 2 },
    });
    expect(answerAfter(past, request('c', { decided: true }), 8000)).toMatchObject({ granted: true });
    expect(answerAfter(past, request('c'), 4000 + 86_400)).toMatchObject({
      granted: true,
      recurrence: { day: 0, week: 2 },
    });
  });

  it('a plan that was overtaken does not count against the same incident', () => {
    const first = request('a', { incident: 'i', cooldownSeconds: 600 });
    const { state } = ask(emptyGovernor, first, at(0));
    const again = request('b', { incident: 'i', cooldownSeconds: 600, unused: ['a'] });
    const { reply, state: now } = ask(state, again, at(10));
    expect(reply).toMatchObject({ granted: true, recurrence: { day: 0 } });
    expect(now.uses.map(({ changeId }) => changeId)).toEqual(['b']);
  });

  it('a grant whose answer never reached its incident is gone when the incident ends', () => {
    const { state } = ask(emptyGovernor, request('a', { incident: 'incident/a' }), at(0));
    const over = end(state, ended({ releases: [], outcome: 'cancelled' }), at(5)).state;
    expect([over.leases, over.uses]).toEqual([[], []]);
  });

  it('what was granted and never sent does not count', () => {
    const { state } = ask(emptyGovernor, request('a'), at(0));
    const { state: back } = end(state, ended({ releases: [{ changeId: 'a', used: false }] }), at(5));
    expect(back.uses).toHaveLength(0);
  });

  it('never lets two incidents hold overlapping leases, whatever is asked in whatever order', () => {
    const names = ['docker/local', 'docker/local/a', 'docker/local/b', 'docker/local/a-b'];
    const asks = fc.array(
      fc.record({
        incident: fc.integer({ min: 1, max: 4 }),
        touch: fc.constantFrom(...names),
        gap: fc.integer({ min: 0, max: 90 }),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(asks, (steps) => {
        let state: GovernorState = emptyGovernor;
        let time = 0;
        steps.forEach(({ incident, touch, gap }, n) => {
          time += gap;
          const big = { perObjectPerHour: 999, perScopePerHour: 999, atOnce: 99 };
          state = ask(
            state,
            request(`c${n}`, { incident: `i${incident}`, touches: [touch], budget: big, decided: true }),
            at(time),
          ).state;
          for (const a of state.leases)
            for (const b of state.leases)
              if (a.incident !== b.incident)
                expect(a.touches.some((x) => b.touches.some((y) => x === y || x.startsWith(`${y}/`)))).toBe(
                  false,
                );
        });
      }),
    );
  });
});

describe('after an incident that did not help', () => {
  const alert = { target: 'docker/local/agent', fingerprint: 'f', severity: 'warning' };

  it('the same alert is held off, and counted', () => {
    const { state, holdOff } = end(emptyGovernor, ended(), at(0));
    expect(holdOff).toMatchObject({ seconds: 3600, until: at(3600) });
    const held = heldOff(state, alert, at(100));
    expect(held.start).toBe(false);
    expect(held.state.holdOffs['docker/local/agent']?.repeats).toBe(1);
  });

  it('it gets a ladder again when the time has passed, when it is more severe, or when it is another one', () => {
    const { state } = end(emptyGovernor, ended(), at(0));
    expect(heldOff(state, alert, at(3600)).start).toBe(true);
    expect(heldOff(state, { ...alert, severity: 'critical' }, at(1)).start).toBe(true);
    expect(heldOff(state, { ...alert, fingerprint: 'g' }, at(1)).start).toBe(true);
    expect(heldOff(resolvedMeanwhile(state, 'docker/local/agent', 'f'), alert, at(1)).start).toBe(true);
  });

  it('each hold-off is twice as long, up to eight hours, and begins anew after a recovery', () => {
    let state: GovernorState = emptyGovernor;
    const seconds: (number | undefined)[] = [];
    let time = 0;
    for (let n = 0; n < 5; n += 1) {
      const answer = end(state, ended(), at(time));
      state = answer.state;
      seconds.push(answer.holdOff?.seconds);
      time += (answer.holdOff?.seconds ?? 0) + 60;
    }
    expect(seconds).toEqual([3600, 7200, 14_400, 28_800, 28_800]);
    const recovered = end(state, ended({ outcome: 'recovered' }), at(time));
    expect(recovered.holdOff).toBeUndefined();
    expect(end(recovered.state, ended(), at(time)).holdOff?.seconds).toBe(3600);
  });
});
