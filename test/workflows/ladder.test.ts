import type { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alertFor, type Bench, bench, quick } from '../support/nightshift.js';
import { runbook } from '../support/tank/runbook.js';
import { World } from '../support/tank/world.js';

const world = new World();
let night: Bench;
beforeAll(async () => {
  night = await bench(world, [runbook]);
  await night.startWorkers();
});
afterAll(() => night?.close());

/** What Temporal bills as an action, as far as an event shows it. */
function isAction(event: temporal.api.history.v1.IHistoryEvent): boolean {
  return Boolean(
    event.workflowExecutionStartedEventAttributes ??
      event.activityTaskScheduledEventAttributes ??
      event.timerStartedEventAttributes ??
      event.workflowExecutionSignaledEventAttributes ??
      event.workflowExecutionUpdateAcceptedEventAttributes ??
      event.startChildWorkflowExecutionInitiatedEventAttributes ??
      event.signalExternalWorkflowExecutionInitiatedEventAttributes ??
      event.upsertWorkflowSearchAttributesEventAttributes ??
      event.workflowPropertiesModifiedEventAttributes,
  );
}

describe('an incident climbs the ladder', () => {
  it('stops at the gentlest remedy that suffices', async () => {
    night.policy = quick;
    world.tank('tanks/here/a', { flushedTo: 40 });
    const { outcome, report } = await night.result(await night.open('a'));
    expect(outcome).toBe('recovered');
    expect(world.count('flush tanks/here/a')).toBe(1);
    expect(world.count('restart tanks/here/a')).toBe(0);
    expect(report.ladder.map(({ state }) => state)).toEqual(['done', 'ahead', 'ahead']);
  });

  it('asks before it disrupts, and goes on when a person approves', async () => {
    world.tank('tanks/here/b');
    const handle = await night.open('b');
    const { openDecision } = await night.until(handle, (view) => view.openDecision !== undefined);
    expect(world.count('restart tanks/here/b')).toBe(0);
    const reply = await handle.executeUpdate('decide', {
      args: [{ hash: openDecision?.hash, answer: 'approve', by: 'ana', verified: 'token' }],
    });
    expect(reply).toMatchObject({ accepted: true });
    const { outcome, report } = await night.result(handle);
    expect(outcome).toBe('recovered');
    expect(world.count('restart tanks/here/b')).toBe(1);
    // The throttle was temporary: it is off again.
    expect(world.count('throttle tanks/here/b')).toBe(2);
    expect(world.tanks.get('tanks/here/b')?.throttled).toBe(false);
    expect(report.rollbacks).toHaveLength(1);
  });

  it('costs at most 14 Temporal actions and 75 events for five steps without a decision', async () => {
    world.tank('tanks/here/c', { flushedTo: 40 });
    const handle = await night.open('c', alertFor());
    await night.result(handle);
    const { events = [] } = await handle.fetchHistory();
    const activities = (events ?? []).filter((event) => event.activityTaskScheduledEventAttributes);
    // Look, the change, settling, soak, look.
    expect(activities).toHaveLength(5);
    expect((events ?? []).filter(isAction).length).toBeLessThanOrEqual(14);
    expect((events ?? []).length).toBeLessThanOrEqual(75);
  });
});
