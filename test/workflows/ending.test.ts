import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failure } from '../../activities/failure.js';
import { keep } from '../../client/incidents/index.js';
import { type EndingResult, type IncidentResult, workflowIds } from '../../workflows/contract.js';
import { alertFor, type Bench, bench, quick } from '../support/nightshift.js';
import { runbook as lasting } from '../support/tank/lasting.js';
import { runbook } from '../support/tank/runbook.js';
import { World } from '../support/tank/world.js';

const world = new World();
let night: Bench;
beforeAll(async () => {
  night = await bench(world, [runbook, lasting]);
  night.policy = {
    ...quick,
    autonomy: { target: 'auto', byDisruption: {}, byKind: {} },
    remediesOff: ['flush'],
  };
  await night.startWorkers();
});
afterAll(() => night?.close());

/** An incident that throttles its tank for two seconds, and restarts it. */
async function throttledFor(name: string): Promise<IncidentResult> {
  world.tank(`tanks/here/${name}`, { restartedTo: 10 });
  return night.result(await night.open(name, alertFor('TankFull', { runbook: 'TANK-3' })));
}

const endOf = (result: IncidentResult): Promise<EndingResult> => {
  const changed = result.facts.find((fact) => fact.type === 'applied');
  return night.client.workflow
    .getHandle<() => Promise<EndingResult>>(workflowIds.ending(changed?.changeId ?? ''))
    .result();
};

describe('what is added for a time', () => {
  it('is taken back at that time, long after the incident; the report says when and how', async () => {
    const result = await throttledFor('for-a-time');
    expect(result.outcome).toBe('recovered');
    // Not by the incident itself.
    expect(result.facts.map(({ type }) => type)).not.toContain('rolledBack');
    expect(result.facts.at(-1)).toMatchObject({
      stays: [
        expect.stringMatching(
          /It is taken back at .*, unless it is kept\. To take it back: tank throttle for-a-time off/,
        ),
      ],
    });
    expect(await endOf(result)).toMatchObject({ end: 'takenBack' });
    expect(world.tanks.get('tanks/here/for-a-time')?.throttled).toBe(false);
    expect(world.count('throttle tanks/here/for-a-time')).toBe(2);
    await expect(keep(night.client, result.shortId, { by: 'ana', verified: 'token' })).rejects.toThrow(
      /nothing of the incident .* waits to be taken back/,
    );
  });

  it('stays where a person keeps it', async () => {
    const result = await throttledFor('kept');
    const control = { by: 'ana', verified: 'token', reason: 'the fair is on' } as const;
    // Lists lag behind what has just been started.
    await expect
      .poll(
        () =>
          keep(night.client, result.shortId, control).then(
            () => 'kept',
            () => 'not yet',
          ),
        { timeout: 20_000, interval: 100 },
      )
      .toBe('kept');
    expect(await endOf(result)).toEqual({ end: 'kept', note: 'kept by ana: the fair is on' });
    expect(world.tanks.get('tanks/here/kept')?.throttled).toBe(true);
  });

  it('is taken back, too, where nobody knows whether it was added', async () => {
    world.tank('tanks/here/unanswered', { restartedTo: 10, neverAnswers: 'throttle' });
    const result = await night.result(
      await night.open('unanswered', alertFor('TankFull', { runbook: 'TANK-3' })),
    );
    const lost = result.facts.find((fact) => fact.type === 'notApplied');
    expect(lost).toMatchObject({ unknown: true });
    const handle = night.client.workflow.getHandle<() => Promise<EndingResult>>(
      workflowIds.ending(lost?.changeId ?? ''),
    );
    expect(await handle.result()).toMatchObject({ end: 'takenBack' });
    expect(world.tanks.get('tanks/here/unanswered')?.throttled).toBe(false);
  });

  it('is told to people where it can’t be taken back', async () => {
    // The first is the incident's own; the second takes it back.
    let throttled = 0;
    world.before = async (effect) => {
      if (effect !== 'throttle tanks/here/stuck') return;
      throttled += 1;
      if (throttled > 1) throw failure('PreconditionChanged', 'somebody has set it since');
    };
    const result = await throttledFor('stuck');
    expect(await endOf(result)).toEqual({ end: 'failed', note: 'somebody has set it since' });
    world.before = async () => undefined;
    await expect
      .poll(() => night.sent.filter(({ title }) => /still there/.test(title)).length, { timeout: 20_000 })
      .toBe(1);
  });
});
