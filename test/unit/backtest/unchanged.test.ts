import '../../support/quiet.js';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../model/json.js';
import { type Backtest, backtest } from '../../../replay/backtest/index.js';
import type { Recording } from '../../../replay/types.js';
import { realShapes } from '../../support/histories/real-shapes.js';
import { tankShapes } from '../../support/histories/tank-shapes.js';
import { bothTold, factsOf, incidents, outcome, recording, terminated, today, told } from './kit.js';

/** The backtest reaches into the SDK: another version of it needs a look at replay/backtest/vm.ts, then change this. */
const knownSdk = '1.24.0';

describe('unchanged code and policy', () => {
  let unchanged: Backtest;
  beforeAll(async () => {
    unchanged = await today();
  });
  afterAll(() => unchanged.close());

  it.each(incidents())('%s comes to the same facts, to the millisecond', async (name) => {
    const recorded = recording(name);
    const run = await unchanged.run(recorded);
    expect(run.unknown).toBeUndefined();
    expect(run.failed).toBeUndefined();
    const [now, then] = bothTold(run.facts, recorded.facts ?? []);
    expect(now).toEqual(then);
    expect(run.stretchedSeconds).toBeLessThan(0.1);
  });

  it('is tried on every shape of an incident', () => {
    const shapes = [...tankShapes, ...realShapes].map(({ name }) => name);
    expect(incidents()).toEqual(expect.arrayContaining(shapes));
  });

  it('comes to the same after a history of 2,000 events', async () => {
    const long = withRepeats(recording('joined-and-repeated-alerts'), 500);
    expect(long.history.events.length).toBeGreaterThan(2_000);
    const run = await unchanged.run(long);
    expect(outcome(run)).toBe('recovered');
    expect(factsOf(run, 'alertRepeated').map(({ times }) => times)).toContain(256);
  });

  it('goes as far as a terminated recording does', async () => {
    const recorded = recording('declined');
    const cut = terminated(
      recorded,
      ({ eventType }) => eventType === 'EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED',
    );
    const run = await unchanged.run(cut);
    expect(run.unknown).toMatchObject({ asked: 'decision' });
    expect(run.unknown?.why).toBe(
      "the recording ended while people were asked about 'Restart tank declined'",
    );
    const facts = told(run.facts);
    expect(facts).toEqual(told(recorded.facts ?? []).slice(0, facts.length));
    expect(factsOf(run, 'decisionRequested')).toHaveLength(1);
  });

  it('says what a history lacks that can’t be taken apart', async () => {
    const whole = recording('observed');
    const events = whole.history.events.slice(1);
    await expect(unchanged.run({ ...whole, history: { events } })).rejects.toThrow(
      'its history does not begin with the start of a workflow',
    );
  });

  it('fails where the bundle has no such runbook', async () => {
    const run = await unchanged.run({ ...recording('observed'), workflowType: 'NONE-1' });
    expect(run).toMatchObject({ facts: [], failed: expect.stringContaining("'NONE-1'") });
    expect(outcome(await unchanged.run(recording('observed')))).toBe('observed');
  });
});

it('runs in the SDK that it was written for', async () => {
  const { version } = createRequire(import.meta.url)('@temporalio/worker/package.json') as {
    version: string;
  };
  expect(version).toBe(knownSdk);
  await expect(backtest(recording('observed'), { bundle: { code: 'nothing' } })).rejects.toThrow();
});

/** The same with its first alert repeated so often before the first look is had, each time in a task of its own. */
function withRepeats(given: Recording, times: number): Recording {
  const { events } = given.history;
  const at = events.findIndex(({ eventType }) => eventType === 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED') + 1;
  const alert = events[1]?.workflowExecutionSignaledEventAttributes as JsonObject;
  const from = Number(events[at - 1]?.eventId);
  const second = String(events[at - 1]?.eventTime).slice(0, 20);
  const micros = Number(String(events[at - 1]?.eventTime).slice(20, 26));
  const repeats = Array.from({ length: times }, (_, n) => {
    const id = from + 4 * n + 1;
    const eventTime = `${second}${String(micros + n + 1).padStart(6, '0')}Z`;
    const event = (offset: number, type: string, attributes: Readonly<Record<string, Json>>) => ({
      eventId: String(id + offset),
      eventTime,
      eventType: `EVENT_TYPE_${type}`,
      someEventAttributes: attributes,
    });
    return [
      event(0, 'WORKFLOW_EXECUTION_SIGNALED', alert),
      event(1, 'WORKFLOW_TASK_SCHEDULED', {}),
      event(2, 'WORKFLOW_TASK_STARTED', { scheduledEventId: String(id + 1) }),
      event(3, 'WORKFLOW_TASK_COMPLETED', { startedEventId: String(id + 2) }),
    ];
  }).flat();
  const later = (value: Json, key = ''): Json => {
    if (/EventId$|^eventId$/.test(key) && Number(value) > from) return String(Number(value) + 4 * times);
    if (Array.isArray(value)) return value.map((each) => later(each));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, later(member, name)]));
  };
  const rest = events.slice(at).map((event) => later(event) as JsonObject);
  return { ...given, history: { events: [...events.slice(0, at), ...repeats, ...rest] } };
}
