import { describe, expect, it } from 'vitest';
import { type Attempt, carryOut } from '../../../activities/incident/carry-out.js';
import type { Registry } from '../../../activities/incident/registry.js';
import type { CarryOutRequest } from '../../../model/activities.js';
import type { Change } from '../../../model/change.js';
import type { Json } from '../../../model/json.js';
import { anyRunbook } from '../../../model/runbook.js';
import { quick } from '../../support/nightshift.js';
import { runbook } from '../../support/tank/runbook.js';
import { World } from '../../support/tank/world.js';

const target = { key: 'tanks/here/a', kind: 'tank', scope: 'tanks/here' };
const change: Change = {
  id: 'abcd2345/1',
  kind: 'tank.flush',
  remedy: 'flush',
  object: { key: target.key, uid: `${target.key}#1`, name: 'a' },
  touches: [target.key],
  fields: [],
  params: {},
  fresh: {},
  disruption: 'none',
  disruptionWhy: 'only what is not needed goes',
  temporary: false,
  timeoutSeconds: 5,
  alwaysAsk: false,
  sentence: 'Flush tank a',
  command: 'tank flush a',
};

/** One attempt by an applier of the test's own; `left` is what a dead worker leaves: its last heartbeat. */
async function attempted(
  apply: Registry['appliers'][string],
  given: { readonly previous?: Json; readonly level?: CarryOutRequest['level'] } = {},
) {
  const world = new World();
  world.tank(target.key);
  const registry: Registry = {
    adapters: [world.adapter],
    appliers: { 'tank.flush': apply },
    runbooks: [anyRunbook(runbook)],
    policyFor: () => ({ policy: quick, settings: {}, digest: 'policy' }),
    secret: () => '',
    now: () => new Date(),
  };
  let left: Json = null;
  const attempt: Attempt = {
    number: given.previous === undefined ? 1 : 2,
    signal: new AbortController().signal,
    previous: given.previous,
    heartbeat(details) {
      left = details;
    },
    stillWanted: async () => undefined,
  };
  const result = await carryOut(
    registry,
    {
      target,
      runbook: runbook.name,
      why: 'a test',
      since: new Date().toISOString(),
      change,
      mode: 'do',
      decided: false,
      observeOnly: false,
      severity: 'critical',
      level: given.level ?? 'critical',
      notAfter: new Date(Date.now() + 60_000).toISOString(),
    },
    attempt,
  ).catch((error: unknown) => ({ error }));
  return { result, left };
}

describe('carrying out one change', () => {
  it('remembers that it was sent, whatever its applier tells of its progress afterwards', async () => {
    const { left } = await attempted(async (_change, context) => {
      await context.confirm();
      context.heartbeat({ phase: 'on its way', done: 3 });
      throw new Error('the worker died here');
    });
    expect(left).toMatchObject({ phase: 'on its way', done: 3, sending: expect.any(String) });
  });

  it('sees through what an earlier attempt has sent: no guardrail stops the second half', async () => {
    const previous = { sending: new Date().toISOString(), phase: 'on its way' };
    const { result } = await attempted(
      async (_change, context) => {
        context.heartbeat({ phase: 'going on' });
        return { status: 'applied', at: context.now().toISOString(), note: 'done', details: {} };
      },
      { previous, level: 'normal' },
    );
    expect(result).toMatchObject({ effect: { status: 'applied' }, attempts: 2 });
  });

  it('keeps the mark of an earlier attempt through the progress of a later one', async () => {
    const previous = { sending: '2026-03-10T12:00:00.000Z' };
    const { left } = await attempted(
      async (_change, context) => {
        context.heartbeat({ phase: 'going on' });
        throw new Error('it died again');
      },
      { previous },
    );
    expect(left).toMatchObject({ phase: 'going on', sending: previous.sending });
  });
});
