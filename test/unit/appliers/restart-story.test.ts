import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type EngineEvent, unixTime } from '../../../activities/docker/appliers/engine-events.js';
import {
  actsWithinMs,
  claim,
  claimStart,
  restartEpisodes,
  stoppedByCommand,
  stopUnderWay,
} from '../../../activities/docker/appliers/restart-story.js';

/** `kill:15@100 die:0@120 …` as the engine would tell it. */
function events(text: string): EngineEvent[] {
  return text.split(' ').map((word) => {
    const [, action = '', value, at] = /^(\w+)(?::(\d+))?@(\d+)$/.exec(word) ?? [];
    return {
      action,
      at: Number(at),
      ...(action === 'kill' ? { signal: value } : {}),
      ...(action === 'die' ? { exitCode: Number(value) } : {}),
    };
  });
}

/** The sequences below are those of a Docker engine 20.10.24, with other times. */
describe('what the engine tells of restarts', () => {
  test('a restart: its beginning, its end, and how the old life ended', () => {
    const story = events('kill:15@100 die:0@150 stop@200 start@400 restart@401');
    expect(restartEpisodes(story)).toEqual([{ from: 100, to: 401, exitCode: 0, killed: false }]);
  });

  test('a container that had to be killed', () => {
    const story = events('kill:15@100 kill:9@3100 die:137@3120 stop@3200 start@3400 restart@3401');
    expect(restartEpisodes(story)).toEqual([{ from: 100, to: 3401, exitCode: 137, killed: true }]);
  });

  test('two commands at once: one stop, one start, and two restarts', () => {
    const story = events(
      'kill:15@100 kill:15@110 die:0@150 stop@200 stop@201 start@400 restart@401 restart@402',
    );
    const { ours, others } = claim(restartEpisodes(story), [99]);
    expect([ours.length, others.length]).toEqual([1, 1]);
  });

  test('a crash loop: there is nothing to stop', () => {
    const story = events('die:3@90 start@95 die:3@100 stop@200 start@400 restart@401 die:3@600 start@700');
    expect(restartEpisodes(story)).toEqual([{ from: 100, to: 401, exitCode: 3, killed: false }]);
  });

  test('a start by its own policy, or by hand, is no restart', () => {
    expect(restartEpisodes(events('oom@90 die:137@100 start@300'))).toEqual([]);
    expect(restartEpisodes(events('kill:15@90 die:0@100 stop@110 start@300'))).toEqual([]);
  });

  test('only what began soon after our command was sent is ours', () => {
    const late = 100 + actsWithinMs + 1;
    const story = events(
      `kill:15@${late} die:0@${late + 1} stop@${late + 2} start@${late + 3} restart@${late + 4}`,
    );
    expect(claim(restartEpisodes(story), [100])).toMatchObject({ ours: [], others: [{ from: late }] });
  });

  test('we never claim more restarts than we sent, nor the same one twice', () => {
    const times = fc.array(fc.integer({ min: 0, max: 60_000 }), { maxLength: 6 });
    fc.assert(
      fc.property(times, times, (froms, sent) => {
        const episodes = [...froms]
          .sort((a, b) => a - b)
          .map((from) => ({ from, to: from + 1, killed: false }));
        const { ours, others } = claim(episodes, sent);
        expect(ours.length).toBeLessThanOrEqual(sent.length);
        expect(ours.length + others.length).toBe(episodes.length);
        expect(new Set([...ours, ...others]).size).toBe(episodes.length);
        for (const { from } of ours) {
          expect(sent.some((at) => from >= at && from <= at + actsWithinMs)).toBe(true);
        }
      }),
    );
  });

  test('a start of ours is known by its time', () => {
    expect(claimStart(events('start@150'), [100])).toBe(true);
    expect(claimStart(events('start@90'), [100])).toBe(false);
    expect(claimStart(events('start@150'), [])).toBe(false);
  });

  test.each([
    ['told to end, still there', 'start@1 kill:15@100', 'SIGTERM', true],
    ['its own stop signal', 'start@1 kill:3@100', 'SIGQUIT', true],
    ['a signal by number', 'start@1 kill:3@100', '3', true],
    ['ended', 'start@1 kill:15@100 die:0@120', 'SIGTERM', false],
    ['only told to read its configuration anew', 'start@1 kill:1@100', 'SIGTERM', false],
    ['nothing', 'start@1', 'SIGTERM', false],
  ])('on its way down: %s', (_, story, stopSignal, expected) => {
    expect(stopUnderWay(events(story), stopSignal)).toBe(expected);
  });

  test.each([
    ['docker stop', 'start@1 kill:15@100 die:0@120 stop@130', true],
    ['docker kill', 'start@1 kill:9@100 die:137@120', true],
    ['it ended by itself', 'start@1 die:1@120', false],
    ['it was out of memory', 'start@1 oom@110 die:137@120', false],
    ['told to read its configuration anew, later it ended by itself', 'start@1 kill:1@50 die:1@120', false],
  ])('stopped by a command: %s', (_, story, expected) => {
    expect(stoppedByCommand(events(story))).toBe(expected);
  });

  test('engine times keep their nanoseconds', () => {
    expect(unixTime('2026-03-10T12:00:00.123456789Z')).toBe('1773144000.123456789');
    expect(unixTime('2026-03-10T13:00:00.5+01:00')).toBe('1773144000.500000000');
    expect(unixTime('2026-03-10T12:00:00Z')).toBe('1773144000.000000000');
  });
});
