import { describe, expect, it } from 'vitest';
import { watch } from '../../../client/cli/watch/watch.js';
import type { IncidentDetails, Incidents } from '../../../client/incidents/index.js';
import { TemporalUnreachable } from '../../../client/temporal.js';
import { fold } from '../../../model/fold.js';
import { asking, clearing, opening, type Part, story, whole } from '../fold/demo-story.js';
import { fakeIo } from './fake-io.js';

const ref = {
  workflowId: 'incident/docker/local/agent',
  runId: '019a-run',
  targetKey: 'docker/local/agent',
  shortId: 'k3f7x2ab',
};

function details(parts: readonly Part[], more: Partial<IncidentDetails> = {}): IncidentDetails {
  const view = fold(story(...parts));
  return {
    ...ref,
    runbook: 'MEM-001',
    open: view.outcome === undefined,
    source: 'query',
    live: true,
    view,
    pending: [],
    status: 'RUNNING',
    openedAt: view.openedAt,
    historyEvents: 10,
    ...more,
  };
}

/** Gives one answer after another, the last one for ever. */
function answering(answers: readonly (IncidentDetails | Error)[]): Incidents {
  let turn = 0;
  const read = async () => {
    const answer = answers[Math.min(turn, answers.length - 1)]!;
    turn += 1;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const unasked = () => Promise.reject(new Error('only reading is expected here'));
  const others = { resolve: unasked, list: unasked, open: unasked, decide: unasked };
  return { ...others, pause: unasked, resume: unasked, cancel: unasked, keep: unasked, read };
}

const deciding = [...opening, ...clearing, ...asking];

describe('watching without a terminal', () => {
  it('tells each thing once, the question with how to answer it, and ends with the incident', async () => {
    const { io, written } = fakeIo();
    const seen = [details(opening), details(deciding), details(deciding), details(whole, { open: false })];
    const ended = await watch({ io, incidents: answering(seen), ref });
    expect(ended.view?.outcome).toBe('recovered');
    expect(written.out.match(/A decision is asked for/g)).toHaveLength(1);
    expect(written.out.match(/nightshift incident approve k3f7x2ab --hash/g)).toHaveLength(1);
    expect(written.out).toContain('Closed as recovered');
    expect(written.out).not.toContain('\u001b');
  });

  it('tells why a step is tried again', async () => {
    const { io, written } = fakeIo();
    const pending = [
      {
        type: 'look',
        attempt: 2,
        maximumAttempts: 0,
        state: 'waiting' as const,
        lastFailure: { type: 'Unreachable', message: 'the engine does not answer' },
      },
    ];
    const seen = [details(opening, { pending }), details(whole, { open: false })];
    await watch({ io, incidents: answering(seen), ref });
    expect(written.out).toContain(
      'looking at the target, attempt 2: Unreachable: the engine does not answer',
    );
  });

  it('goes on asking while Temporal is away for a moment', async () => {
    const { io, written } = fakeIo();
    const away = Object.assign(new Error('it does not answer'), { name: 'TemporalUnreachable' });
    const seen = [details(opening), away, details(whole, { open: false })];
    expect((await watch({ io, incidents: answering(seen), ref })).open).toBe(false);
    expect(written.out).toContain('Temporal does not answer; asking again');
  });

  it('is ended by Ctrl-C, which leaves the incident running and says so', async () => {
    const stop = new AbortController();
    const { io } = fakeIo({ signal: stop.signal });
    setTimeout(() => stop.abort(), 50);
    await expect(watch({ io, incidents: answering([details(opening)]), ref })).rejects.toMatchObject({
      code: 130,
      message: 'watching ended; the incident k3f7x2ab goes on',
    });
  });
});

describe('watching on a terminal', () => {
  it('redraws in place and never fills more than the terminal', async () => {
    const { io, written } = fakeIo({ tty: true });
    const seen = [details(opening), details(deciding), details(whole, { open: false })];
    await watch({ io, incidents: answering(seen), ref });
    const frames = written.out.split('\u001b[J').slice(0, -1);
    expect(frames.length).toBeGreaterThanOrEqual(3);
    for (const frame of frames) expect(frame.split('\n').length).toBeLessThanOrEqual(io.rows());
    expect(written.out.startsWith('\u001b[?25l')).toBe(true);
    expect(written.out.endsWith('\u001b[?25h')).toBe(true);
  });

  it('shows how to answer an open decision on a terminal of 80 by 24', async () => {
    const { io, written } = fakeIo({ tty: true });
    await watch({ io, incidents: answering([details(deciding), details(whole, { open: false })]), ref });
    const first = written.out.split('\u001b[J')[0] ?? '';
    expect(first).toContain('incident approve');
    expect(first).toContain('incident reject');
    expect(first).toContain('2 rungs left out');
  });

  it('shows there, too, that nobody answers at the moment', async () => {
    const { io, written } = fakeIo({ tty: true });
    const away = new TemporalUnreachable('it does not answer', 'start it');
    const seen = [details(deciding), away, details(whole, { open: false })];
    await watch({ io, incidents: answering(seen), ref });
    const second = written.out.split('\u001b[J').find((drawn) => drawn.includes('no answer since'));
    expect(second).toContain('incident approve');
    expect(second).toContain('incident reject');
  });
});
