import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { width } from '../../../client/cli/terminal/text.js';
import { frame, type Scene } from '../../../client/cli/watch/frame.js';
import type { PendingActivity } from '../../../client/incidents/index.js';
import { fold } from '../../../model/fold.js';
import {
  approving,
  asking,
  at,
  clearing,
  opening,
  type Part,
  restarting,
  soaking,
  story,
  whole,
} from '../fold/demo-story.js';

const paint = pc.createColors(false);

function scene(parts: readonly Part[], seconds: number, more: Partial<Scene> = {}): Scene {
  const view = fold(story(...parts));
  return { view, pending: [], now: new Date(at(seconds)), columns: 80, paint, ...more };
}

const text = (parts: Scene) => `${frame(parts).join('\n')}\n`;
const decidingParts = [...opening, ...clearing, ...asking];
const retrying: PendingActivity = {
  type: 'carryOut',
  attempt: 3,
  maximumAttempts: 8,
  state: 'waiting',
  nextAttemptAt: at(46),
  lastFailure: { type: 'Unreachable', message: 'the engine at unix:///var/run/docker.sock does not answer' },
};

describe('a frame of `incident watch`', () => {
  it.each([80, 120])('shows an open decision at %d columns', async (columns) => {
    await expect(text(scene(decidingParts, 20, { columns }))).toMatchFileSnapshot(
      `golden/deciding-${columns}.txt`,
    );
  });

  it('shows a change that is being retried, with the reason', async () => {
    const parts = [...decidingParts, ...approving, ...restarting.slice(0, 2)];
    await expect(text(scene(parts, 42, { pending: [retrying] }))).toMatchFileSnapshot(
      'golden/retrying-80.txt',
    );
  });

  it('shows how far a soak has come', async () => {
    const parts = [...decidingParts, ...approving, ...restarting, ...soaking];
    await expect(text(scene(parts, 65))).toMatchFileSnapshot('golden/soaking-80.txt');
  });

  it('shows the end', async () => {
    await expect(text(scene(whole, 100, { columns: 120 }))).toMatchFileSnapshot('golden/recovered-120.txt');
  });

  it('says so when nobody answers', () => {
    expect(text(scene(opening, 2, { note: 'no worker answered within 2 s' }))).toContain(
      'no worker answered within 2 s',
    );
  });

  it.each([40, 80, 120, 200])('is never wider than %d columns', (columns) => {
    for (let cut = 1; cut <= whole.length; cut += 1) {
      const lines = frame(scene(whole.slice(0, cut), 60, { columns, pending: [retrying] }));
      const tooWide = lines.filter((line) => width(line) > columns);
      expect(tooWide).toEqual([]);
    }
  });

  it('lets no control characters of others through', () => {
    const evil = 'red\u001b[31m\u001b[2Jand\u202egone';
    const lines = frame(scene([...opening, [3, { type: 'noted', text: evil }]], 5));
    expect(lines.join('')).not.toMatch(/\p{Cc}|\p{Cf}/u);
  });
});
